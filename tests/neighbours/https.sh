#!/usr/bin/env bash
# HTTPS, HTTP/2 and the login behind nginx: cookies, whose wrong logins count, names, and a proxy that holds back what it can.
#
#   tests/neighbours/https.sh [BINARY]
set -euo pipefail
. "$(dirname "$0")/common.sh"

command -v nginx >/dev/null || { left_out "nginx is not installed (apt-get install nginx-light)"; exit 0; }
command -v openssl >/dev/null || { left_out "openssl is not installed (apt-get install openssl)"; exit 0; }

name=posters.example.org
mkdir "$WORK/data"
echo '{"WebUI": {"basicAuthEnabled": true, "basicAuthUsername": "admin", "basicAuthPassword": "a long password"}}' >"$WORK/data/config.json"
keeps=$(free_port)
rewrites=$(free_port)
buffers=$(free_port)
# By its name here, and not by X-Forwarded-Host.
start_daemon --base-url "https://$name:$keeps" --trusted-proxies 127.0.0.1 --trusted-hosts "$name"

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$name" -addext "subjectAltName=DNS:$name" \
    -keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2>/dev/null
# server PORT LINES: at the root of a host of its own.
server() {
    cat <<CONF
    server {
        listen 127.0.0.1:$1 ssl http2;
        server_name $name;
        location / {
            proxy_pass http://$DAEMON;
            proxy_http_version 1.1;
            proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto \$scheme;
            $2
        }
    }
CONF
}
nginx_with "ssl_certificate $WORK/cert.pem; ssl_certificate_key $WORK/key.pem;
$(server "$keeps" 'proxy_set_header Host $http_host;')
$(server "$rewrites" '')
$(server "$buffers" 'proxy_set_header X-Forwarded-Host $http_host; proxy_buffering on;')"

# ask PORT PATH CURL_ARGUMENTS...: status and version of HTTP; headers are in $WORK/head.
ask() {
    local port=$1 path=$2
    shift 2
    curl -s --max-time 10 --http2 --cacert "$WORK/cert.pem" --resolve "$name:$port:127.0.0.1" -D "$WORK/head" -o "$WORK/answer" \
        -w '%{http_code} %{http_version}' "$@" "https://$name:$port$path"
}
# is WANTED PORT PATH CURL_ARGUMENTS...
is() {
    local wanted=$1 got
    shift
    got=$(ask "$@") || true
    [ "$got" = "$wanted" ] || { echo "$wanted was wanted, but $got came: $(cat "$WORK/answer")"; return 1; }
}
header() { tr -d '\r' <"$WORK/head" | grep -i "^$1:"; }

wait_for "nginx takes connections" is "200 2" "$keeps" /api/health/ready
login=(--user "admin:a long password")
cookie() { sed -n 's/^set-cookie: \([^;]*\);.*/\1/Ip' "$WORK/head"; }
# page PORT: what a browser does there that has signed in.
page() {
    local port=$1 session origin=https://$name:$1
    expect "without a login there is nothing" is "401 2" "$port" /api/status
    expect "with it there is" is "200 2" "$port" /api/status "${login[@]}"
    expect "the cookie is for HTTPS and for no script" sh -c "tr -d '\r' <'$WORK/head' | grep -i '^set-cookie:' | grep -i 'secure' | grep -i 'httponly' | grep -i samesite"
    session=$(cookie)
    expect "the cookie is enough" is "200 2" "$port" /api/status --cookie "$session"
    local post=(--cookie "$session" --json '{"kind":"poster","title":"Heat"}')
    expect "a browser's own page may post" is "200 2" "$port" /api/preview "${post[@]}" -H "Origin: $origin" -H "Sec-Fetch-Site: same-origin"
    expect "a foreign page may not" is "403 2" "$port" /api/preview "${post[@]}" -H "Origin: https://evil.example"
}

step "nginx that keeps Host; the name is base_url's"
page "$keeps"
step "nginx that puts the daemon's address into Host; the name is base_url's"
expect "with a login there is something" is "200 2" "$rewrites" /api/status "${login[@]}"
step "nginx that sets X-Forwarded-Host, and buffers"
page "$buffers"
first_event() {
    local said
    # It never ends by itself.
    said=$(timeout 4 curl -sN --cacert "$WORK/cert.pem" --resolve "$name:$buffers:127.0.0.1" "${login[@]}" \
        "https://$name:$buffers/api/events?types=heartbeat" || true)
    grep heartbeat <<<"$said"
}
expect "its event stream is not held back all the same (X-Accel-Buffering)" first_event

step "whose wrong logins count"
guesses() {
    local n
    for n in 1 2 3 4 5 6 7 8; do ask "$keeps" /api/status --interface 127.0.0.2 --user "admin:wrong $n" -H "X-Forwarded-For: 203.0.113.$n" >/dev/null; done
    is "429 2" "$keeps" /api/status --interface 127.0.0.2 "${login[@]}" -H "X-Forwarded-For: 203.0.113.99"
}
expect "who guesses is locked out, whatever addresses it claims" guesses
expect "and told for how long" header retry-after
expect "others behind the same proxy are not" is "200 2" "$keeps" /api/status --interface 127.0.0.3 "${login[@]}"

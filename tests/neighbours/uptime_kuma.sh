#!/usr/bin/env bash
# Uptime Kuma's own server for real: its monitors of deploy/uptime-kuma.md look at the daemon, and runs and heartbeats are
# pushed to it.
#
#   tests/neighbours/uptime_kuma.sh [BINARY]      (tests/neighbours/get_uptime_kuma.sh beforehand)
set -euo pipefail
. "$(dirname "$0")/common.sh"

kuma=$HERE/target/neighbours/uptime-kuma
[ -e "$kuma/ready" ] || { left_out "Uptime Kuma is not there (tests/neighbours/get_uptime_kuma.sh fetches it)"; exit 0; }

start_home
port=$(free_port)
cat >"$WORK/data/config.json" <<JSON
{
  "ApiPart": {"PlexToken": "token", "tmdbtoken": "key", "FavProvider": "tmdb"},
  "PlexPart": {"UsePlex": "true", "PlexUrl": "$HOME_URL", "LibstoExclude": []},
  "PrerequisitePart": {"AssetPath": "$WORK/data/assets", "Posters": "true", "BackgroundPosters": "false",
    "SeasonPosters": "false", "TitleCards": "false", "DisableHashValidation": "true"},
  "Notification": {"UseUptimeKuma": "true", "UptimeKumaUrl": "http://127.0.0.1:$port/api/push/runs?status=up&msg=OK&ping="}
}
JSON

# It looks for its files in the current folder.
kuma() { cd "$kuma/node_modules/uptime-kuma" && exec node server/server.js --data-dir="$WORK/kuma" --host=127.0.0.1 --port="$port"; }
background kuma kuma
wait_for "Uptime Kuma asks for its database" curl -fs -o /dev/null --json '{"dbConfig": {"type": "sqlite"}}' "http://127.0.0.1:$port/setup-database"
wait_for "Uptime Kuma is up" grep -q "Listening on" "$WORK/kuma.log"
step "Uptime Kuma $(sed -n 's/.*INFO: Version: //p' "$WORK/kuma.log" | head -n 1)"

start_daemon "${HOME_PROVIDERS[@]}" --notify-heartbeat-url "http://127.0.0.1:$port/api/push/heartbeat" --notify-heartbeat-every 1s
node "$HERE/tests/neighbours/uptime_kuma.mjs" "$kuma" "http://127.0.0.1:$port" "http://$DAEMON" "$BINARY" "$WORK/data" "$DAEMON_PID"

#!/usr/bin/env bash
# The program `apprise` for real: a run over a made-up home ends, and a message arrives where Apprise was told to send it.
#
#   tests/neighbours/apprise.sh [BINARY]
set -euo pipefail
. "$(dirname "$0")/common.sh"

command -v apprise >/dev/null || { left_out "apprise is not installed (tests/neighbours/get.sh fetches it)"; exit 0; }

receiver=$(free_port)
cat >"$WORK/receiver.py" <<'PYTHON'
"""Notes every message that is posted to it."""
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        with open(sys.argv[2], "ab") as file:
            file.write(self.rfile.read(int(self.headers["Content-Length"])) + b"\n")
        self.send_response(200)
        self.end_headers()

HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
PYTHON
background receiver python3 "$WORK/receiver.py" "$receiver" "$WORK/messages"

start_home
cat >"$WORK/data/config.json" <<JSON
{
  "ApiPart": {"PlexToken": "token", "tmdbtoken": "key", "FavProvider": "tmdb"},
  "PlexPart": {"UsePlex": "true", "PlexUrl": "$HOME_URL", "LibstoExclude": []},
  "PrerequisitePart": {"AssetPath": "$WORK/data/assets", "Posters": "true", "BackgroundPosters": "false",
    "SeasonPosters": "false", "TitleCards": "false", "DisableHashValidation": "true"},
  "Notification": {"SendNotification": "true", "AppriseUrl": "json://127.0.0.1:$receiver/inbox"}
}
JSON

step "$(apprise --version | head -n 1)"
# Apprise is the container's way; this variable says that it is one.
export POSTERIZARR_NON_ROOT=TRUE
start_daemon "${HOME_PROVIDERS[@]}"
expect "a normal run" "$BINARY" run --mode normal --wait --data-dir "$WORK/data"
wait_for "the message arrives" grep -q '"title": *"Posterizarr"' "$WORK/messages"
expect "it tells of a success" grep -q '"type": *"success"' "$WORK/messages"
expect "it has no secret in it" sh -c "! grep -q token '$WORK/messages'"
cut -c 1-400 "$WORK/messages"

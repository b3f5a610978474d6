#!/usr/bin/env bash
# Runs every example of docs/api.md against a daemon of its own, and looks whether each link of docs/ leads somewhere.
#
#   tests/docs.sh [BINARY]
set -euo pipefail
. "$(dirname "$0")/neighbours/common.sh"

step "links"
for page in "$HERE"/docs/*.md; do
    { grep -o '](\([^)#]*\)' "$page" || true; } | cut -c 3- | sed '/^http/d' | sort -u | while read -r link; do
        [ -e "$HERE/docs/$link" ] || die "$page: there is no $link"
    done
done
# Files of the repository that are named in the text.
grep -oh '`\(deploy\|tests\|\.github\|\.ci\)/[^` ]*' "$HERE"/docs/*.md | cut -c 2- | sort -u | while read -r file; do
    [ -e "$HERE/$file" ] || die "docs/ names $file, which is not there"
done

step "examples of docs/api.md"
start_daemon
export URL=http://$DAEMON
KEY=$(curl -fs --json '{"name": "docs", "scopes": ["admin"]}' "$URL/api/auth/keys" | python3 -c 'import json, sys; print(json.load(sys.stdin)["key"])')
export KEY
curl() { command curl -sS "$@"; }
export -f curl
cd "$WORK"
awk '/^```/ {on = $0 == "```sh"; next} on' "$HERE/docs/api.md" >examples
[ "$(wc -l <examples)" -gt 8 ] || die "docs/api.md has no examples any more"
while read -r line <&3; do expect "$line" bash -c "$line"; done 3<examples
[ "$(head -c 2 sample.jpg | od -An -tx1 | tr -d ' ')" = ffd8 ] || die "the sample is no JPEG"

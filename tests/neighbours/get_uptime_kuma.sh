#!/usr/bin/env bash
# Fetches Uptime Kuma's own server from npm into target/neighbours/uptime-kuma, for uptime_kuma.sh. Takes some minutes.
#
# As it is the package does not start, for three reasons that are mended here: the migrations of its database lie one folder
# too high; its SQLite needs to be compiled, with Node.js's own headers; and it looks for its files in the current folder.
# Its releases are on GitHub and Docker Hub only; this is the one version that npm has.
set -euo pipefail
cd "$(dirname "$0")/../.."
kuma=target/neighbours/uptime-kuma
headers=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
[ -e "$headers/include/node/node_version.h" ] || { echo "the headers of Node.js are missing in $headers/include/node (apt-get install libnode-dev)" >&2; exit 1; }

mkdir -p "$kuma"
cd "$kuma"
[ -e package.json ] || npm init --yes >/dev/null
npm install --ignore-scripts --no-audit --no-fund uptime-kuma@2.0.0-dev.0
(cd node_modules/@louislam/sqlite3 && npx --no node-pre-gyp install --build-from-source --nodedir="$headers")
cp node_modules/uptime-kuma/db/patch-*.sql node_modules/uptime-kuma/db/old_migrations/
touch ready

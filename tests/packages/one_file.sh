#!/usr/bin/env bash
# The one file for real: unpacked on a bare root and run by hand, and as a service under systemd in a container of its own.
#
#   tests/packages/one_file.sh [BINARY]      (target/debug/posterizarrd where none is named)
set -euo pipefail
. "$(dirname "$0")/common.sh"

need_roots
need systemd-nspawn systemd-container
binary=$(realpath "${1:-$HERE/target/debug/posterizarrd}")

step "packing"
archive=$("$HERE/deploy/release/archive.sh" "$binary" 0.0.1 "$WORK/out")
folder=$(basename "$archive" .tar.gz)
step "FIGURE: archive $(stat -c %s "$archive") bytes, program in it $(tar -tvzf "$archive" | awk '/\/posterizarrd$/ {print $3}') bytes"

step "--- a bare root: no systemd, no Rust, no Node.js; by hand, as nobody"
root bare ca-certificates
install -d -o 65534 "$WORK/bare/srv/home"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# In one go, so that all its processes end with it.
cat >"$WORK/bare/srv/by-hand" <<TEXT
set -e
export HOME=/srv/home POSTERIZARRD_BIND=127.0.0.1:$port PATH=/srv/$folder:/usr/bin:/bin
posterizarrd &
daemon=\$!
until posterizarrd healthcheck; do sleep 0.02; kill -0 \$daemon; done
date +%s%N >/srv/home/ready
posterizarrd run --mode testing --wait
posterizarrd self-check
kill \$daemon
wait \$daemon
TEXT
from=$(date +%s%N)
tar -C "$WORK/bare/srv" -xzf "$archive"
expect "it runs, a testing run through the daemon, self-check, and a stop in order" \
    bare setpriv --reuid nobody --regid nogroup --clear-groups sh /srv/by-hand
step "FIGURE: unpacked, started and ready: $((($(cat "$WORK/bare/srv/home/ready") - from) / 1000000)) ms"
step "FIGURE: unpacked, ready, a testing run and the rest done: $(milliseconds "$from") ms"
[ "$(pictures "$WORK/bare/srv/home/.local/share/posterizarrd")" -gt 5 ] || die "the testing run made no pictures"

step "--- as a service"
root systemd systemd,systemd-sysv,dbus,ca-certificates
data=$WORK/systemd/var/lib/posterizarrd
tar -C "$WORK/systemd/root" -xzf "$archive"
boot systemd
from=$(date +%s%N)
expect "service install" inside "/root/$folder/posterizarrd" service install
[ "$(inside stat -c '%a %U' /etc/posterizarrd/posterizarrd.toml)" = "600 posterizarrd" ] || die "the settings are not the daemon's own"
wait_for "it runs" inside posterizarrd healthcheck
step "FIGURE: installed and ready: $(milliseconds "$from") ms"
expect "a testing run through the daemon" as_user run --mode testing --wait
[ "$(pictures "$data")" -gt 5 ] || die "the testing run made no pictures"
step "FIGURE: installed, ready, and a testing run done: $(milliseconds "$from") ms"
expect "self-check as the daemon's user" as_user self-check

step "--- on what the first version left"
inside systemctl stop posterizarrd
rm -r "$data"
first_version "$data"
inside chown -R posterizarrd: /var/lib/posterizarrd
from=$(date +%s%N)
expect "service install again is an upgrade" inside "/root/$folder/posterizarrd" service install
wait_for "it runs" inside posterizarrd healthcheck
step "FIGURE: upgraded, a store taken over and ready: $(milliseconds "$from") ms"
expect "the records are there" has_records as_user export
expect "and the way back is kept" test -s "$data/store.before-upgrade/db"
pid=$(unit MainPID)
expect "service install once more" inside "/root/$folder/posterizarrd" service install
expect "started anew" started_anew "$pid"
expect "the records are there" has_records as_user export

step "--- removal"
expect "service remove" inside /usr/local/bin/posterizarrd service remove
expect "no service is left" inside sh -c '! systemctl cat posterizarrd && ! command -v posterizarrd'
expect "records stay" test -d "$data/store"
expect "settings stay" test -s "$WORK/systemd/etc/posterizarrd/posterizarrd.toml"
step "all is well"

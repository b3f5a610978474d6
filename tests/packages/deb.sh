#!/usr/bin/env bash
# The Debian package for real: on a bare root without systemd, and under systemd in a container of its own: installed,
# started, watched, upgraded, removed, purged. Records and backup of the first version are taken over.
#
#   tests/packages/deb.sh [BINARY]      (target/debug/posterizarrd where none is named)
set -euo pipefail
. "$(dirname "$0")/common.sh"

need_roots
need systemd-nspawn systemd-container
need dpkg-deb dpkg
need curl curl
binary=$(realpath "${1:-$HERE/target/debug/posterizarrd}")

export COMPRESSION=none # xz takes a minute for an unoptimised program
step "building the packages 0.0.1 and 0.0.2"
first=$("$HERE/deploy/deb/build.sh" "$binary" 0.0.1 "$WORK/debs")
second=$("$HERE/deploy/deb/build.sh" "$binary" 0.0.2 "$WORK/debs")
again=$("$HERE/deploy/deb/build.sh" "$binary" 0.0.1 "$WORK/again")
expect "the same input gives the same package" cmp "$first" "$again"
if command -v lintian >/dev/null; then
    # Not for Debian's archive: the maintainer is who builds it, no changelog of Debian's form, C parts built in.
    expect "lintian finds no error" lintian --allow-root --fail-on error --suppress-tags bogus-mail-host,no-changelog,embedded-library,uses-no-compression-for-control-tarball,uses-no-compression-for-data-tarball "$first"
fi

step "--- a bare root: no systemd, no Rust, no Node.js"
root bare ca-certificates
cp "$first" "$WORK/bare/root/first.deb"
cp /etc/resolv.conf "$WORK/bare/etc/resolv.conf"
from=$(date +%s%N)
expect "apt installs it with what it needs, and without systemd" bare sh -c \
    'export DEBIAN_FRONTEND=noninteractive; apt-get update -q && apt-get install -q -y --no-install-recommends /root/first.deb'
expect "no systemd came with it" test ! -e "$WORK/bare/usr/bin/systemctl" -a ! -e "$WORK/bare/bin/systemctl"
expect "the user is there" chroot "$WORK/bare" id posterizarrd
expect "a run of its own, as the package's user: testing" bare setpriv --reuid posterizarrd --regid posterizarrd --clear-groups \
    posterizarrd run --mode testing --wait --data-dir /var/lib/posterizarrd
[ "$(pictures "$WORK/bare/var/lib/posterizarrd")" -gt 5 ] || die "the testing run made no pictures"
step "FIGURE: bare root, installed and testing run done: $(milliseconds "$from") ms"

step "--- what the first version left"
first_folder=$WORK/bare/var/lib/posterizarrd-first
first_version "$first_folder"
chroot "$WORK/bare" chown -R posterizarrd: /var/lib/posterizarrd-first
on_first() { bare setpriv --reuid posterizarrd --regid posterizarrd --clear-groups posterizarrd "$@"; }
expect "its records are taken over" has_records on_first export --data-dir /var/lib/posterizarrd-first
expect "and the way back is kept" test -s "$first_folder/store.before-upgrade/db"
expect "its backup is restored" on_first restore /var/lib/posterizarrd-first/first.zip --data-dir /var/lib/posterizarrd-first/restored
expect "with all records" has_records on_first export --data-dir /var/lib/posterizarrd-first/restored

step "--- under systemd"
root systemd systemd,systemd-sysv,dbus,ca-certificates
cp "$first" "$WORK/systemd/root/first.deb"
cp "$second" "$WORK/systemd/root/second.deb"
from=$(date +%s%N)
boot systemd
step "FIGURE: systemd booted: $(milliseconds "$from") ms"

from=$(date +%s%N)
expect "installed" inside dpkg -i /root/first.deb
expect "running and ready when dpkg is done (READY=1)" is ActiveState active
step "FIGURE: installed and ready: $(milliseconds "$from") ms"
expect "the health check says so" inside posterizarrd healthcheck
expect "it tells its state" is StatusText idle
expect "it is enabled" inside systemctl is-enabled posterizarrd
expect "self-check as the daemon's user" as_user self-check
expect "completions are there" test -s "$WORK/systemd/usr/share/bash-completion/completions/posterizarrd"
data=$WORK/systemd/var/lib/posterizarrd
[ "$(stat -c %a "$data")" = 750 ] || die "the data folder is open to others"
[ "$(stat -c %a "$WORK/systemd/etc/posterizarrd/posterizarrd.toml")" = 600 ] || die "the settings are open to others"
step "FIGURE: memory idle: $(memory "$(unit MainPID)")"
expect "a testing run through the daemon" as_user run --mode testing --wait
made=$(pictures "$data")
[ "$made" -gt 5 ] || die "the testing run made no pictures"
step "FIGURE: installed, ready, and a testing run done: $(milliseconds "$from") ms"
exposure=$(inside systemd-analyze security posterizarrd.service --no-pager --threshold=20 | tail -n 1) || die "exposed: $exposure"
step "FIGURE: ${exposure#→ }"
if said=$(inside setpriv --reuid nobody --regid nogroup --clear-groups posterizarrd self-check 2>&1); then die "the settings are open to nobody"; fi
case $said in *"sudo -u posterizarrd"*) step "ok: others are told whose commands these are" ;; *) die "it said: $said" ;; esac

step "--- changed files need no reload"
pid=$(unit MainPID)
health() { nsenter --target "$LEADER" --net curl -s http://127.0.0.1:8000/api/health; }
config_is() { health | grep -q "\"config\":\"$1\""; }
expect "config.json is in order" config_is ok
cp "$data/config.json" "$WORK/config.json"
echo '{ "broken": ' >"$data/config.json" # in place, so that it stays the daemon's own
wait_for "a broken config.json is noticed" config_is degraded
if inside systemctl reload posterizarrd 2>/dev/null; then die "a reload calls a broken config.json good"; fi
cat "$WORK/config.json" >"$data/config.json"
wait_for "and so is one that is in order again" config_is ok
expect "a reload says so, too" inside systemctl reload posterizarrd
inside systemctl kill --signal=HUP posterizarrd
expect "SIGHUP does no harm" inside posterizarrd healthcheck
expect "all this time the same process ran" is MainPID "$pid"

step "--- watchdog: an unresponsive daemon is started anew"
mkdir -p "$WORK/systemd/etc/systemd/system/posterizarrd.service.d"
printf '[Service]\nWatchdogSec=3\nRestartSec=1\nTimeoutAbortSec=2\n' >"$WORK/systemd/etc/systemd/system/posterizarrd.service.d/test.conf"
inside systemctl daemon-reload
inside systemctl restart posterizarrd
pid=$(unit MainPID)
inside sh -c "kill -STOP $pid"
wait_for "started anew by the watchdog" started_anew "$pid"
rm "$WORK/systemd/etc/systemd/system/posterizarrd.service.d/test.conf"
inside systemctl daemon-reload

step "--- a crash, and a run that outlives a restart"
pid=$(unit MainPID)
inside sh -c "kill -KILL $pid"
wait_for "started anew after kill -9" started_anew "$pid"
before=$(runs)
as_user run --mode testing >/dev/null
inside systemctl restart posterizarrd
run_is_over() { as_user run --mode testing --wait; }
wait_for "the run is over, and another can be done" run_is_over
# Both, and neither as lost or stopped.
[ "$(runs)" = $((before + 2)) ] || die "the run that was on during the restart is not on record"
whole() { ! as_user export | grep '"table":"history"' | grep -E '"(failed|killed|lost|stopped|timed_out)"'; }
expect "both are completed" whole
from=$(date +%s%N)
inside systemctl stop posterizarrd
step "FIGURE: stopped in $(milliseconds "$from") ms (bound: 40 s)"
inside systemctl start posterizarrd
wait_for "it runs again" inside posterizarrd healthcheck
as_user run --mode testing >/dev/null
from=$(date +%s%N)
inside systemctl stop posterizarrd
step "FIGURE: stopped during a run in $(milliseconds "$from") ms"
[ "$(milliseconds "$from")" -lt 40000 ] || die "a stop takes longer than systemd waits"
is Result success || die "the stop was not in order: $(unit Result)"
inside systemctl start posterizarrd

step "--- upgrade"
sed -i '1i mask_secrets = true' "$WORK/systemd/etc/posterizarrd/posterizarrd.toml"
pid=$(unit MainPID)
history=$(runs)
expect "a backup by the first version" as_user backup /var/lib/posterizarrd/before.zip
from=$(date +%s%N)
expect "upgraded" inside dpkg -i --force-confdef --force-confold /root/second.deb
wait_for "another process runs, and is ready" started_anew "$pid"
step "FIGURE: upgraded and ready: $(milliseconds "$from") ms"
[ "$(inside dpkg-query -Wf '${Version}' posterizarrd)" = 0.0.2 ] || die "dpkg does not know 0.0.2"
[ "$(runs)" = "$history" ] || die "the history is another after the upgrade"
expect "a changed setting is kept" grep -q '^mask_secrets = true' "$WORK/systemd/etc/posterizarrd/posterizarrd.toml"

restored() { inside setpriv --reuid posterizarrd --regid posterizarrd --clear-groups posterizarrd "$@" --data-dir /var/lib/posterizarrd/restored; }
expect "the next version restores it" restored restore /var/lib/posterizarrd/before.zip
[ "$(restored export | grep -c '"table":"history"')" = "$history" ] || die "the restored history is another"

step "--- removal and purge"
expect "removed" inside dpkg --remove posterizarrd
gone() { ! inside systemctl is-active posterizarrd && [ ! -e "$WORK/systemd/usr/bin/posterizarrd" ]; }
expect "it does not run any more" gone
expect "settings stay" test -s "$WORK/systemd/etc/posterizarrd/posterizarrd.toml"
expect "installed again" inside dpkg -i /root/second.deb
wait_for "it runs again" inside posterizarrd healthcheck
[ "$(runs)" = "$history" ] || die "the history is gone after removing and installing"
made=$(pictures "$data")
expect "purged" inside dpkg --purge posterizarrd
expect "settings go" test ! -e "$WORK/systemd/etc/posterizarrd/posterizarrd.toml"
[ "$(pictures "$data")" = "$made" ] || die "the purge took artwork"
expect "records stay" test -d "$data/store"
expect "no unit is left" inside sh -c '! systemctl cat posterizarrd'

step "FIGURE: package $(stat -c %s "$first") bytes, program in it $(dpkg-deb -c "$first" | awk '$6 == "./usr/bin/posterizarrd" {print $3}') bytes"
step "all is well"

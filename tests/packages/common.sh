# shellcheck shell=bash
# For the scripts beside this one: roots made of Debian's packages, and systemd booted in a container of its own.
# Needs root, mmdebstrap and systemd-nspawn. What is made once is kept in $CACHE.

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${CACHE:-$HERE/target/packages}
WORK=$(mktemp -d /var/tmp/posterizarrd-test.XXXXXX)
BOOTED=
# The same for all that is built here, whatever is committed meanwhile.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(date +%s)}
began=$(date +%s%N)

# With STRICT=yes nothing may be left out: for machines that are known to be able to do it.
leave_out() { printf '!!! LEFT OUT: %s\n' "$*"; [ "${STRICT:-no}" != yes ] || exit 1; exit 0; }
need() { command -v "$1" >/dev/null || leave_out "$1 is not installed (apt-get install $2)"; }
# What a machine may lack: the right to make namespaces (containers of CI often do), and Debian's packages.
need_roots() {
    [ "$(id -u)" = 0 ] || leave_out "roots and containers can only be made by root"
    need mmdebstrap mmdebstrap
    unshare --mount --pid --fork true 2>/dev/null || leave_out "this machine lets nobody make namespaces"
}
milliseconds() { echo $((($(date +%s%N) - ${1:-$began}) / 1000000)); }
step() { printf '[%6d ms] %s\n' "$(milliseconds)" "$*"; }
die() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

# expect WHAT COMMAND...: the command succeeds.
expect() {
    local what=$1 said
    shift
    if said=$("$@" 2>&1); then step "ok: $what"; else die "$what: $* said: $said"; fi
}

# wait_for WHAT COMMAND...: the command succeeds within a minute.
wait_for() {
    local what=$1 from
    from=$(date +%s%N)
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(milliseconds "$from")" -lt "${PATIENCE:-60000}" ] || die "$what did not come about within $((${PATIENCE:-60000} / 1000)) s: $*"
        sleep 0.05
    done
    step "ok: $what (after $(milliseconds "$from") ms)"
}

# root NAME PACKAGES: a Debian root with these packages, fresh in $WORK/NAME.
root() {
    local tar=$CACHE/$1.tar
    if [ ! -f "$tar" ]; then
        mkdir -p "$CACHE"
        step "making the root $1 of Debian's packages"
        mmdebstrap --quiet --variant=minbase --include="$2" "${SUITE:-bookworm}" "$CACHE/new-$1.tar" \
            ${MIRROR:+"$MIRROR"} || leave_out "Debian's packages could not be had for the root $1"
        mv "$CACHE/new-$1.tar" "$tar"
    fi
    mkdir "$WORK/$1"
    tar -C "$WORK/$1" -xf "$tar"
}

# bare COMMAND...: in the root "bare", with processes of its own and nothing of this machine's.
bare() { unshare --mount --pid --fork --kill-child --mount-proc="$WORK/bare/proc" -- chroot "$WORK/bare" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"; }

# first_version FOLDER: the data folder of the first version with backups, and first.zip, its backup of that. Its settings are
# left out, whose place is elsewhere where a package or service has its own.
first_version() {
    python3 -m zipfile -e "$HERE/tests/records/first-version.zip" "$1"
    cp "$HERE/tests/records/first-version-backup.zip" "$1/first.zip"
    rm "$1/posterizarrd.toml"
}

# has_records COMMAND...: the command prints all that the first version had on record; its second run is over, or lost.
has_records() {
    local records table
    records=$("$@") || return
    for table in api_keys choices history runs jobs webhooks; do
        grep -q "^{\"table\":\"$table\"" <<<"$records" || { echo "nothing in $table"; return 1; }
    done
    [ "$(grep '"table":"runs"' <<<"$records" | grep -c '"mode":"testing"')" = 2 ] || { echo "not two testing runs"; return 1; }
}

# pictures FOLDER: how many a testing run left there.
pictures() { find "$1/test" -name '*.jpg' 2>/dev/null | wc -l; }

# boot NAME: systemd of that root, with a network of its own.
boot() {
    systemd-nspawn --quiet --directory="$WORK/$1" --register=no --keep-unit --private-network --pipe /bin/true </dev/null >/dev/null 2>&1 ||
        leave_out "systemd-nspawn cannot start anything on this machine, so nothing was tried under systemd"
    systemd-nspawn --quiet --directory="$WORK/$1" --register=no --keep-unit --private-network --console=pipe --boot \
        </dev/null >"$WORK/console" 2>&1 &
    BOOTED=$!
    wait_for "systemd of the container is process 1" booted_init
    wait_for "systemd is up" is_up
}
booted_init() { LEADER=$(pgrep -P "$BOOTED") && [ "$(cat "/proc/$LEADER/comm")" = systemd ]; }
is_up() { case $(inside systemctl is-system-running) in running | degraded) ;; *) return 1 ;; esac; }

# inside COMMAND...: in the booted container.
inside() { nsenter --target "$LEADER" --all -- env -i -C / PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"; }

# Of the service in the booted container.
unit() { inside systemctl show --property="$1" --value posterizarrd.service; }
is() { [ "$(unit "$1")" = "$2" ]; }
as_user() { inside setpriv --reuid posterizarrd --regid posterizarrd --clear-groups posterizarrd "$@"; }
# started_anew PID: another process than that one is ready.
started_anew() { is ActiveState active && [ "$(unit MainPID)" != "$1" ] && inside posterizarrd healthcheck; }
runs() { as_user export | grep -c '"table":"history"' || true; }
memory() { inside awk '/^VmRSS/ {all = $2} /^RssFile/ {file = $2} END {printf "%d MiB, %d of it the program\047s pages", all / 1024, file / 1024}' "/proc/$1/status"; }

shut_down() {
    [ -n "$BOOTED" ] || return 0
    kill -TERM "$BOOTED" 2>/dev/null || true
    kill -KILL "${LEADER:-$BOOTED}" 2>/dev/null || true
    wait "$BOOTED" 2>/dev/null || true
    BOOTED=
}
# What a script has to tidy up besides.
finish() { :; }
cleanup() {
    local code=$?
    shut_down
    finish
    [ "$code" = 0 ] || { echo "kept for a look: $WORK" >&2; exit "$code"; }
    rm -rf "$WORK"
}
trap cleanup EXIT

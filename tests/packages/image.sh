#!/usr/bin/env bash
# The container image for real: built without a container engine, then loaded and run by one, with a read-only root, as
# any user, killed, started anew, upgraded.
#
#   tests/packages/image.sh [BINARY]      (target/debug/posterizarrd where none is named)
#
# ENGINE is podman where none is named; where its runtime crun cannot work (a machine with both generations of control
# groups), runc takes its place if it is there.
set -euo pipefail
. "$(dirname "$0")/common.sh"

need_roots
need readelf binutils
need "${ENGINE:-podman}" podman
engine=("${ENGINE:-podman}")
[ -n "${ENGINE:-}" ] || [ ! -x /usr/sbin/runc ] || engine+=(--runtime /usr/sbin/runc)
binary=$(realpath "${1:-$HERE/target/debug/posterizarrd}")
name=posterizarrd-test-$$
engine() { "${engine[@]}" "$@"; }
finish() {
    engine rm --force --time 0 "$name" >/dev/null 2>&1 || true
    engine rmi --force posterizarrd:0.0.1 posterizarrd:0.0.2 >/dev/null 2>&1 || true
}

case ${engine[0]} in
    *podman)
        root bare ca-certificates
        engine run --rm --network none --ulimit nofile=1024:4096 --ulimit nproc=4096:4096 --rootfs "$WORK/bare" /bin/true ||
            leave_out "podman cannot start anything on this machine"
        ;;
esac
export COMPRESSION_LEVEL=${COMPRESSION_LEVEL:-1} # 9 takes half a minute for an unoptimised program
step "building the images 0.0.1 and 0.0.2"
first=$("$HERE/deploy/image/build.sh" "$binary" 0.0.1 "$WORK/images")
second=$("$HERE/deploy/image/build.sh" "$binary" 0.0.2 "$WORK/images")
again=$("$HERE/deploy/image/build.sh" "$binary" 0.0.1 "$WORK/again")
expect "the same input gives the same image" cmp "$first" "$again"
step "FIGURE: image $(stat -c %s "$first") bytes to download"
# Of OCI's description podman does not know the health check; of Docker's, which is in the archive too, it does.
load() { case ${engine[0]} in *podman) engine pull --quiet "docker-archive:$1" ;; *) engine load --quiet --input "$1" ;; esac; }
for image in "$first" "$second"; do expect "the engine loads $(basename "$image")" load "$image"; done
step "FIGURE: image $(engine image inspect --format '{{.Size}}' posterizarrd:0.0.1) bytes unpacked"

# Not more than the machine lets us give.
limits=(--ulimit nofile=1024:4096 --ulimit nproc=4096:4096)
locked=(--network none --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges "${limits[@]}")
volumes=()
for folder in config assets assetsbackup manualassets; do
    mkdir "$WORK/$folder"
    chown 1234:5678 "$WORK/$folder"
    volumes+=(--volume "$WORK/$folder:/$folder")
done
start() { engine run --detach --name "$name" "$@" >/dev/null; }
ask() { engine exec "$name" posterizarrd "$@"; }
restore_first() {
    cp "$WORK/first/first.zip" "$WORK/fresh/"
    mkdir "$WORK/fresh/restored"
    chown -R 1234:5678 "$WORK/fresh/first.zip" "$WORK/fresh/restored"
    ask restore /config/first.zip --data-dir /config/restored
}
history() { ask export | grep -c '"table":"history"' || true; }

step "--- any user, read-only root, no capabilities"
expect "there is no shell" sh -c "! ${engine[*]} run --rm ${limits[*]} --network none --entrypoint /bin/sh posterizarrd:0.0.1 -c true"
from=$(date +%s%N)
start "${locked[@]}" --user 1234:5678 "${volumes[@]}" posterizarrd:0.0.1
wait_for "ready" ask healthcheck
step "FIGURE: container started and ready: $(milliseconds "$from") ms"
expect "the image's own health check" engine healthcheck run "$name"
expect "self-check" ask self-check
expect "a testing run through the daemon" ask run --mode testing --wait
step "FIGURE: started, ready, and a testing run done: $(milliseconds "$from") ms"
[ "$(find "$WORK/config/test" -name '*.jpg' | wc -l)" -gt 5 ] || die "the testing run made no pictures"
[ -z "$(find "$WORK/config" ! \( -user 1234 -group 5678 \))" ] || die "files of another user: $(find "$WORK/config" ! -user 1234)"
pid=$(engine inspect --format '{{.State.Pid}}' "$name")
step "FIGURE: memory: RSS of all its processes $(ps -o rss= -p "$pid" --ppid "$pid" | awk '{s += $1} END {print int(s / 1024)}') MiB"
before=$(history)
[ "$before" -gt 0 ] || die "the run is not on record"

step "--- killed, started anew, upgraded"
expect "killed" engine kill --signal KILL "$name"
engine wait "$name" >/dev/null
expect "started anew" engine start "$name"
wait_for "ready" ask healthcheck
[ "$(history)" = "$before" ] || die "the history is another after a kill"
from=$(date +%s%N)
expect "stopped" engine stop --time 40 "$name"
step "FIGURE: stopped in $(milliseconds "$from") ms"
[ "$(engine inspect --format '{{.State.ExitCode}}' "$name")" = 0 ] || die "a stop gave the exit code $(engine inspect --format '{{.State.ExitCode}}' "$name")"
engine rm "$name" >/dev/null
start "${locked[@]}" --user 1234:5678 "${volumes[@]}" posterizarrd:0.0.2
wait_for "the next version is ready on the same folders" ask healthcheck
[ "$(history)" = "$before" ] || die "the history is another after the upgrade"
engine rm --force --time 20 "$name" >/dev/null

step "--- PUID and PGID, and a run without a daemon"
chown -R 99:100 "$WORK/config" "$WORK/assets" "$WORK/assetsbackup" "$WORK/manualassets"
# What is for the daemon's eyes only: root without its capabilities could not read it.
install -o 99 -g 100 -m 600 "$HERE/deploy/config.example.toml" "$WORK/config/posterizarrd.toml"
start "${locked[@]}" --cap-add SETUID --cap-add SETGID --user 0:0 --env PUID=99 --env PGID=100 "${volumes[@]}" posterizarrd:0.0.1
wait_for "ready" ask healthcheck
pids() { engine top "$name" huser args 2>/dev/null || engine top "$name"; }
pids | grep -q '^99 .*posterizarrd' || die "it does not run as user 99: $(pids)"
expect "a backup" ask backup /config/backup.zip
engine rm --force --time 20 "$name" >/dev/null
[ -z "$(find "$WORK/config" ! -user 99)" ] || die "files of another user than PUID: $(find "$WORK/config" ! -user 99 | head -3)"
expect "one testing run, then exit 0" engine run --rm "${locked[@]}" --user 99:100 "${volumes[@]}" posterizarrd:0.0.1 run --mode testing --wait

step "--- what the first version left, with two volumes only"
mkdir "$WORK/first" "$WORK/first-assets"
first_version "$WORK/first"
chown -R 1234:5678 "$WORK/first" "$WORK/first-assets"
start "${locked[@]}" --user 1234:5678 --volume "$WORK/first:/config" --volume "$WORK/first-assets:/assets" posterizarrd:0.0.2
wait_for "ready" ask healthcheck
expect "the records are there" has_records ask export
expect "and the way back is kept" test -s "$WORK/first/store.before-upgrade/db"
engine rm --force --time 20 "$name" >/dev/null
mkdir "$WORK/fresh"
chown 1234:5678 "$WORK/fresh"
start "${locked[@]}" --user 1234:5678 --volume "$WORK/fresh:/config" --volume "$WORK/first-assets:/assets" posterizarrd:0.0.2
wait_for "ready" ask healthcheck
expect "saved pictures last as long as /config" grep -q '"BackupPath": *"/config/assetsbackup"' "$WORK/fresh/config.json"
expect "the next version restores the first one's backup" restore_first
engine rm --force --time 20 "$name" >/dev/null

step "--- a folder that may not be written"
rm "$WORK/config/posterizarrd.toml"
if said=$(engine run --rm "${locked[@]}" --user 4321:4321 "${volumes[@]}" posterizarrd:0.0.1 2>&1); then die "it started"; fi
case $said in *"cannot write to"*) step "ok: it says: ${said##*posterizarrd: }" ;; *) die "it said: $said" ;; esac

step "all is well"

#!/usr/bin/env bash
# Packs the one file, with licence, changes and an example of the settings.
#
#   deploy/release/archive.sh BINARY VERSION OUT_FOLDER
set -euo pipefail
[ $# = 3 ] || { sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "$0" >&2; exit 2; }
binary=$(realpath "$1") version=${2#v} out=$(realpath -m "$3")
cd "$(dirname "$0")/../.."
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
machine=$(readelf -h "$binary" | sed -n 's/ *Machine: *//p')
case $machine in *X86-64*) machine=x86_64 ;; AArch64*) machine=aarch64 ;; esac
name=posterizarrd-$version-$machine-linux
install -D -m 755 "$binary" "$work/$name/posterizarrd"
strip --strip-unneeded "$work/$name/posterizarrd" 2>/dev/null || true # another machine's strip is not here: as it is
install -m 644 LICENSE CHANGELOG.md deploy/config.example.toml "$work/$name/"
install -d "$work/$name/examples"
install -m 644 deploy/*.{yaml,json,conf,container,md} deploy/Caddyfile "$work/$name/examples/"
python3 deploy/sbom.py "$binary" "$version" /dev/null "$work/$name/sbom.cdx.json"
mkdir -p "$out"
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -c "$name" | gzip -9n >"$out/$name.tar.gz"
echo "$out/$name.tar.gz"

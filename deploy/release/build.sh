#!/usr/bin/env bash
# Everything that a release has for one architecture, made of built programs.
#
#   deploy/release/build.sh VERSION OUT_FOLDER BINARY [STATIC_BINARY]
#
# BINARY goes into the Debian package and the image, and was built for a C library no newer than theirs (Debian 12).
# STATIC_BINARY (musl) becomes the one file; without it BINARY does. At the end SHA256SUMS covers all that is in the folder.
set -euo pipefail
[ $# = 3 ] || [ $# = 4 ] || { sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "$0" >&2; exit 2; }
version=${1#v} out=$(realpath -m "$2") binary=$(realpath "$3") static=$(realpath "${4:-$3}")
cd "$(dirname "$0")/../.."
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
mkdir -p "$out"

deploy/deb/build.sh "$binary" "$version" "$out"
deploy/image/build.sh "$binary" "$version" "$out"
deploy/release/archive.sh "$static" "$version" "$out"
python3 deploy/sbom.py "$version" /dev/null "$out/posterizarrd_$version.cdx.json"

cd "$out"
find . -maxdepth 1 -type f ! -name SHA256SUMS -printf '%P\0' | sort -z | xargs -0 sha256sum >SHA256SUMS

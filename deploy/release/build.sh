#!/usr/bin/env bash
# Everything that a release has for one architecture, made of built programs.
#
#   deploy/release/build.sh VERSION OUT_FOLDER BINARY [STATIC_BINARY]
#
# BINARY goes into the Debian package and the image, and was built for a C library no newer than theirs (Debian 12).
# STATIC_BINARY (musl) becomes the one file; without it BINARY does. Package (and image) and archive each have the list of their
# program's parts beside them. At the end SHA256SUMS covers all that is in the folder.
set -euo pipefail
[ $# = 3 ] || [ $# = 4 ] || { sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "$0" >&2; exit 2; }
version=${1#v} out=$(realpath -m "$2") binary=$(realpath "$3") static=$(realpath "${4:-$3}")
cd "$(dirname "$0")/../.."
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
mkdir -p "$out"

# parts PROGRAM FILE: the list of a program's parts.
parts() { python3 deploy/sbom.py "$1" "$version" /dev/null "$2"; }

package=$(deploy/deb/build.sh "$binary" "$version" "$out")
image=$(deploy/image/build.sh "$binary" "$version" "$out")
archive=$(deploy/release/archive.sh "$static" "$version" "$out")
parts "$binary" "${package%.deb}.cdx.json"
parts "$static" "${archive%.tar.gz}.cdx.json"
printf '%s\n' "$package" "$image" "$archive"

cd "$out"
find . -maxdepth 1 -type f ! -name SHA256SUMS -printf '%P\0' | sort -z | xargs -0 sha256sum >SHA256SUMS

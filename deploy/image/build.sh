#!/usr/bin/env bash
# Makes a container image without a container engine: an OCI archive that docker and podman load.
#
#   deploy/image/build.sh BINARY VERSION OUT_FOLDER
#
# In it: the program, the C library, root certificates, time zones, tini, the licences, and a list of all parts (SBOM). No
# shell, no package manager. The files come out of Debian's packages without installing them, so another machine's image
# (arm64) is made in the same way. Needs mmdebstrap, binutils and Python; the same input gives the same bytes. COMPRESSION_LEVEL (9) may be set.
# PowerShell and ImageMagick for Posterizarr.ps1 are in deploy/Dockerfile's image.
set -euo pipefail

[ $# = 3 ] || { sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "$0" >&2; exit 2; }
binary=$(realpath "$1") version=${2#v} out=$(realpath -m "$3")
cd "$(dirname "$0")/../.."
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}

case $(readelf -h "$binary" | sed -n 's/ *Machine: *//p') in
    *X86-64*) architecture=amd64 ;;
    AArch64*) architecture=arm64 ;;
    *) echo "$binary: images are made for amd64 and arm64 only" >&2; exit 1 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

# Nothing is installed, so only the archives' names tell the versions.
mmdebstrap --quiet --variant=extract --arch="$architecture" \
    --include=libc6,libgcc-s1,ca-certificates,tzdata,tini,netbase \
    --extract-hook="find \"\$1\" -name '*.deb' -printf '%f\\n' >'$work/debian-packages'" \
    "${SUITE:-bookworm}" "$root" ${MIRROR:+"$MIRROR"}
# Only what the program uses stays: libraries without OpenSSL's, tini, time zones, licences.
find "$root/usr/bin" -mindepth 1 ! -name tini -delete
find "$root/usr/lib" "$root/lib" \( -name 'libssl*' -o -name 'libcrypto*' -o -name 'engines-3' -o -name 'ossl-modules' -o -name gconv \) \
    -prune -exec rm -r {} +
find "$root/usr/share" -mindepth 1 -maxdepth 1 ! -name doc ! -name zoneinfo ! -name ca-certificates -exec rm -r {} +
rm -rf "${root:?}"/usr/share/zoneinfo/{right,posix} "${root:?}"/usr/{sbin,lib/ssl} "${root:?}"/{var,dev,tmp}
find "$root/usr/share/doc" -type f ! -name copyright -delete
rm -rf "$root"/usr/share/doc/{debconf,openssl,libssl3}
find "$root/etc" -mindepth 1 -maxdepth 1 ! -name protocols ! -name services -exec rm -r {} +
# What the package's installation would make.
mkdir -p "$root/etc/ssl/certs"
find "$root/usr/share/ca-certificates" -name '*.crt' -print0 | sort -z | xargs -0 cat >"$root/etc/ssl/certs/ca-certificates.crt"
rm -rf "$root/usr/share/ca-certificates"
printf 'root:x:0:0:root:/tmp:/nonexistent\nnobody:x:65534:65534:nobody:/tmp:/nonexistent\n' >"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"

install -D -m 755 "$binary" "$root/usr/local/bin/posterizarrd"
strip --strip-unneeded "$root/usr/local/bin/posterizarrd" 2>/dev/null || true # another machine's strip is not here: as it is
install -D -m 644 LICENSE "$root/usr/share/doc/posterizarrd/copyright"
python3 deploy/sbom.py "$binary" "$version" "$work/debian-packages" "$root/usr/share/doc/posterizarrd/sbom.cdx.json"
mkdir -p "$root"/{config,assets,tmp,proc,sys,dev,run}
chmod 1777 "$root/tmp"

mkdir -p "$out"
python3 deploy/image/oci.py "$root" "$version" "$architecture" "$out/posterizarrd_${version}_$architecture.oci.tar"

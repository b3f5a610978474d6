#!/usr/bin/env bash
# Makes a Debian package of a built program.
#
#   deploy/deb/build.sh BINARY VERSION OUT_FOLDER
#
# The architecture is the binary's. Completions and manual pages are made by the binary itself; where it cannot run here
# (built for another machine), GENERATOR names one that can. COMPRESSION (xz) and MAINTAINER may be set. Needs dpkg-deb,
# binutils, Cargo and Python. The same input gives the same bytes: times are SOURCE_DATE_EPOCH's, or else those of the last commit.
set -euo pipefail

[ $# = 3 ] || { sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "$0" >&2; exit 2; }
binary=$(realpath "$1") version=${2#v} out=$(realpath -m "$3")
cd "$(dirname "$0")/../.."
generator=$(realpath "${GENERATOR:-$binary}")
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}

case $(readelf -h "$binary" | sed -n 's/ *Machine: *//p') in
    *X86-64*) architecture=amd64 ;;
    AArch64*) architecture=arm64 ;;
    *) echo "$binary: not built for a machine that Debian packages are made for here (amd64, arm64)" >&2; exit 1 ;;
esac
# The newest symbol version is what the binary needs of the C library; a static one needs none.
glibc=$(readelf -W --dyn-syms "$binary" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -uV | tail -n 1 || true)
depends="ca-certificates, systemd-standalone-sysusers | systemd, systemd-standalone-tmpfiles | systemd"
[ -z "$glibc" ] || depends="libc6 (>= $glibc), libgcc-s1, $depends"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
put() { install -D -m "$1" "$2" "$work/$3"; }

put 755 "$binary" usr/bin/posterizarrd
strip --strip-unneeded "$work/usr/bin/posterizarrd" 2>/dev/null || true # another machine's strip is not here: as it is
put 644 systemd/posterizarrd.service usr/lib/systemd/system/posterizarrd.service
put 644 systemd/posterizarrd.sysusers usr/lib/sysusers.d/posterizarrd.conf
put 644 systemd/posterizarrd.tmpfiles usr/lib/tmpfiles.d/posterizarrd.conf
put 644 deploy/config.example.toml etc/posterizarrd/posterizarrd.toml
# So that commands find the data folder where systemd does not name it.
sed -i 's/^# data_dir =/data_dir =/' "$work/etc/posterizarrd/posterizarrd.toml"
put 644 LICENSE usr/share/doc/posterizarrd/copyright
cat >>"$work/usr/share/doc/posterizarrd/copyright" <<'TEXT'

The program is built with crates and web packages under licences of their own. Their texts and notices are in the
program: on the web UI's About page and under /api/licences/texts.
TEXT
install -d "$work/usr/share/man/man1"
"$generator" man "$work/usr/share/man/man1"
gzip -9n "$work"/usr/share/man/man1/*.1
for example in deploy/*.{yaml,json,conf,container,md} deploy/Caddyfile; do put 644 "$example" "usr/share/doc/posterizarrd/examples/${example##*/}"; done
python3 deploy/sbom.py "$binary" "$version" /dev/null "$work/usr/share/doc/posterizarrd/sbom.cdx.json"
gzip -9nc CHANGELOG.md >"$work/usr/share/doc/posterizarrd/NEWS.md.gz"
completions() { install -d "$work/${2%/*}" && "$generator" completions "$1" >"$work/$2"; }
completions bash usr/share/bash-completion/completions/posterizarrd
completions zsh usr/share/zsh/vendor-completions/_posterizarrd
completions fish usr/share/fish/vendor_completions.d/posterizarrd.fish

# In KiB, as dpkg reckons it; what the disk gives a file is another each time.
installed=$(find "$work" -mindepth 1 -printf '%y %s\n' | awk '{sum += $1 == "f" ? int(($2 + 1023) / 1024) : 1} END {print sum}')
install -d "$work/DEBIAN"
install -m 755 deploy/deb/postinst deploy/deb/prerm deploy/deb/postrm "$work/DEBIAN/"
echo /etc/posterizarrd/posterizarrd.toml >"$work/DEBIAN/conffiles"
# 1.2.3-rc.1 comes before 1.2.3.
cat >"$work/DEBIAN/control" <<TEXT
Package: posterizarrd
Version: ${version/-/\~}
Architecture: $architecture
Maintainer: ${MAINTAINER:-The posterizarrd authors <posterizarrd@localhost>}
Installed-Size: $installed
Depends: $depends
Recommends: tzdata
Suggests: apprise
Section: web
Priority: optional
Description: artwork for Plex, Jellyfin and Emby libraries
 A daemon that finds posters, backgrounds, season posters and title cards,
 draws the titles on them, and puts them on disk and on the media server, by
 timetable, by webhook or by hand. With a web UI, an HTTP API and metrics.
TEXT
(cd "$work" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
find "$work" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +

mkdir -p "$out"
package=$out/posterizarrd_${version}_$architecture.deb
dpkg-deb --root-owner-group --threads-max=2 -Z"${COMPRESSION:-xz}" --build "$work" "$package" >/dev/null
echo "$package"

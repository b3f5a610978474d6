#!/usr/bin/env bash
# What a release is made of: its notes, its files, their checksums.
#
#   tests/packages/release.sh [BINARY]      (target/debug/posterizarrd where none is named)
set -euo pipefail
. "$(dirname "$0")/common.sh"

need mmdebstrap mmdebstrap
need dpkg-deb dpkg
need readelf binutils
binary=$(realpath "${1:-$HERE/target/debug/posterizarrd}")
export COMPRESSION=none COMPRESSION_LEVEL=1 # an unoptimised program is large

step "--- notes"
mkdir -p "$WORK/tree/deploy/release"
cp "$HERE/deploy/release/notes.sh" "$WORK/tree/deploy/release/"
printf '[workspace.package]\nversion = "1.2.3"\n' >"$WORK/tree/Cargo.toml"
printf '# Changelog\n\n## [Unreleased]\n\n- later\n\n## [1.2.3] - 2026-12-01\n\n- new\n\n## [1.2.2] - 2026-11-01\n\n- old\n' >"$WORK/tree/CHANGELOG.md"
notes() { "$WORK/tree/deploy/release/notes.sh" "$1" 2>&1; }
[ "$(notes v1.2.3 | tr -d '\n')" = "- new" ] || die "the notes of 1.2.3 are $(notes v1.2.3)"
step "ok: a version's notes are its section of CHANGELOG.md"
if said=$(notes v1.2.4); then die "another version than Cargo.toml's has notes: $said"; fi
case $said in *"Cargo.toml 1.2.3"*) step "ok: a tag that Cargo.toml does not know: $said" ;; *) die "it said: $said" ;; esac
sed -i 's/## \[1.2.3\].*/## [1.2.0]/' "$WORK/tree/CHANGELOG.md"
if said=$(notes v1.2.3); then die "a version without a section has notes: $said"; fi
case $said in *"says nothing of 1.2.3"*) step "ok: a version that CHANGELOG.md does not know: $said" ;; *) die "it said: $said" ;; esac

step "--- files"
"$HERE/deploy/release/build.sh" v1.2.3-rc.1 "$WORK/out" "$binary" >/dev/null
machine=$(uname -m)
architecture=$(dpkg --print-architecture)
for file in "posterizarrd_1.2.3-rc.1_$architecture.deb" "posterizarrd_1.2.3-rc.1_$architecture.oci.tar" \
    "posterizarrd-1.2.3-rc.1-$machine-linux.tar.gz" SHA256SUMS; do
    expect "$file" test -s "$WORK/out/$file"
done
expect "the checksums are theirs" sh -c "cd '$WORK/out' && sha256sum --check --strict SHA256SUMS"
[ "$(find "$WORK/out" -type f ! -name SHA256SUMS | wc -l)" = "$(wc -l <"$WORK/out/SHA256SUMS")" ] || die "a file has no checksum: $(ls "$WORK/out")"
expect "a preview sorts before its release" dpkg --compare-versions "$(dpkg-deb -f "$WORK/out/posterizarrd_1.2.3-rc.1_$architecture.deb" Version)" lt 1.2.3
dpkg-deb -x "$WORK/out/posterizarrd_1.2.3-rc.1_$architecture.deb" "$WORK/package"
tar -C "$WORK" -xzf "$WORK/out/posterizarrd-1.2.3-rc.1-$machine-linux.tar.gz"
for folder in "$WORK/package/usr/share/doc/posterizarrd" "$WORK/posterizarrd-1.2.3-rc.1-$machine-linux"; do
    for file in examples/compose.yaml examples/nginx.conf examples/grafana-dashboard.json sbom.cdx.json; do
        expect "${folder#"$WORK"/}/$file" test -s "$folder/$file"
    done
done
expect "the list of parts names crates, web packages" sh -c "grep -q 'pkg:cargo/actix-web@' '$folder/sbom.cdx.json' && grep -q 'pkg:npm/preact@' '$folder/sbom.cdx.json'"
step "all is well"

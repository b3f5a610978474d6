#!/usr/bin/env bash
# Builds the one file: the program without any library beside it (musl), for x86_64 or aarch64, on this machine.
#
#   deploy/release/static.sh [x86_64|aarch64] [PROFILE]      (this machine's architecture, release)
#
# Prints the program's path. C parts are compiled and all is linked by zig, which has musl for every architecture (pip install
# ziglang cargo-zigbuild). Rust's standard library for musl comes from rustup (`rustup target add ARCHITECTURE-unknown-linux-musl`);
# where that cannot be had, it is built here from Debian's sources by Debian's compiler (apt-get install rustc-web rust-web-src).
set -euo pipefail
cd "$(dirname "$0")/../.."
architecture=${1:-$(uname -m)} profile=${2:-release}
target=$architecture-unknown-linux-musl
case $architecture in x86_64 | aarch64) ;; *) sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "$0" >&2; exit 2 ;; esac
command -v cargo-zigbuild >/dev/null || { echo "cargo-zigbuild is missing: pip install cargo-zigbuild ziglang" >&2; exit 1; }

build=(cargo zigbuild --locked --bin posterizarrd --target "$target" --profile "$profile")
if [ -d "$(rustc --print sysroot)/lib/rustlib/$target" ]; then
    "${build[@]}"
elif [ -d /usr/lib/rustlib/src/rust/library ]; then
    # The compiler and the sources of its standard library are of one version; unstable is only that cargo builds the latter.
    # The objects that a program begins and ends with are zig's: Debian's compiler has none for musl.
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS="-C link-self-contained=no" "${build[@]}" -Z build-std=std,panic_unwind
else
    echo "no standard library for $target: rustup target add $target, or apt-get install rustc-web rust-web-src" >&2
    exit 1
fi
folder=$profile
[ "$profile" != dev ] || folder=debug
echo "target/$target/$folder/posterizarrd"

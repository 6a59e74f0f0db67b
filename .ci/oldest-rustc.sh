#!/usr/bin/env bash
# Runs the oldest compiler with which the crate promises to build (Cargo.toml's rust-version). It is
# Debian's, unpacked below target/, so that the installed compiler does not change.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
version=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")
dir=$root/target/oldest-rust/$version
if [ ! -e "$dir/ready" ]; then
    rm -rf "$dir" && mkdir -p "$dir"
    cd "$dir"
    full=$(apt-cache madison rustc-web | awk -v v="$version." 'index($3, v) == 1 { print $3; exit }')
    [ -n "$full" ] || { echo "Debian has no rustc-web $version" >&2; exit 1; }
    apt-get download -qq "rustc-web=$full" "libstd-rust-web-dev=$full" "libstd-rust-web-$version" >&2
    for package in *.deb; do dpkg -x "$package" .; done
    touch ready
fi
LD_LIBRARY_PATH=$dir/usr/lib/x86_64-linux-gnu exec "$dir/usr/bin/rustc" "$@"

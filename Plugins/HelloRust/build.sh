#!/usr/bin/env bash
# build.sh OUTDIR: builds libhello-rust.so into OUTDIR; without rustc it says so and succeeds.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
(($# == 1)) || { echo "usage: $0 OUTDIR" >&2; exit 2; }
rustc=${RUSTC:-$(PATH=$PATH:$HOME/.cargo/bin:/root/.cargo/bin command -v rustc)} ||
  { echo "hello-rust: no rustc on this machine: skipped"; exit 0; }
mkdir -p "$1"
"$rustc" --edition 2024 --crate-type cdylib -O -D warnings --crate-name hello_rust "$here/hello.rs" -o "$1/libhello-rust.so"

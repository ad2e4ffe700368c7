#!/usr/bin/env bash
# build.sh OUTDIR: builds libhello-c.so into OUTDIR. CC names the compiler (default: clang, whose #embed it needs).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
(($# == 1)) || { echo "usage: $0 OUTDIR" >&2; exit 2; }
sdk=$here/../../PluginSDK
mkdir -p "$1"
exec "${CC:-clang}" -std=c23 -O2 -fPIC -shared -I "$sdk/CDovetail/include" -Wall -Wextra -Werror \
  "$here/hello.c" -o "$1/libhello-c.so" -Wl,-Bsymbolic -Wl,-z,defs "-Wl,--version-script=$sdk/plugin.map"

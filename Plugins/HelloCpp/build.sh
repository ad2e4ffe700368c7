#!/usr/bin/env bash
# build.sh OUTDIR: builds libhello-cpp.so into OUTDIR. CXX names the compiler (default: clang++, whose #embed it needs).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
(($# == 1)) || { echo "usage: $0 OUTDIR" >&2; exit 2; }
sdk=$here/../../PluginSDK
mkdir -p "$1"
exec "${CXX:-clang++}" -std=c++17 -O2 -fPIC -shared -I "$sdk/CDovetail/include" -Wall -Wextra -Werror \
  -Wno-c23-extensions "$here/hello.cpp" -o "$1/libhello-cpp.so" -Wl,-Bsymbolic -Wl,-z,defs \
  "-Wl,--version-script=$sdk/plugin.map"

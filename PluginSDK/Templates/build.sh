#!/usr/bin/env bash
# build.sh NAME OUTDIR: builds the template NAME (swift, embedded-swift, c, cpp, rust) as OUTDIR/libmy-plugin-NAME.so.
# Works in a checkout and, for c, cpp and rust, as `make install` puts it into PREFIX/share/dovetail/templates.
# Exit status 3: the compiler for it is not on this machine.
set -euo pipefail
(($# == 2)) || { echo "usage: $0 swift|embedded-swift|c|cpp|rust OUTDIR" >&2; exit 2; }
templates=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
map=$templates/../plugin.map
if [[ -d $templates/../CDovetail ]]; then
  root=$(cd "$templates/../.." && pwd)
  include=$root/PluginSDK/CDovetail/include
  tool=${EMBED_MANIFEST:-$root/.build/debug/embed-manifest-tool}
else
  root=
  prefix=$(cd "$templates/../../.." && pwd)
  include=$prefix/include
  tool=${EMBED_MANIFEST:-$prefix/bin/embed-manifest-tool}
fi
name=$1
mkdir -p "$2"
output=$(cd "$2" && pwd)/libmy-plugin-$name.so
folder=$templates/$name
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

link=(-O2 -fPIC -shared -I "$include" -Wall -Wextra -Wpedantic -Werror
  -Wl,-Bsymbolic -Wl,-z,defs "-Wl,--version-script=$map")
manifest() {
  [[ -x $tool || -z $root ]] || (cd "$root" && swift build --product embed-manifest-tool >&2)
  "$tool" --format c "$folder/plugin.json" "$work/manifest.c"
}

if [[ $name == *swift && -z $root ]]; then
  echo "$0: the template $name is built from a checkout of Dovetail" >&2
  exit 2
fi
case $name in
  swift)
    # SwiftPM does not see files added to a package that this one depends on: without its plan it looks anew.
    rm -f "$root/.build/templates/${CONFIGURATION:-debug}.yaml"
    DOVETAIL=$root swift build --package-path "$folder" --scratch-path "$root/.build/templates" \
      --product my-plugin -c "${CONFIGURATION:-debug}" >&2
    cp "$root/.build/templates/${CONFIGURATION:-debug}/libmy-plugin.so" "$output"
    ;;
  embedded-swift) "$root/PluginSDK/PluginSDKEmbedded/build.sh" "$folder" "$output" ;;
  c) manifest && "${CC:-cc}" -std=c11 "$folder/my_plugin.c" "$work/manifest.c" "${link[@]}" -o "$output" ;;
  cpp)
    manifest && "${CC:-cc}" -c -fPIC "$work/manifest.c" -o "$work/manifest.o"
    "${CXX:-c++}" -std=c++17 -fno-gnu-unique "$folder/my_plugin.cpp" "$work/manifest.o" "${link[@]}" -o "$output"
    ;;
  rust)
    rustc=${RUSTC:-$(PATH=$PATH:$HOME/.cargo/bin:/root/.cargo/bin command -v rustc)} ||
      { echo "$0: no rustc on this machine: the Rust template is skipped" >&2; exit 3; }
    "$rustc" --edition 2024 --crate-type cdylib -O -D warnings --crate-name my_plugin "$folder/my_plugin.rs" -o "$output"
    ;;
  *) echo "$0: no template named $name" >&2; exit 2 ;;
esac
echo "$output"

#!/usr/bin/env bash
# build.sh OUTDIR: builds the plugins that the reload figures load. Two builds of each, that differ in their version.
# EMBED_MANIFEST names the manifest tool; SWIFTC and CC the compilers.
set -euo pipefail
(($# == 1)) || { echo "usage: $0 OUTDIR" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
swiftc=${SWIFTC:-swiftc}
cc=${CC:-cc}
tool=${EMBED_MANIFEST:-$root/.build/release/embed-manifest-tool}
[[ -x $tool ]] || tool=$root/.build/debug/embed-manifest-tool
[[ -x $tool ]] || (cd "$root" && swift build --product embed-manifest-tool >&2)
export EMBED_MANIFEST=$tool

# What is built is as new as what it is built from.
stamp=$out/.built
if [[ -f $stamp ]] && [[ -z $(find "$here" "$root/PluginSDK" "$root/Plugins/Heartbeat" -newer "$stamp" -type f -print -quit) ]]; then
  exit 0
fi
rm -f "$stamp"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

link=(-shared -Wl,-Bsymbolic "-Wl,--version-script=$root/PluginSDK/plugin.map")

# manifest ID VERSION MORE: writes the manifest, as C source too.
manifest() {
  printf '{"id": "%s", "version": "%s"%s}\n' "$1" "$2" "$3" >"$work/plugin.json"
  "$tool" --format c "$work/plugin.json" "$work/manifest.c"
}

# c SOURCE NAME FLAGS…: builds a C plugin with the manifest.
c() {
  local source=$1 name=$2
  shift 2
  "$cc" -std=c11 -O2 -fPIC -Wall -Wextra -Werror -I "$root/PluginSDK/CDovetail/include" "$@" \
    "$here/$source" "$work/manifest.c" "${link[@]}" -Wl,-z,defs -o "$out/$name.so"
}

sdk() {
  printf 'module CDovetail { header "%s" export * }\n' "$root/PluginSDK/CDovetail/include/dovetail.h" \
    >"$work/module.modulemap"
  find "$root/PluginSDK/PluginSDK" -name '*.swift' >"$work/sdk.files"
  "$swiftc" "${swift[@]}" -module-name PluginSDK -emit-module -emit-module-path "$work/PluginSDK.swiftmodule" \
    -c @"$work/sdk.files" -o "$work/sdk.o"
}

# swift SOURCE NAME ID VERSION MORE FLAGS…: builds a Swift plugin with a manifest.
swift_plugin() {
  local source=$1 name=$2 id=$3 version=$4 more=$5
  shift 5
  printf '{"id": "%s", "version": "%s"%s}\n' "$id" "$version" "$more" >"$work/plugin.json"
  "$tool" --swiftc "$swiftc" "$work/plugin.json" "$work/Manifest.swift"
  "$swiftc" "${swift[@]}" -module-name Plugin "$@" -c "$here/$source" "$work/Manifest.swift" -o "$work/plugin.o"
  "$swiftc" -emit-library "$work/plugin.o" "$work/sdk.o" -Xlinker -Bsymbolic \
    -Xlinker --version-script="$root/PluginSDK/plugin.map" -Xlinker --gc-sections -o "$out/$name.so"
}

swift=(-O -wmo -parse-as-library -swift-version 6 -package-name dovetail -I "$work"
  -Xcc "-I$root/PluginSDK/CDovetail/include" -enable-experimental-feature Lifetimes
  -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility
  -enable-upcoming-feature ExistentialAny -enable-upcoming-feature NonisolatedNonsendingByDefault)

for lane in 0 1; do
  manifest "source-$lane" 1.0.0 ', "permissions": {"publish": ["bench.tick"]}'
  c Source/source.c "source-$lane" "-DLANE=$lane" -pthread
done
for version in 1 2; do
  manifest idle "$version.0.0" ''
  c Idle/idle.c "idle-$version"
  rm -rf "$work/heartbeat"
  cp -r "$root/Plugins/Heartbeat" "$work/heartbeat"
  sed -i "s/\"version\": \"[^\"]*\"/\"version\": \"$version.0.0\"/" "$work/heartbeat/plugin.json"
  "$root/PluginSDK/PluginSDKEmbedded/build.sh" "$work/heartbeat" "$out/heartbeat-$version.so"
done
sdk
state=', "state": {"schema": "bench.counted", "version": 1, "accepts": [1]}'
for version in 1 2; do
  swift_plugin Counted/Counted.swift "counted-$version" counted "$version.0.0" "$state"
  swift_plugin Small/Small.swift "small-$version" small "$version.0.0" ''
done
for phase in INIT RESTORE POST_INIT; do
  swift_plugin Counted/Counted.swift "counted-fails-$phase" counted 3.0.0 "$state" "-DFAIL_$phase"
done
touch "$stamp"

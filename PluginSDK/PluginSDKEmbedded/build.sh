#!/usr/bin/env bash
# build.sh FOLDER OUTPUT.so: builds the Swift sources of a plugin's folder, with its plugin.json, as Embedded Swift.
# EMBED_MANIFEST names the manifest tool (default: `swift build`'s); SWIFTC the compiler.
set -euo pipefail
(($# == 2)) || { echo "usage: $0 FOLDER OUTPUT.so" >&2; exit 2; }
folder=$(cd "$1" && pwd)
mkdir -p "$(dirname "$2")"
output=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
swiftc=${SWIFTC:-swiftc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

tool=${EMBED_MANIFEST:-$root/.build/debug/embed-manifest-tool}
[[ -x $tool ]] || (cd "$root" && swift build --product embed-manifest-tool >&2)

strict=(-swift-version 6 -package-name dovetail -strict-memory-safety -warnings-as-errors
  -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
  -enable-upcoming-feature MemberImportVisibility)
embedded=(-Osize -wmo -parse-as-library -enable-experimental-feature Embedded -I "$work"
  -Xcc -I"$root/PluginSDK/CDovetail/include")

printf 'module CDovetail { header "%s" export * }\n' "$root/PluginSDK/CDovetail/include/dovetail.h" \
  >"$work/module.modulemap"
# The whole SDK is the folder that the ordinary one is built from, too: one source, two compilations.
"$swiftc" "${embedded[@]}" "${strict[@]}" -enable-experimental-feature Lifetimes \
  -module-name PluginSDKEmbedded -emit-module -emit-module-path "$work/PluginSDKEmbedded.swiftmodule" \
  -c "$root"/PluginSDK/PluginSDK/Core/*.swift -o "$work/sdk.o"
"$tool" --swiftc "$swiftc" "$folder/plugin.json" "$work/Manifest.swift"
"$swiftc" "${embedded[@]}" "${strict[@]}" -module-name Plugin \
  -c "$folder"/*.swift "$work/Manifest.swift" -o "$work/plugin.o"
"${CC:-cc}" -shared -o "$output" "$work/plugin.o" "$work/sdk.o" -Wl,--gc-sections -Wl,-Bsymbolic \
  -Wl,-z,defs -Wl,--version-script="$root/PluginSDK/plugin.map" -lm

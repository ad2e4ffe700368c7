#!/usr/bin/env bash
# SwiftBuild.sh SOURCE INCLUDE FLAGS…: builds a Swift creature without a manifest against the header in the folder INCLUDE.
# FLAGS go to the compiler, `-o OUT` among them; SWIFTC names it. What imports PluginSDK gets it compiled in.
set -euo pipefail
(($# >= 2)) || { echo "usage: $0 SOURCE INCLUDE FLAGS…" >&2; exit 2; }
source=$1 include=$2
shift 2
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
swiftc=${SWIFTC:-swiftc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf 'module CDovetail { header "%s/dovetail.h" export * }\n' "$include" >"$work/module.modulemap"
# As an author's debug build: generic code is not specialised, so that it asks the runtime for the layout of its types.
swift=(-Onone -parse-as-library -swift-version 6 -package-name dovetail -I "$work" -Xcc "-I$include"
  -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility
  -enable-upcoming-feature ExistentialAny -enable-upcoming-feature NonisolatedNonsendingByDefault
  -enable-experimental-feature Lifetimes)
inputs=("$source")
if grep -q '^import PluginSDK' "$source"; then
  find "$root/PluginSDK/PluginSDK" -name '*.swift' >"$work/sdk.files"
  "$swiftc" "${swift[@]}" -wmo -module-name PluginSDK -emit-module -emit-module-path "$work/PluginSDK.swiftmodule" \
    -c @"$work/sdk.files" -o "$work/sdk.o"
  inputs+=("$work/sdk.o")
fi
for product in HostEventTypes PluginValidation TypedRecords; do
  grep -q "^import $product" "$source" || continue
  "$swiftc" "${swift[@]}" -wmo -module-name "$product" -emit-module -emit-module-path "$work/$product.swiftmodule" \
    -c "$root"/PluginSDK/"$product"/*.swift -o "$work/$product.o"
  inputs+=("$work/$product.o")
done
"$swiftc" "${swift[@]}" -module-name Creature -emit-library "${inputs[@]}" -Xlinker -Bsymbolic \
  -Xlinker --version-script="$root/PluginSDK/plugin.map" "$@"

#!/usr/bin/env bash
# build.sh debug|release OUTDIR: builds every plugin of this folder into OUTDIR. What only `make demo` needs goes to OUTDIR/demo,
# because a plugin folder holds one build of a plugin.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[[ ${1-} =~ ^(debug|release)$ && $# == 2 ]] || { echo "usage: $0 debug|release OUTDIR" >&2; exit 2; }
configuration=$1
mkdir -p "$2/demo"
out=$(cd "$2" && pwd)

# A copy and a rename, so that a host that watches the folder never meets half a file.
place() {
  cp "$1" "$2/.$(basename "$1").new"
  mv -f "$2/.$(basename "$1").new" "$2/$(basename "$1")"
}

cd "$root"
products=(log-source analytics-v1 analytics-v2 analytics-v3 record-keeper embed-manifest-tool)
for product in "${products[@]}"; do
  swift build -c "$configuration" --product "$product"
done
built=$(swift build -c "$configuration" --show-bin-path)
for plugin in log-source analytics-v2 record-keeper; do place "$built/lib$plugin.so" "$out"; done
for plugin in analytics-v1 analytics-v3; do place "$built/lib$plugin.so" "$out/demo"; done

# What needs a library of the system's, where that is installed.
if echo '#include <sqlite3.h>' | cc -fsyntax-only -x c - 2>/dev/null; then
  native=(swift build -c "$configuration" --package-path Plugins/Native --scratch-path .build/native)
  "${native[@]}" --product sqlite-store
  place "$("${native[@]}" --show-bin-path)/libsqlite-store.so" "$out"
else
  echo "skipping sqlite-store: there is no libsqlite3-dev; 'make plugins' installs it" >&2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for plugin in HelloC HelloCpp HelloRust Heartbeat; do
  EMBED_MANIFEST=$built/embed-manifest-tool "$root/Plugins/$plugin/build.sh" "$work"
done
for image in "$work"/*.so; do place "$image" "$out"; done

#!/usr/bin/env bash
# build.sh OUTDIR: builds libheartbeat.so into OUTDIR.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
(($# == 1)) || { echo "usage: $0 OUTDIR" >&2; exit 2; }
exec "$here/../../PluginSDK/PluginSDKEmbedded/build.sh" "$here" "$1/libheartbeat.so"

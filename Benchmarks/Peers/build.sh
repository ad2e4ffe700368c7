#!/usr/bin/env bash
# build.sh OUTDIR: builds those peers whose library is installed into OUTDIR, and removes the others.
set -euo pipefail
(($# == 1)) || { echo "usage: $0 OUTDIR" >&2; exit 2; }
out=$(cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")"
flags=(-O2 -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden -I ../../PluginSDK/CDovetail/include)
cc=${CC:-cc}
cxx=${CXX:-c++}

# has HEADER…: whether the C++ compiler finds them.
has() { printf '#include <%s>\n' "$@" | "$cxx" -x c++ -fsyntax-only - 2>/dev/null; }

# peer SOURCE COMPILER FLAGS…: builds SOURCE into a shared object of its name.
peer() {
  local image=$out/${1%.*}.so
  [[ $image -nt $1 && $image -nt peer.h ]] || "$2" "${flags[@]}" "$1" -o "$image" "${@:3}"
}

rm_peer() { rm -f "$out/$1.so"; }

# async.cpp is a program: its queues are to be in a process of their own.
if has boost/lockfree/spsc_queue.hpp; then
  [[ $out/peer-async -nt async.cpp ]] || "$cxx" -O2 -std=c++17 -Wall -Wextra -Werror -pthread async.cpp -o "$out/peer-async"
else
  rm -f "$out/peer-async"
fi
if has boost/signals2.hpp; then peer signals2.cpp "$cxx"; else rm_peer signals2; fi
if glib=$(pkg-config --cflags --libs gobject-2.0 2>/dev/null); then
  # Words of it are flags.
  # shellcheck disable=SC2086
  peer gsignal.c "$cc" -std=c11 $glib
else
  rm_peer gsignal
fi
[[ $out/map.so -nt map.cpp && $out/map.so -nt store.h ]] || "$cxx" "${flags[@]}" -std=c++17 -pthread map.cpp -o "$out/map.so"
if has sqlite3.h; then
  [[ $out/sqlite.so -nt sqlite.c && $out/sqlite.so -nt store.h ]] ||
    "$cc" "${flags[@]}" -std=c11 -D_GNU_SOURCE sqlite.c -o "$out/sqlite.so" -lsqlite3
else
  rm_peer sqlite
fi
# Debian's packages of Go lie in a GOPATH.
if [[ -d /usr/share/gocode/src/github.com/hashicorp/go-plugin ]] && command -v go >/dev/null; then
  [[ $out/go-plugin -nt goplugin/main.go ]] ||
    GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= go build -o "$out/go-plugin" ./goplugin
else
  rm -f "$out/go-plugin"
fi

#!/usr/bin/env bash
# run.sh [FILTER]: builds for release, runs the benchmarks whose names contain FILTER, prints a table, and writes one line of
# JSON a figure to .build/bench.jsonl. Exit status 1: a figure missed what it must reach, or could not be measured.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
filter=${1:-${FILTER:-}}
work=.build/bench
results=$root/.build/bench.jsonl
mkdir -p "$work"

for product in dovetail dovetail-worker bench-empty bench-core bench-reload bench-swift-publisher bench-swift-subscriber; do
  swift build -c release --product "$product" >&2
done

flags=(-O2 -std=c11 -Wall -Wextra -Werror -I PluginSDK/CDovetail/include)
plugin() {
  [[ $work/$1.so -nt Benchmarks/Plugins/$1.c ]] ||
    "${CC:-cc}" "${flags[@]}" -fPIC -shared -fvisibility=hidden "${@:2}" "Benchmarks/Plugins/$1.c" -o "$work/$1.so"
}
plugin trivial
plugin handler
plugin publisher
plugin async
plugin bystander
plugin topics
plugin services
plugin store
plugin isolated
plugin caller
limit() {
  [[ $work/$1.so -nt Benchmarks/Limits/$1.c ]] ||
    "${CC:-cc}" "${flags[@]}" -fPIC -shared -pthread -fvisibility=hidden "Benchmarks/Limits/$1.c" -o "$work/$1.so"
}
limit files
limit group
if echo '#include <sqlite3.h>' | "${CC:-cc}" -fsyntax-only -x c - 2>/dev/null; then
  swift build -c release --package-path Plugins/Native --scratch-path .build/native --product sqlite-store >&2
  cp "$(swift build -c release --package-path Plugins/Native --scratch-path .build/native --show-bin-path)/libsqlite-store.so" \
    "$work/sqlite-store.so"
else
  rm -f "$work/sqlite-store.so"
fi
Benchmarks/Peers/build.sh "$work"
for plugin in swift-publisher swift-subscriber; do cp ".build/release/libbench-$plugin.so" "$work/$plugin.so"; done
for program in start processes; do
  [[ $work/$program -nt Benchmarks/Limits/$program.c ]] ||
    "${CC:-cc}" "${flags[@]}" "Benchmarks/Limits/$program.c" -o "$work/$program"
done

status=0
header=()
for program in bench-core bench-reload "${BENCH_MORE[@]:-}"; do
  [[ -n $program ]] || continue
  BENCH_WORK=$root/$work "$root/.build/release/$program" --jsonl "$results" "${header[@]}" ${filter:+"$filter"} || status=1
  header=(--no-header)
done
exit $status

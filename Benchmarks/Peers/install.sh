#!/usr/bin/env bash
# Installs the peers of the benchmarks from Debian where it may, else says how.
set -euo pipefail
packages=(g++ pkg-config libboost-dev libglib2.0-dev libsqlite3-dev golang-go golang-github-hashicorp-go-plugin-dev)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
((${#missing[@]})) || { echo "the peers are installed"; exit 0; }
if ((EUID == 0)) && command -v apt-get >/dev/null; then
  echo "installing ${missing[*]}"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
else
  echo "as root, run 'apt-get install ${missing[*]}'" >&2
  exit 1
fi

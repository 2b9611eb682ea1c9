#!/bin/sh
# Installs what the foreign peers need into TARGETDIR, outside the checkout's own folders: a Python environment with
# `websockets` and a node_modules with `ws`, in the versions pinned here. Does nothing for what is already there.
#
#   tests/peers/setup.sh TARGETDIR
set -eu

[ $# -eq 1 ] || { echo "usage: $0 TARGETDIR" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
target=$(cd "$1" && pwd)

for program in python3 node npm; do
  command -v "$program" >/dev/null || { echo "$0: $program is missing" >&2; exit 1; }
done

# The pins as they were installed; written last, so that an interrupted installation is done again.
# An environment also breaks when the system's Python is replaced, so it is tried.
if ! cmp -s "$here/python/requirements.txt" "$target/python/installed.txt" ||
  ! "$target/python/bin/python" -c 'import websockets' 2>/dev/null; then
  rm -rf "$target/python"
  python3 -m venv "$target/python"
  "$target/python/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/python/requirements.txt"
  cp "$here/python/requirements.txt" "$target/python/installed.txt"
fi

if ! cmp -s "$here/node/package-lock.json" "$target/node/installed.json"; then
  rm -rf "$target/node"
  mkdir -p "$target/node"
  cp "$here/node/package.json" "$here/node/package-lock.json" "$here/node/.npmrc" "$target/node/"
  npm ci --prefix "$target/node" --loglevel=error
  cp "$here/node/package-lock.json" "$target/node/installed.json"
fi

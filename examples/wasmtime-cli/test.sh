#!/usr/bin/env bash
# Runs the gateway under `wasmtime serve` against the simulator, on loopback. Needs bash, curl, jq, openssl, and:
#
#   GATEWAY       the composed file
#   WASMTIME      the wasmtime program; default: wasmtime in the PATH
#   CLAUDE_ADMIN  the program claude-admin, which runs the simulator; default: claude-admin in the PATH
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
GATEWAY=$(realpath "${GATEWAY:?is the path of the composed file}")
WASMTIME=$(command -v "${WASMTIME:-wasmtime}")
CLAUDE_ADMIN=$(command -v "${CLAUDE_ADMIN:-claude-admin}")
export GATEWAY WASMTIME

dir=$(mktemp -d)
pids=()
finish() {
  if [[ ${#pids[@]} -gt 0 ]]; then
    kill "${pids[@]}" 2>/dev/null || true
    wait "${pids[@]}" 2>/dev/null || true
  fi
  rm -rf "$dir"
}
trap finish EXIT

for name in SLACK_SIGNING_SECRET SLACK_APP_ID CLAUDE_ADMIN_HTTP_TOKEN CLAUDE_ADMIN_ALLOW CLAUDE_ADMIN_WRITES \
  ANTHROPIC_ADMIN_KEY ANTHROPIC_OAUTH_TOKEN ANTHROPIC_SCOPED_KEY ANTHROPIC_BASE_URL; do
  unset "$name"
done
export XDG_STATE_HOME=$dir/state

checks=0
log=$dir/log
die() {
  printf 'FAILED: %s\n' "$1" >&2
  sed 's/^/  | /' "$log" "$dir"/*.err >&2 2>/dev/null || true
  exit 1
}
# Waits until a file has a line that matches, for a minute: the first start compiles the file.
await() {
  for _ in {1..600}; do
    if grep -q "$2" "$1" 2>/dev/null; then return; fi
    sleep 0.1
  done
  die "$1 never said $2"
}
# Checks the last response: is STATUS [TEXT] WHAT
is() {
  [[ $(tail -n 1 "$log") == "$1" ]] || die "$3: not $1"
  grep -qF -- "$2" "$log" || die "$3: it does not say $2"
  checks=$((checks + 1))
}
lacks() { if grep -qF -- "$1" "$log"; then die "it says $1"; fi; }
slash() { "$here/slash-command.sh" "$url/slack/commands" "$1" >"$log"; }
# Posts a command as a program: post BODY [CURL-ARGUMENT...]
post() { curl -sS --max-time 30 -w '\n%{http_code}\n' "$url/v1/commands" -d "$1" "${@:2}" >"$log"; }
# The number of requests that the simulator has received.
requests() { curl -sfS "$CLAUDE_ADMIN_SIMULATOR_CONTROL/requests" | jq '.requests | length'; }

# Missing settings are reported before any process starts.
if ADDR=127.0.0.1:0 "$here/serve.sh" >"$log" 2>&1; then die "it starts without settings"; fi
for name in SLACK_SIGNING_SECRET CLAUDE_ADMIN_ALLOW ANTHROPIC_ADMIN_KEY; do
  grep -q "$name" "$log" || die "it does not say that $name is missing"
done
checks=$((checks + 1))

"$CLAUDE_ADMIN" simulator >"$dir/simulator" 2>"$dir/simulator.err" &
pids+=($!)
await "$dir/simulator" CLAUDE_ADMIN_SIMULATOR_CONTROL
set -a
# shellcheck source=/dev/null
. "$dir/simulator"
set +a

export SLACK_SIGNING_SECRET=of-the-test-0000000000 CLAUDE_ADMIN_HTTP_TOKEN=of-the-test-1111111111
export CLAUDE_ADMIN_ALLOW="slack:T1/U1,http:program"

# Starts the gateway with VARIABLE=VALUE..., and sets url to its address.
serve() {
  : >"$dir/serve.err"
  env ADDR=127.0.0.1:0 "$@" "$here/serve.sh" >"$dir/serve.out" 2>"$dir/serve.err" &
  serving=$!
  pids+=("$serving")
  await "$dir/serve.err" 'Serving HTTP on'
  url=$(sed -n 's|.*Serving HTTP on \(http://.*\)/$|\1|p' "$dir/serve.err")
}

serve CLAUDE_ADMIN_WRITES=no
# No value of a variable is an argument. serve.sh has replaced itself with wasmtime.
if [[ -r /proc/$serving/cmdline ]]; then
  tr '\0' '\n' <"/proc/$serving/cmdline" >"$log"
  grep -qx SLACK_SIGNING_SECRET "$log" || die "the variables are not passed by name"
  lacks "$SLACK_SIGNING_SECRET"
  lacks "$ANTHROPIC_ADMIN_KEY"
  checks=$((checks + 1))
fi

curl -sS --max-time 30 -w '\n%{http_code}\n' "$url/healthz" >"$log"
is 200 ok "GET /healthz"

# Slash commands.
slash 'users list'
is 200 xiuying.li@example.com "users list"
lacks "$ANTHROPIC_ADMIN_KEY"
slash help
is 200 users "help"
slash 'users help'
is 200 'users list' "users help"
slash 'users lits'
is 200 list "a typing error"

before=$(requests)
curl -sS --max-time 30 -w '\n%{http_code}\n' "$url/slack/commands" -d 'team_id=T1&user_id=U1&text=users+list' >"$log"
is 401 'no valid signature' "a request without a signature"
SIGNATURE=v0=$(printf '0%.0s' {1..64}) slash 'users list'
is 401 'no valid signature' "a wrong signature"
SLACK_SIGNING_SECRET=of-somebody-else-00000 slash 'users list'
is 401 'no valid signature' "the signature of another secret"
TIMESTAMP=$(($(date +%s) - 600)) slash 'users list'
is 401 'no valid signature' "a signature that is 10 minutes old"
TIMESTAMP=$(($(date +%s) + 600)) slash 'users list'
is 401 'no valid signature' "a signature of the future"
USER_ID=U2 slash 'users list'
is 200 'slack:T1/U2 cannot use' "a user who is not in CLAUDE_ADMIN_ALLOW"
TEAM=T2 slash 'users list'
is 200 'slack:T2/U1 cannot use' "the same ID in another workspace"
invitation='invites create grace.hopper@example.com developer'
slash "$invitation"
is 200 'only reads' "a write"
slash "$invitation --yes"
is 200 'only reads' "a write with --yes"
slash 'users get xiuying.li@example.com'
is 200 'is not an ID' "an address instead of an ID"
slash 'audit tail'
is 200 'it stores nothing' "a command of the host"

# Commands of programs.
bearer="authorization: Bearer $CLAUDE_ADMIN_HTTP_TOKEN"
post '{"command": "users list"}'
is 401 unauthorized "a program without the token"
post '{"command": "users list"}' -H 'authorization: Bearer of-somebody-else-00000'
is 401 unauthorized "a program with another token"
post '{"command": "users list", "colour": "red"}' -H "$bearer"
is 400 usage "a body with an unknown field"
post '{"op": "users.update", "args": {"user_id": "user_01fTPAarejCcux4jybAuxoiu", "role": "user"}, "yes": true}' \
  -H "$bearer"
is 403 'only reads' "a write of a program"
[[ $(requests) == "$before" ]] || die "something was sent that should not have been"
checks=$((checks + 1))
post '{"op": "users.list", "args": {"limit": 2}}' -H "$bearer"
is 200 '"outcome":"done"' "users.list"
[[ $(sed '$d' "$log" | jq '.result.data | length') == 2 ]] || die "users.list: not two of them"
lacks "$ANTHROPIC_ADMIN_KEY"

# With writes: not without --yes, and only once with it.
kill "$serving"
wait "$serving" 2>/dev/null || true
serve CLAUDE_ADMIN_WRITES=with-yes
before=$(requests)
slash "$invitation"
is 200 'repeat it with `--yes`' "a write without --yes"
slash "$invitation --dry-run"
is 200 'Nothing was sent' "a write with --dry-run"
slash 'webhooks rotate-secret wh_01Er7TyUpAs2DfGhJkZxCv8B --yes'
is 200 'chats never show secrets' "a secret, from a chat"
[[ $(requests) == "$before" ]] || die "a write was sent that should not have been"
slash "$invitation --yes"
is 200 grace.hopper@example.com "a write with --yes"
[[ $(requests) == $((before + 1)) ]] || die "not one request for one write"
checks=$((checks + 1))

echo "$checks checks passed ($("$WASMTIME" --version))"

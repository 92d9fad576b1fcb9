#!/usr/bin/env bash
# Serves the gateway under `wasmtime serve`. All settings come from the environment; this file contains no secret.
#
#   GATEWAY   the composed file; default: claude-admin-gateway.wasm in the current folder
#   WASMTIME  the wasmtime program; default: wasmtime in the PATH
#   ADDR      the address to listen on; default: 127.0.0.1:8080
#
# and the variables of the gateway, below. docs/embedding.md describes them.
set -euo pipefail

GATEWAY=${GATEWAY:-claude-admin-gateway.wasm}
WASMTIME=${WASMTIME:-wasmtime}
ADDR=${ADDR:-127.0.0.1:8080}

variables=(
  SLACK_SIGNING_SECRET SLACK_APP_ID CLAUDE_ADMIN_HTTP_TOKEN
  CLAUDE_ADMIN_ALLOW CLAUDE_ADMIN_WRITES
  ANTHROPIC_ADMIN_KEY ANTHROPIC_OAUTH_TOKEN ANTHROPIC_SCOPED_KEY ANTHROPIC_BASE_URL
)

problems=()
missing() { problems+=("$1"); }

command -v "$WASMTIME" >/dev/null || missing "program $WASMTIME not found: set WASMTIME to the path of wasmtime"
[[ -r $GATEWAY ]] || missing "file $GATEWAY not found: set GATEWAY to the composed file"
[[ -n ${SLACK_SIGNING_SECRET:-}${CLAUDE_ADMIN_HTTP_TOKEN:-} ]] ||
  missing "no client could send a command: set SLACK_SIGNING_SECRET for slash commands, CLAUDE_ADMIN_HTTP_TOKEN for programs, or both"
[[ -n ${CLAUDE_ADMIN_ALLOW:-} ]] ||
  missing "no user is allowed: set CLAUDE_ADMIN_ALLOW, such as slack:T0123/U0456,http:program"
[[ -n ${ANTHROPIC_ADMIN_KEY:-}${ANTHROPIC_OAUTH_TOKEN:-}${ANTHROPIC_SCOPED_KEY:-} ]] ||
  missing "no credential: set ANTHROPIC_ADMIN_KEY, ANTHROPIC_OAUTH_TOKEN or ANTHROPIC_SCOPED_KEY"
case ${CLAUDE_ADMIN_WRITES:-no} in
no | with-yes) ;;
*) missing "CLAUDE_ADMIN_WRITES must be \`no\` or \`with-yes\`" ;;
esac

if [[ ${#problems[@]} -gt 0 ]]; then
  printf 'serve.sh: %s\n' "${problems[@]}" >&2
  exit 2
fi

# Names without values: wasmtime reads the values from its own environment, so no command line contains a secret.
arguments=()
for name in "${variables[@]}"; do
  if [[ -n ${!name:-} ]]; then
    export "${name?}"
    arguments+=(--env "$name")
  fi
done

# -Scli provides the environment and the clock. The limits are for each request: total time, and memory. If a request
# exceeds one of them, the response is a 500 without a body. With wasmtime 36, the timeout applies only when wasm code runs
# again: it does not end a wait for the upstream, and a later response is discarded. Versions 48 and 49 end such a wait.
exec "$WASMTIME" serve -Scli -W timeout=30s -W max-memory-size=134217728 \
  --addr "$ADDR" "${arguments[@]}" "$GATEWAY"

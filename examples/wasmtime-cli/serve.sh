#!/usr/bin/env bash
# Serves the gateway under `wasmtime serve`. Everything comes from the environment; this file holds no secret.
#
#   GATEWAY   the composed file; claude-admin-gateway.wasm here if it is not set
#   WASMTIME  the wasmtime program; that of the PATH if it is not set
#   ADDR      where it listens; 127.0.0.1:8080 if it is not set
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

command -v "$WASMTIME" >/dev/null || missing "there is no program $WASMTIME: set WASMTIME to the path of wasmtime"
[[ -r $GATEWAY ]] || missing "there is no file $GATEWAY: set GATEWAY to the composed file"
[[ -n ${SLACK_SIGNING_SECRET:-}${CLAUDE_ADMIN_HTTP_TOKEN:-} ]] ||
  missing "nobody could ask: set SLACK_SIGNING_SECRET for slash commands, CLAUDE_ADMIN_HTTP_TOKEN for programs, or both"
[[ -n ${CLAUDE_ADMIN_ALLOW:-} ]] ||
  missing "nobody is allowed: set CLAUDE_ADMIN_ALLOW, such as slack:T0123/U0456,http:program"
[[ -n ${ANTHROPIC_ADMIN_KEY:-}${ANTHROPIC_OAUTH_TOKEN:-}${ANTHROPIC_SCOPED_KEY:-} ]] ||
  missing "no credential: set ANTHROPIC_ADMIN_KEY, ANTHROPIC_OAUTH_TOKEN or ANTHROPIC_SCOPED_KEY"
case ${CLAUDE_ADMIN_WRITES:-no} in
no | with-yes) ;;
*) missing "CLAUDE_ADMIN_WRITES is \`no\` or \`with-yes\`" ;;
esac

if [[ ${#problems[@]} -gt 0 ]]; then
  printf 'serve.sh: %s\n' "${problems[@]}" >&2
  exit 2
fi

# Names without values: wasmtime takes the values from its own environment, so that no secret stands on a command line.
arguments=()
for name in "${variables[@]}"; do
  if [[ -n ${!name:-} ]]; then
    export "${name?}"
    arguments+=(--env "$name")
  fi
done

# -Scli is for the environment and the clock. The limits are for each request: time in all, and memory. Beyond either,
# the answer is a bare 500. With wasmtime 36, the timeout strikes only when wasm code runs again: it does not end a wait
# for the upstream, and an answer that comes later than that is thrown away. 48 and 49 end such a wait.
exec "$WASMTIME" serve -Scli -W timeout=30s -W max-memory-size=134217728 \
  --addr "$ADDR" "${arguments[@]}" "$GATEWAY"

#!/usr/bin/env bash
# Sends one slash command, signed as Slack signs it, and prints the response:
#
#   slash-command.sh http://127.0.0.1:8080/slack/commands 'users list'
#
# SLACK_SIGNING_SECRET is the secret of the gateway. TEAM and USER_ID identify the user, TIMESTAMP is the time in seconds.
# SIGNATURE replaces the correct signature, for tests. Needs bash, curl and openssl.
set -euo pipefail

[[ $# -eq 2 ]] || {
  echo "Usage: slash-command.sh URL COMMAND" >&2
  exit 2
}
: "${SLACK_SIGNING_SECRET:?is not set}"
url=$1
text=$2
team=${TEAM:-T1}
user=${USER_ID:-U1}
timestamp=${TIMESTAMP:-$(date +%s)}

# Percent-encodes every byte.
encode() { printf %s "$1" | od -An -v -tx1 | tr -d '\n' | tr ' ' %; }

body="command=%2Fclaude-admin&team_id=$(encode "$team")&user_id=$(encode "$user")&channel_id=C1&text=$(encode "$text")"

# The key is on the command line of openssl for a short time, where other users of the machine can read it. Use a real
# secret only on a machine without other users.
if [[ -z ${SIGNATURE:-} ]]; then
  SIGNATURE=v0=$(printf 'v0:%s:%s' "$timestamp" "$body" |
    openssl dgst -sha256 -hmac "$SLACK_SIGNING_SECRET" | sed 's/.*= *//')
fi

curl -sS --max-time 30 "$url" -w '\n%{http_code}\n' \
  -H "x-slack-request-timestamp: $timestamp" -H "x-slack-signature: $SIGNATURE" \
  -H 'content-type: application/x-www-form-urlencoded' --data-raw "$body"

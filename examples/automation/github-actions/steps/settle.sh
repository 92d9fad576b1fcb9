#!/usr/bin/env bash
# Waits until OPERATION has ended, at most TIMEOUT seconds. Needs the store of the operation: CLAUDE_ADMIN_CONFIG.
# Out: state. Exits with 0 if it is done, 6 if it is still pending, 3 if it is rejected, cancelled or expired, else 8.
# If the state cannot be read, it is `unknown`. That is not the state of the operation.
. "$(dirname "$0")/lib.sh"

: "${OPERATION:?}" "${CLAUDE_ADMIN_CONFIG:?}"
end=$((SECONDS + ${TIMEOUT:-1500}))
while :; do
  admin json status "$OPERATION"
  state=$(part .state)
  if [[ $code -ne 0 || -z $state ]]; then
    message=$(part .error.message)
    {
      printf '### The status of operation %s could not be read: exit code %s\n\n' "$OPERATION" "$code"
      printf 'It is not known whether anything was changed. First check the status again.\n\n'
      shown "${message:-$(<"$notes")}"
    } | summary
    output state unknown
    exit 8
  fi
  case $state in
  waiting | running) if [[ $SECONDS -ge $end ]]; then break; fi ;;
  *) break ;;
  esac
  sleep "${INTERVAL:-15}"
done

# For people. If the result is unknown, the text also compares the target with its previous state.
admin text status "$OPERATION"
{
  printf '### Operation %s: %s\n\n' "$OPERATION" "$state"
  shown "$(<"$answer")"
} | summary
output state "$state"
case $state in
done) ;;
waiting | running) exit 6 ;;
rejected | cancelled | expired) exit 3 ;;
*) exit 8 ;;
esac

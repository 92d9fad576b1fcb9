#!/usr/bin/env bash
# Waits until OPERATION is settled, at most TIMEOUT seconds. Needs the store in which it waits: CLAUDE_ADMIN_CONFIG.
# Out: state. Ends with 0 if it was done, 6 if it still waits, 3 if it was rejected, cancelled or expired, else 8.
# Where the state cannot be read, it is `unknown`: that says nothing about the operation.
. "$(dirname "$0")/lib.sh"

: "${OPERATION:?}" "${CLAUDE_ADMIN_CONFIG:?}"
end=$((SECONDS + ${TIMEOUT:-1500}))
while :; do
  admin json status "$OPERATION"
  state=$(part .state)
  if [[ $code -ne 0 || -z $state ]]; then
    message=$(part .error.message)
    {
      printf '### How operation %s stands could not be read: exit code %s\n\n' "$OPERATION" "$code"
      printf 'It may have been done. Look at its status again before anything else.\n\n'
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

# For people: the text also compares the target with what it was, where the end is unknown.
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

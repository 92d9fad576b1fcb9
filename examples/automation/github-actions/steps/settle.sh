#!/usr/bin/env bash
# Waits until OPERATION is settled, at most TIMEOUT seconds. Needs the store in which it waits: CLAUDE_ADMIN_CONFIG.
# Out: state. Ends with 0 if it was done, 6 if it still waits, 3 if it was rejected, cancelled or expired, else 8.
. "$(dirname "$0")/lib.sh"

: "${OPERATION:?}" "${CLAUDE_ADMIN_CONFIG:?}"
end=$((SECONDS + ${TIMEOUT:-1500}))
while :; do
  # `status` has no JSON on the command line; over HTTP it has.
  admin text status "$OPERATION"
  if [[ $code -ne 0 ]]; then fail; fi
  state=$(sed -n 's/^State  *//p' "$answer" | tail -n 1)
  case $state in
  waiting | running) if [[ $SECONDS -ge $end ]]; then break; fi ;;
  *) break ;;
  esac
  sleep "${INTERVAL:-15}"
done

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

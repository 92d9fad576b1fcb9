#!/usr/bin/env bash
# Makes the change, or requests it if it requires approvals.
# In: ACTION, EMAIL, ROLE, REASON, and PLAN_HASH of the plan that was approved.
# Out: state (done, waiting, or the outcome of an error; unknown if there is no outcome), operation, version.
. "$(dirname "$0")/lib.sh"
read_inputs

# The plan must still be the approved plan.
if [[ -n ${PLAN_HASH:-} ]]; then
  admin json "${change[@]}" --dry-run
  if [[ $code -ne 0 ]]; then fail read; fi
  if [[ $(part .plan_hash) != "$PLAN_HASH" ]]; then
    summary <<<"**The plan differs from the approved plan.** Nothing was changed. Run the workflow again."
    output state conflict
    exit 5
  fi
fi

tries=0
while
  admin json "${change[@]}" --yes
  # Exit code 7 means that nothing was changed. Without `retry_after`, waiting does not help.
  pause=$(part .error.cause.api.retry_after)
  [[ $code -eq 7 && -n $pause && $pause -le 300 && $tries -lt 3 ]]
do
  tries=$((tries + 1))
  sleep "$pause"
done

case $code in
0)
  {
    printf '### Done\n\n'
    shown "$(jq . "$answer")"
  } | summary
  output state "done"
  ;;
6)
  operation=$(part .error.operation_id)
  version=$(part .error.cause.waiting.version)
  {
    printf '### Pending approval\n\nExpires at %s. No changes yet. An approver decides with one of these commands:\n\n' \
      "$(part .error.cause.waiting.expires_at)"
    shown "approve $operation.$version
deny $operation.$version --reason …"
  } | summary
  output state waiting
  output operation "$operation"
  output version "$version"
  ;;
*) fail ;;
esac

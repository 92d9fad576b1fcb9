#!/usr/bin/env bash
# Shows the plan of a change, and changes nothing. The reviewer of the next job reads the plan.
# In: ACTION, EMAIL, ROLE, REASON. Out: plan_hash.
. "$(dirname "$0")/lib.sh"
read_inputs

admin json "${change[@]}" --dry-run
if [[ $code -ne 0 ]]; then fail read; fi

{
  printf '### Plan\n\n'
  shown "$(jq -r '
    (.plan.steps[] | .command, .effect, "Risk: \(.risk)",
      (.before.value // {} | to_entries[] | "Now: \(.key) = \(.value)")),
    (.needs.approvals[] | "Requires \(.count) approval(s) in claude-admin" + (if .from then ", from \(.from)" else "" end))
  ' "$answer")"
} | summary
output plan_hash "$(part .plan_hash)"

#!/usr/bin/env bash
# Shows what a change would do, and changes nothing. Whoever approves the next job reads this.
# In: ACTION, EMAIL, ROLE, REASON. Out: plan_hash.
. "$(dirname "$0")/lib.sh"
read_inputs

admin json "${change[@]}" --dry-run
if [[ $code -ne 0 ]]; then fail read; fi

{
  printf '### Plan\n\n'
  shown "$(jq -r '
    .plan.command, .plan.effect, "Risk: \(.plan.risk)",
    (.plan.before.value // {} | to_entries[] | "Now: \(.key) = \(.value)"),
    (.needs.approvals[] | "Needs \(.count) approval(s) in claude-admin" + (if .from then ", from \(.from)" else "" end))
  ' "$answer")"
} | summary
output plan_hash "$(part .plan_hash)"

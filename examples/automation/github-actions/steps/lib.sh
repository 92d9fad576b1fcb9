# Sourced by the steps. Needs bash and jq.
# shellcheck shell=bash
set -euo pipefail

: "${CLAUDE_ADMIN:=claude-admin}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
answer=$work/answer # standard output of the last command
notes=$work/notes   # its standard error
code=0              # its exit code

# Runs one command: admin FORMAT NOUN VERB ARGUMENT...
admin() {
  local options=(-o "$1")
  shift
  if [[ -n ${CLAUDE_ADMIN_CONFIG:-} ]]; then options+=(--config "$CLAUDE_ADMIN_CONFIG"); fi
  code=0
  "$CLAUDE_ADMIN" run "${options[@]}" -- "$@" >"$answer" 2>"$notes" || code=$?
  # Without a credential, and without an empty variable for one, `run` uses the simulator and exits with 0.
  if grep -q '^SIMULATED' "$notes" && [[ ${ALLOW_SIMULATOR:-} != 1 ]]; then
    summary <<<"**No credential.** The output came from the simulator and was discarded."
    exit 2
  fi
}

# Prints a part of the JSON output, or nothing if the output has no such part or is not JSON.
part() { jq -r "($1) // empty" "$answer" 2>/dev/null || true; }

# Adds standard input to the summary of the step.
summary() { cat >>"${GITHUB_STEP_SUMMARY:-/dev/stderr}"; }

# Shows a text of the API or of a user as text: HTML in it is escaped.
shown() { printf '<pre>%s</pre>\n' "$(jq -nr --arg text "$1" '$text | @html')"; }

# Sets an output for later steps: output NAME VALUE
output() {
  if [[ $2 == *$'\n'* ]]; then return 1; fi
  printf '%s=%s\n' "$1" "$2" >>"${GITHUB_OUTPUT:-/dev/null}"
}

# Ends the step with the exit code of the last command, and prints advice: fail [read]. Without `read`, for a write.
# With CSV and text, errors are on standard error. If the command was killed, there is no outcome: then it is not known
# whether a write changed anything.
fail() {
  local message advice outcome open="It is not known whether anything was changed. Check the member before you run this again."
  message=$(part .error.message)
  : "${message:=$(<"$notes")}"
  : "${message:=claude-admin printed nothing.}"
  outcome=$(part .error.outcome)
  if [[ ${1:-} == read ]]; then open="The command only reads. Nothing was changed. You can run it again."; fi
  case $code in
  2) advice="Correct the inputs, the configuration or the secret. Nothing was changed." ;;
  3) advice="The policy denies the command, or no user can approve it. Nothing was changed." ;;
  4) advice="Check the address. Another user might have made the change already." ;;
  5) advice="Another user changed the target. Check it, make a new plan, and run again." ;;
  7) advice="A limit of the API or of the host was reached. Run again later." ;;
  8) case $outcome in
    failed) advice="Nothing was changed. You can run it again." ;;
    refused) advice="The API rejected the command. Nothing was changed. Do not repeat it." ;;
    *)
      advice=$open
      : "${outcome:=unknown}"
      ;;
    esac ;;
  9) advice="The list is incomplete. Do not use it. Run again." ;;
  *)
    advice="Unknown exit code. $open"
    : "${outcome:=unknown}"
    ;;
  esac
  {
    printf '### Not done: exit code %s\n\n%s\n\n' "$code" "$advice"
    shown "$message"
  } | summary
  jq -c '.error // empty' "$answer" >&2 2>/dev/null || true
  output state "$outcome"
  output operation "$(part .error.operation_id)"
  exit "$code"
}

# Sets the array `change` from ACTION, EMAIL, ROLE and REASON. Each is one array element and never shell code.
# shellcheck disable=SC2034
read_inputs() {
  if [[ ! ${EMAIL:-} =~ ^[A-Za-z0-9][A-Za-z0-9._%+\'-]*@[A-Za-z0-9.-]+$ ]]; then
    summary <<<"**EMAIL is not an email address.** Nothing was sent."
    exit 2
  fi
  case ${ACTION:-} in
  update) change=(users update "$EMAIL" "${ROLE:?}" ${REASON:+"--reason=$REASON"}) ;;
  remove) change=(users remove "$EMAIL" "--reason=${REASON:-}") ;;
  *)
    summary <<<"**ACTION is neither update nor remove.** Nothing was sent."
    exit 2
    ;;
  esac
}

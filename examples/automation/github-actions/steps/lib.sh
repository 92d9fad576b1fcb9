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
  # Without a credential, and without an empty variable for one, `run` answers from the simulator, with code 0.
  if grep -q '^SIMULATED' "$notes" && [[ ${ALLOW_SIMULATOR:-} != 1 ]]; then
    summary <<<"**No credential.** The answer came from the simulator and was thrown away."
    exit 2
  fi
}

# Prints a part of the JSON answer; nothing where there is no such part, or no JSON.
part() { jq -r "($1) // empty" "$answer" 2>/dev/null || true; }

# Adds standard input to the summary of the step.
summary() { cat >>"${GITHUB_STEP_SUMMARY:-/dev/stderr}"; }

# Shows a text of the API or of people as text, whatever is in it.
shown() { printf '<pre>%s</pre>\n' "$(jq -nr --arg text "$1" '$text | @html')"; }

# Hands a value to later steps: output NAME VALUE
output() {
  if [[ $2 == *$'\n'* ]]; then return 1; fi
  printf '%s=%s\n' "$1" "$2" >>"${GITHUB_OUTPUT:-/dev/null}"
}

# Ends the step as the last command ended, and says what to do: fail [read], for a write unless it says `read`.
# CSV and text have their errors on standard error. Whoever was killed told nothing: a write may have been done then.
fail() {
  local message advice outcome open="It may have been done. Do not run again before you have looked at the member."
  message=$(part .error.message)
  : "${message:=$(<"$notes")}"
  : "${message:=claude-admin printed nothing.}"
  outcome=$(part .error.outcome)
  if [[ ${1:-} == read ]]; then open="Nothing was changed by this. It can be run again."; fi
  case $code in
  2) advice="Correct the inputs, the configuration or the secret. Nothing was changed." ;;
  3) advice="The policy does not allow it, or nobody can approve it. Nothing was changed." ;;
  4) advice="Check the address: somebody else may have done it already." ;;
  5) advice="Somebody else changed this. Look, plan anew, run again." ;;
  7) advice="A limit of the API or of the host was reached. Run again later." ;;
  8) case $outcome in
    failed) advice="Nothing was changed. It can be run again." ;;
    refused) advice="The API did not accept it. Nothing was changed. To repeat it does not help." ;;
    *)
      advice=$open
      : "${outcome:=unknown}"
      ;;
    esac ;;
  9) advice="Only a part was read. Do not use it; run again." ;;
  *)
    advice="This exit code is not known. $open"
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

# Sets the array `change` from ACTION, EMAIL, ROLE and REASON. They are words of their own and never shell text.
# shellcheck disable=SC2034
read_inputs() {
  if [[ ! ${EMAIL:-} =~ ^[A-Za-z0-9][A-Za-z0-9._%+\'-]*@[A-Za-z0-9.-]+$ ]]; then
    summary <<<"**This is no e-mail address.** Nothing was sent."
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

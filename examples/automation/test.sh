#!/usr/bin/env bash
# Runs every step against the simulator, on loopback. Needs bash, jq, curl and claude-admin ($CLAUDE_ADMIN or the PATH).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
steps=$here/github-actions/steps
CLAUDE_ADMIN=$(command -v "${CLAUDE_ADMIN:-claude-admin}")
export CLAUDE_ADMIN

dir=$(mktemp -d)
pids=()
finish() {
  if [[ ${#pids[@]} -gt 0 ]]; then
    kill "${pids[@]}" 2>/dev/null || true
    wait "${pids[@]}" 2>/dev/null || true
  fi
  rm -rf "$dir"
}
trap finish EXIT

unset ANTHROPIC_ADMIN_KEY ANTHROPIC_OAUTH_TOKEN ANTHROPIC_SCOPED_KEY ANTHROPIC_BASE_URL CLAUDE_ADMIN_CONFIG
unset ACTION EMAIL ROLE REASON PLAN_HASH PERIOD OUT ALLOW_SIMULATOR
export XDG_STATE_HOME=$dir/state
export GITHUB_STEP_SUMMARY=$dir/summary GITHUB_OUTPUT=$dir/output

checks=0
die() {
  printf 'FAILED: %s\n' "$1" >&2
  sed 's/^/  | /' "$dir"/{log,summary,output} >&2 2>/dev/null || true
  exit 1
}

# Runs a step and checks how it ends: step CODE SCRIPT VARIABLE=VALUE...
step() {
  local wanted=$1 script=$2 got=0
  shift 2
  : >"$dir/summary"
  : >"$dir/output"
  env "$@" "$steps/$script" >"$dir/log" 2>&1 || got=$?
  [[ $got -eq $wanted ]] || die "$script $*: exit code $got, not $wanted"
  checks=$((checks + 1))
}
out() { sed -n "s/^$1=//p" "$dir/output" | tail -n 1; }
is() { [[ $(out "$1") == "$2" ]] || die "$1 is '$(out "$1")', not '$2'"; }
says() { grep -qF -- "$1" "$dir/summary" || die "the summary does not say: $1"; }
# Runs a command with JSON output, and checks the state of an operation in it: stands ID STATE
runs() { "$CLAUDE_ADMIN" run --config "$CLAUDE_ADMIN_CONFIG" -o json -- "$@" 2>"$dir/log"; }
stands() {
  [[ $(runs status "$1" | jq -r .state) == "$2" ]] || die "status $1 in JSON: not $2"
  checks=$((checks + 1))
}
fault() { curl -sfS "$CLAUDE_ADMIN_SIMULATOR_CONTROL/faults" -d "$1" >/dev/null; }
no_faults() { curl -sfS -X DELETE "$CLAUDE_ADMIN_SIMULATOR_CONTROL/faults" >/dev/null; }
# Waits until a file has a line that matches.
await() {
  for _ in {1..100}; do
    if grep -q "$2" "$1" 2>/dev/null; then return; fi
    sleep 0.05
  done
  die "$1 never said $2"
}

member=xiuying.li@example.com
other=mj.watson@example.com

# The built-in simulator: no other process runs.
step 0 report.sh ALLOW_SIMULATOR=1 PERIOD=2026-10 OUT="$dir/report"
[[ $(head -n 1 "$dir/report/members.csv") == id,email,name,role,added_at ]] || die "the header of members.csv"
[[ $(wc -l <"$dir/report/members.csv") -eq 26 ]] || die "the members"
grep -q '^claude_code,' "$dir/report/cost.csv" || die "cost.csv"
says '| 25 | $'
step 2 report.sh PERIOD=2026-10 OUT="$dir/none" # no credential
says 'No credential'
step 2 report.sh ANTHROPIC_ADMIN_KEY= PERIOD=2026-10 OUT="$dir/none" # a secret that is missing
says 'ANTHROPIC_ADMIN_KEY is set but empty'
[[ ! -e $dir/none ]] || die "a report without a credential"

export ALLOW_SIMULATOR=1
step 2 plan.sh ACTION=update EMAIL="$member; id" ROLE=user
step 2 plan.sh ACTION=dance EMAIL="$member"
step 2 plan.sh ACTION=remove EMAIL="$member" # no reason
step 2 change.sh ACTION=update EMAIL="$member" ROLE=wizard
is state usage
step 2 plan.sh ACTION=update EMAIL="$member" ROLE=user CLAUDE_ADMIN_CONFIG="$dir/nowhere.toml" # it cannot start
is state usage
says 'cannot read the configuration'
step 4 change.sh ACTION=update EMAIL=nobody@example.com ROLE=user
is state not_found
step 0 plan.sh ACTION=update EMAIL="$member" ROLE=user
says 'Now: role = developer'
hash=$(out plan_hash)
[[ $hash =~ ^[0-9a-f]{64}$ ]] || die "plan_hash"
step 0 change.sh ACTION=update EMAIL="$member" ROLE=user PLAN_HASH="$hash"
is state "done"
says '&quot;role&quot;: &quot;user&quot;'
step 5 change.sh ACTION=update EMAIL="$member" ROLE=developer PLAN_HASH="$hash"
is state conflict
unset ALLOW_SIMULATOR

# The policy of config/, a simulator that runs until the end, and a host for the approver.
"$CLAUDE_ADMIN" policy check --config "$here/config/claude-admin.toml" >"$dir/log" 2>&1 || die "config/"
"$CLAUDE_ADMIN" simulator --members 1500 >"$dir/simulator" 2>"$dir/simulator.log" &
pids+=($!)
await "$dir/simulator" CLAUDE_ADMIN_SIMULATOR_CONTROL
set -a
# shellcheck source=/dev/null
. "$dir/simulator"
set +a
unset ANTHROPIC_OAUTH_TOKEN ANTHROPIC_SCOPED_KEY

cat >"$dir/claude-admin.toml" <<TOML
[http]
listen = "127.0.0.1:0"
[[http.clients]]
name = "n8n"
token_env = "N8N_CLIENT_TOKEN"
[[http.clients]]
name = "ada"
token_env = "ADA_TOKEN"
[policy]
file = "$here/config/policy.cedar"
[groups]
automation = ["local:*", "http:n8n"]
admins = ["http:ada"]
[people]
runner = ["local:$(id -un)"]
n8n = ["http:n8n"]
ada = ["http:ada"]
TOML
export N8N_CLIENT_TOKEN=of-the-test-0000000000 ADA_TOKEN=of-the-test-1111111111
"$CLAUDE_ADMIN" serve --config "$dir/claude-admin.toml" >"$dir/serve" 2>&1 &
pids+=($!)
await "$dir/serve" 'listening on'
url=$(sed -n 's/.*listening on //p' "$dir/serve")
# Posts a command, and prints the response and, on the last line, the status: post TOKEN BODY
post() { curl -sS "$url/v1/commands" -H "authorization: Bearer $1" -d "$2" -w '\n%{http_code}\n'; }

export CLAUDE_ADMIN_CONFIG=$dir/claude-admin.toml
step 3 change.sh ACTION=update EMAIL="$other" ROLE=billing # not in the policy
is state denied
says 'The policy denies the command'

# A removal is pending, and runs when another user approves it.
step 0 plan.sh ACTION=remove EMAIL="$member" REASON="leaver, HR-1"
says 'Requires 1 approval(s) in claude-admin, from admins'
hash=$(out plan_hash)
# shellcheck disable=SC2016 # it must stay as it is
reason='leaver, "HR-1" $(id)'
step 0 change.sh ACTION=remove EMAIL="$member" REASON="$reason" PLAN_HASH="$hash"
is state waiting
is version 1
operation=$(out operation)
says "approve $operation.1"
stands "$operation" waiting
runs pending | jq -e --arg id "$operation" '[.[] | select(.operation_id == $id).state] == ["waiting"]' >"$dir/log" ||
  die "pending in JSON"
step 6 settle.sh OPERATION="$operation" TIMEOUT=0
is state waiting
# shellcheck disable=SC2016
says 'leaver, &quot;HR-1&quot; $(id)'
post "$ADA_TOKEN" "{\"command\": \"approve $operation.1\"}" >"$dir/log"
[[ $(tail -n 1 "$dir/log") == 200 ]] || die "approve"
step 0 settle.sh OPERATION="$operation" TIMEOUT=5 INTERVAL=0.1
is state "done"
stands "$operation" "done"
step 0 change.sh ACTION=remove EMAIL="$member" REASON="leaver, HR-1" # a repeated removal is not a failure
says 'changed&quot;: &quot;no'

# Another one is rejected.
step 0 change.sh ACTION=remove EMAIL="$other" REASON="leaver, HR-2"
operation=$(out operation)
post "$ADA_TOKEN" "{\"command\": \"deny $operation.1 --reason \\\"not yet\\\"\"}" >"$dir/log"
step 3 settle.sh OPERATION="$operation" TIMEOUT=5 INTERVAL=0.1
is state rejected
stands "$operation" rejected
step 8 settle.sh OPERATION=nonsense TIMEOUT=0 # it is not in this store
is state unknown
says 'could not be read'

# Errors of the API and of the network.
fault '{"method": "POST", "effect": {"status": {"code": 429, "retry_after": 1}}}'
step 0 change.sh ACTION=update EMAIL="$other" ROLE=developer
fault '{"method": "POST", "effect": {"status": {"code": 429}}}'
step 7 change.sh ACTION=update EMAIL="$other" ROLE=user
is state rate_limited
fault '{"method": "POST", "effect": {"status": {"code": 409}}}'
step 5 change.sh ACTION=update EMAIL="$other" ROLE=user
fault '{"method": "POST", "effect": {"status": {"code": 400}}}'
step 8 change.sh ACTION=update EMAIL="$other" ROLE=user
is state refused
fault '{"method": "POST", "effect": "close"}'
step 8 change.sh ACTION=update EMAIL="$other" ROLE=user
is state unknown
says 'It is not known whether anything was changed'
step 8 settle.sh OPERATION="$(out operation)" TIMEOUT=0
is state unknown
says 'It is not known whether anything was changed'
says 'was probably' # only the text contains this comparison
fault '{"path": "/v1/organizations/users"}'
fault '{"path": "/v1/organizations/users", "times": 9, "effect": {"status": {"code": 500, "should_retry": false}}}'
step 9 report.sh PERIOD=2026-10 OUT="$dir/part"
says 'An injected fault'
[[ ! -e $dir/part ]] || die "a part was published"
no_faults
step 2 report.sh PERIOD=someday OUT="$dir/part"

# If the command is killed or prints nothing, its result is unknown: only a read can be run again. tells CODE [TEXT]
tells() {
  printf '#!/bin/sh\nprintf "%%s" %s\nexit %s\n' "'${2:-}'" "$1" >"$dir/fake"
  chmod +x "$dir/fake"
}
for text in '' '{"error": {"outc' '{"error": {"outcome": "new"}}' '{"outcome": "unknown", "error": {"outcome": "unknown"}}'; do
  tells 8 "$text"
  step 8 change.sh CLAUDE_ADMIN="$dir/fake" ACTION=update EMAIL="$other" ROLE=user
  says 'It is not known whether anything was changed'
  if grep -q 'Nothing was changed' "$dir/summary"; then die "it says that nothing was changed: $text"; fi
  [[ $(out state) == "unknown" || $text == *new* ]] || die "state is '$(out state)': $text"
  step 8 plan.sh CLAUDE_ADMIN="$dir/fake" ACTION=update EMAIL="$other" ROLE=user
  says 'You can run it again'
  step 8 settle.sh CLAUDE_ADMIN="$dir/fake" OPERATION="$operation" TIMEOUT=0
  is state unknown
  says 'It is not known whether anything was changed'
done
tells 137
step 137 change.sh CLAUDE_ADMIN="$dir/fake" ACTION=update EMAIL="$other" ROLE=user
is state unknown
says 'It is not known whether anything was changed'
tells 0
step 8 settle.sh CLAUDE_ADMIN="$dir/fake" OPERATION="$operation" TIMEOUT=0 # no state
is state unknown
tells 8 '{"error": {"outcome": "failed"}}'
step 8 change.sh CLAUDE_ADMIN="$dir/fake" ACTION=update EMAIL="$other" ROLE=user
is state failed
says 'Nothing was changed'

# The responses that n8n gets: asks STATUS OUTCOME BODY
asks() {
  post "$N8N_CLIENT_TOKEN" "$3" >"$dir/log"
  [[ $(tail -n 1 "$dir/log") == "$1" && $(sed '$d' "$dir/log" | jq -r .outcome) == "$2" ]] || die "$3: not $1 $2"
  checks=$((checks + 1))
}
asks 200 "done" "{\"op\": \"users.update\", \"args\": {\"user_id\": \"$other\", \"role\": \"user\"}, \"yes\": true}"
asks 202 waiting "{\"op\": \"users.remove\", \"args\": {\"user_id\": \"$other\"}, \"reason\": \"leaver\"}"
asks 200 "done" "{\"command\": \"status $(sed '$d' "$dir/log" | jq -r .operation_id)\"}"
[[ $(sed '$d' "$dir/log" | jq -r .result.state) == waiting ]] || die "status over HTTP"
asks 404 not_found '{"op": "users.get", "args": {"user_id": "nobody@example.com"}}'

# The text that n8n's Execute Command passes to a shell: executes CODE EMAIL ROLE
mkdir "$dir/bin"
ln -s "$CLAUDE_ADMIN" "$dir/bin/claude-admin"
executes() {
  local command
  command=$(jq -r '.nodes[] | select(.name == "Run").parameters.command' "$here/n8n/execute-command.json" |
    sed "s/^=//; s/{{ \$json.email }}/$2/; s/{{ \$json.role }}/$3/")
  PATH=$dir/bin:$PATH sh -c "$command" >"$dir/log" || die "Execute Command: $2 $3"
  [[ $(jq .code "$dir/log") == "$1" ]] || die "Execute Command: $2 $3: not $1"
  checks=$((checks + 1))
}
executes 0 "$other" developer
executes 3 "$other" billing
executes 4 nobody@example.com user
[[ $(jq -r .answer.error.outcome "$dir/log") == not_found ]] || die "the answer of Execute Command"
cat >"$dir/strict.cedar" <<'CEDAR'
permit (principal in Group::"automation", action in Action::"read", resource);
@approvals("1") @from("admins") permit (principal in Group::"automation", action in Action::"write", resource);
CEDAR
sed 's|^file = .*|file = "strict.cedar"|' "$dir/claude-admin.toml" >"$dir/strict.toml"
CLAUDE_ADMIN_CONFIG=$dir/strict.toml executes 6 "$other" user
CLAUDE_ADMIN_CONFIG=$dir/nowhere.toml executes 2 "$other" user 2>/dev/null
[[ $(jq -r .answer.error.outcome "$dir/log") == usage ]] || die "the answer without a configuration"
ANTHROPIC_ADMIN_KEY='' ANTHROPIC_BASE_URL='' executes 2 "$other" user 2>/dev/null # a secret that is missing
[[ $(jq -r .answer.error.message "$dir/log") == 'ANTHROPIC_ADMIN_KEY is set but empty'* ]] || die "the answer without a secret"
ln -sf "$(type -P false)" "$dir/bin/claude-admin"
executes 1 "$other" user # nothing is printed
[[ $(jq .answer "$dir/log") == null ]] || die "an answer of nothing"

# The files that the platforms read.
for file in "$here"/n8n/*.json; do
  jq -e '
    [.nodes[].name] as $names
    | ($names | length) == ($names | unique | length)
    and [.connections | to_entries[] | .key, (.value.main[][]?.node)] - $names == []
    and [.nodes[].credentials // {} | .[] | keys[]] - ["name"] == []
    and [.nodes[] | select(.type == null or .typeVersion == null or .parameters == null)] == []
    and ([.nodes[] | select(.name == "Not Done" or .name == "Ended Otherwise").parameters.errorMessage
      | contains("It is not known whether anything was changed")] | all and length > 0)
  ' "$file" >"$dir/log" || die "$file"
  checks=$((checks + 1))
done
if python3 -c 'import yaml' 2>/dev/null; then
  for file in "$here"/github-actions/*.yml; do
    python3 - "$file" >"$dir/log" 2>&1 <<'PYTHON' || die "$file"
import sys, yaml
flow = yaml.safe_load(open(sys.argv[1]))
for job in flow["jobs"].values():
    assert job["runs-on"] and job["timeout-minutes"]
    for step in job["steps"]:
        assert ("run" in step) != ("uses" in step), step
        assert "${{" not in step.get("run", ""), step  # a script never contains an input
PYTHON
    checks=$((checks + 1))
  done
else
  echo "YAML not checked: python3 has no module yaml" >&2
fi
while read -r script; do
  [[ -x $steps/$script ]] || die "$script is not there"
done < <(sed -n 's|.*run: \.github/claude-admin/||p' "$here"/github-actions/*.yml)

echo "$checks checks passed"

#!/usr/bin/env bash
# Writes the playbook of each given language, builds it, and compares its proposal in the simulator with the expected one.
# Usage: CLAUDE_ADMIN=path/to/claude-admin examples/playbooks/test.sh rust javascript python
set -euo pipefail
: "${CLAUDE_ADMIN:?the program that is tested}"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for language in "$@"; do
  "$CLAUDE_ADMIN" playbook new "try-$language" "$folder/$language" --language "$language" >/dev/null
  "$folder/$language/build.sh"
  "$CLAUDE_ADMIN" playbook check "$folder/$language/playbook.wasm" | grep -q "users.list"
  "$CLAUDE_ADMIN" playbook test "$folder/$language/playbook.wasm" "$folder/$language/cases"
  # A case that is not met is named, and ends with an error.
  sed -i.bak 's/of 25 members/of 26 members/' "$folder/$language/cases/billing-to-user.txt"
  if "$CLAUDE_ADMIN" playbook test "$folder/$language/playbook.wasm" "$folder/$language/cases"; then
    echo "a wrong case was accepted" >&2
    exit 1
  fi
done

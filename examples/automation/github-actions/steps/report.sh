#!/usr/bin/env bash
# Writes members.csv and cost.csv into OUT. PERIOD is a period of claude-admin, such as last-month or 2026-10.
. "$(dirname "$0")/lib.sh"

out=${OUT:-report}
period=${PERIOD:-last-month}

# These commands only read, so they can be repeated. claude-admin has already retried where that is safe.
read_csv() {
  local file=$1 tries=0
  shift
  while admin csv "$@"; [[ $code -eq 7 && $tries -lt 2 ]]; do
    tries=$((tries + 1))
    sleep "${RETRY_AFTER:-60}"
  done
  # With exit code 9, the file is incomplete, and its content does not show this.
  if [[ $code -ne 0 ]]; then fail read; fi
  mv "$answer" "$work/$file"
}

read_csv members.csv users list --all
read_csv cost.csv analytics cost "$period" --group-by product --columns group.product,cost.amount,cost.currency

mkdir -p "$out"
mv "$work/members.csv" "$work/cost.csv" "$out/"

# Amounts are in cents, as in the API.
awk -F, -v period="$period" '
  FNR == 1 { next }
  FILENAME ~ /members.csv$/ { members++ }
  FILENAME ~ /cost.csv$/ { cents += $2 }
  END { printf "| members | cost, %s |\n| ---: | ---: |\n| %d | $%.2f |\n", period, members, cents / 100 }
' "$out/members.csv" "$out/cost.csv" | summary

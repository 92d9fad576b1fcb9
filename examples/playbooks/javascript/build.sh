#!/usr/bin/env bash
# Builds playbook.wasm. Needs Node 20 or later.
set -euo pipefail
cd "$(dirname "$0")"
npm install --no-audit --no-fund --silent
node build.mjs

#!/usr/bin/env bash
# Builds playbook.wasm. Needs Python 3.10 or later. Without WASI: a playbook cannot import it.
set -euo pipefail
cd "$(dirname "$0")"
python3 -m venv .venv
.venv/bin/pip install --quiet -r requirements.txt
.venv/bin/componentize-py --wit-path wit --world playbook componentize app --stub-wasi -o playbook.wasm

#!/usr/bin/env bash
# Builds playbook.wasm. Needs Rust with the target wasm32-unknown-unknown, and wasm-tools.
set -euo pipefail
cd "$(dirname "$0")"
cargo build --release --target wasm32-unknown-unknown --target-dir target
wasm-tools component new target/wasm32-unknown-unknown/release/my_playbook.wasm -o playbook.wasm

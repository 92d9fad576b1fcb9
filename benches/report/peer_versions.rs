//! The peers of the comparison and their versions, as each peer reports them.

use crate::server::peers;
use std::path::PathBuf;
use std::process::Command;

const NODE: &str = "const version = name => `${name} ${JSON.parse(require('fs').readFileSync(\
                    `bolt-javascript/node_modules/${name}/package.json`)).version}`; \
                    ['Node ' + process.versions.node, version('@slack/bolt'), version('@anthropic-ai/sdk')].join(', ')";
const PYTHON: &str = "import sys, platform; from importlib.metadata import version; \
                      print(', '.join(['Python ' + platform.python_version()] + \
                      [f'{name} {version(name)}' for name in sys.argv[1:]]))";

/// Prints a line for each peer that is installed.
pub(crate) fn print() {
    println!("\nCompared with, set up as benches/peers/README.md says:\n");
    let crates = ["hyper", "axum", "wasmtime-wasi-http"].map(|name| format!("{name} {}", locked(name)));
    println!("* native, plain Rust, wasi-http's sender: {}", crates.join(", "));
    let python = |folder: &str| peers().join(folder).join(".venv/bin/python");
    said("Bolt for JavaScript, one process, NODE_ENV=production", "node".into(), &["-p", NODE]);
    let packages = ["slack_bolt", "anthropic", "uvicorn", "uvloop"];
    said("Bolt for Python, one worker", python("bolt-python"), &[&["-c", PYTHON][..], &packages].concat());
    said("the Python SDK", python("cold-python"), &["-c", PYTHON, "anthropic"]);
    said("curl", "curl".into(), &["--version"]);
}

/// Prints the version that a program reports, up to a parenthesis. A program that is not installed is left out.
fn said(what: &str, program: PathBuf, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).current_dir(peers()).output();
    let said =
        output.ok().filter(|output| output.status.success()).and_then(|said| String::from_utf8(said.stdout).ok());
    if let Some(version) = said.as_deref().and_then(|said| said.lines().next()?.split(" (").next()) {
        println!("* {what}: {version}");
    }
}

/// The version of a crate in the lock file.
fn locked(name: &str) -> String {
    let lock = std::fs::read_to_string(peers().join("../../Cargo.lock")).expect("the lock file");
    let packages: toml::Table = lock.parse().expect("it is TOML");
    let packages = packages["package"].as_array().expect("a list of packages");
    let version = packages.iter().find(|package| package["name"].as_str() == Some(name));
    version.and_then(|package| package["version"].as_str()).expect("it is locked").to_owned()
}

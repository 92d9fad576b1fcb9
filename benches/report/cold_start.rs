//! The cost of a command in a new process: a new process of this program and one of another program make the same
//! request.
//!
//! The compiled code is cached, as after the first start.

use crate::Length;
use crate::finding::{Finding, Goal, Quartiles, short};
use crate::server::peers;
use claude_admin_simulator::{Simulator, SimulatorConfig};
use std::process::{Command, Stdio};
use std::time::Instant;

pub(crate) fn measure(length: Length) -> Vec<Finding> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let simulator = runtime.block_on(Simulator::start(SimulatorConfig::default())).expect("a simulator");
    let findings = compare(&simulator.base_url(), simulator.admin_key(), length);
    runtime.block_on(simulator.shutdown());
    findings
}

fn compare(base_url: &str, key: &str, length: Length) -> Vec<Finding> {
    let turns = match length {
        Length::Full => 40,
        Length::Short => 12,
    };
    let folder = tempfile::tempdir().expect("a folder");
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--fail", "--header", "anthropic-version: 2023-06-01", "--header"])
        .arg(format!("x-api-key: {key}"))
        .arg(format!("{base_url}/v1/organizations/me"));
    let mut ours = Command::new(env!("CARGO_BIN_EXE_claude-admin"));
    ours.args(["run", "--", "organization", "me"])
        .env("ANTHROPIC_BASE_URL", base_url)
        .env("ANTHROPIC_ADMIN_KEY", key)
        .env("CLAUDE_ADMIN_CACHE", folder.path().join("compiled"))
        .env("XDG_STATE_HOME", folder.path());
    let python = peers().join("cold-python/.venv/bin/python");
    let mut others = Vec::new();
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_ok() {
        others.push(("`curl`", 3.0, curl));
    } else {
        println!("left out: there is no curl here");
    }
    if python.exists() {
        let mut sdk = Command::new(python);
        sdk.arg("cold-python/organization_me.py").current_dir(peers());
        sdk.env("ANTHROPIC_BASE_URL", base_url).env("ANTHROPIC_ADMIN_KEY", key);
        others.push(("the Python SDK", 0.05, sdk));
    } else {
        println!("left out: the Python SDK is not installed, see benches/peers/README.md");
    }
    others.into_iter().map(|(name, goal, other)| against(name, goal, &mut ours, other, turns)).collect()
}

fn against(name: &str, goal: f64, ours: &mut Command, mut other: Command, turns: usize) -> Finding {
    // The first turn compiles and fills caches, and is not counted.
    let times = (0..=turns).map(|_| (milliseconds(&mut other), milliseconds(ours))).skip(1);
    let (theirs, ours): (Vec<f64>, Vec<f64>) = times.unzip();
    let middle = |times: &[f64]| format!("{} ms", short(Quartiles::of(times.to_vec()).middle));
    Finding {
        name: format!("a cold process to its answer: {name}"),
        ours: middle(&ours),
        theirs: middle(&theirs),
        ratio: Quartiles::of_ratios(&ours, &theirs),
        goal: Goal::AtMost(goal),
        is_bound: false,
    }
}

fn milliseconds(command: &mut Command) -> f64 {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the program starts");
    let took = start.elapsed();
    assert!(status.success(), "{command:?} ended with {status}");
    took.as_secs_f64() * 1e3
}

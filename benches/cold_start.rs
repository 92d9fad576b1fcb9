//! What a command costs from nothing: a new process of this program and one of `curl` make the same request.
//!
//! Compiled code is kept, as after the first start. Both ask a simulator in this process over loopback, in turns, and a
//! ratio is made within a turn, so that what else the machine does meets both.

#![allow(clippy::expect_used, reason = "a measurement that goes wrong must end")]

use claude_admin_simulator::{Simulator, SimulatorConfig};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const TURNS: usize = 40;

#[tokio::main]
async fn main() {
    let simulator = Simulator::start(SimulatorConfig::default()).await.expect("a simulator");
    let (base_url, key) = (simulator.base_url().to_owned(), simulator.admin_key().to_owned());
    tokio::task::spawn_blocking(move || compare(&base_url, &key)).await.expect("the measurement ends");
    simulator.shutdown().await;
}

fn compare(base_url: &str, key: &str) {
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
    // The first turn compiles, fills caches, and does not count.
    let turns: Vec<(f64, f64)> =
        (0..=TURNS).map(|_| (milliseconds(&mut curl), milliseconds(&mut ours))).skip(1).collect();
    let (curl, ours) = (middle(turns.iter().map(|turn| turn.0)), middle(turns.iter().map(|turn| turn.1)));
    let ratios = quartiles(turns.iter().map(|(curl, ours)| ours / curl));
    println!("a new process and one request, {TURNS} turns: curl {curl:.1} ms, claude-admin {ours:.1} ms");
    println!("claude-admin / curl: {:.2} (half of the turns: {:.2} to {:.2})", ratios[1], ratios[0], ratios[2]);
}

fn milliseconds(command: &mut Command) -> f64 {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the program starts");
    let took: Duration = start.elapsed();
    assert!(status.success(), "{command:?} ended with {status}");
    took.as_secs_f64() * 1e3
}

fn middle(values: impl Iterator<Item = f64>) -> f64 {
    quartiles(values)[1]
}

fn quartiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[(values.len() - 1) * quarter / 4])
}

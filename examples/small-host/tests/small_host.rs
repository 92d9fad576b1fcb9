//! The example, against the simulator.
#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use claude_admin_simulator::{RunningSimulator, Simulator, SimulatorConfig};
use std::process::{Command, Output};

async fn simulator() -> RunningSimulator {
    Simulator::start(SimulatorConfig::default()).await.unwrap()
}

fn run(simulator: &RunningSimulator, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_small-host"))
        .args(line.split(' '))
        .env("ANTHROPIC_BASE_URL", simulator.base_url())
        .env("ANTHROPIC_ADMIN_KEY", simulator.admin_key())
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn permitted_read_is_sent_and_shown() {
    let simulator = simulator().await;
    let output = run(&simulator, "users list --limit 2");
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && shown.contains("EMAIL"), "{shown}");
    assert_eq!(simulator.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_else_is_refused_and_nothing_is_sent() {
    let simulator = simulator().await;
    for (line, why) in [
        ("groups create Research", "you cannot run `groups create`"),
        ("users remove user_01WCz1FkmYMm4gnmykNKUu3Q", "needs more than a permit"),
        ("users get ada@example.com", "write the ID"),
        ("help", "write an action"),
        ("users lst", "users"),
    ] {
        let output = run(&simulator, line);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(why), "{line}: {said}");
    }
    assert!(simulator.requests().is_empty());
}

//! A host that is killed: no recorded entry is lost, no write is repeated, and `status` shows the correct state.

mod decisions;
mod steps;

use crate::support::{self, EVERYBODY, host_on, plugin, writes};
use claude_admin::audit::{Event, Filter, Recorded, search, verify, verify_file};
use claude_admin::decision::approval::{NoObserver, Observer, Stage};
use claude_admin::decision::operation::Clock;
use claude_admin::identity::{Place, Principal};
use claude_admin::sandbox::Plugin;
use claude_admin::service::{Input, Request, Service};
use claude_admin_simulator::RunningSimulator;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const STORE: &str = "CRASH_STORE";
const UPSTREAM: &str = "CRASH_UPSTREAM";
const STEP: &str = "CRASH_STEP";
const LINE: &str = "CRASH_LINE";
const WHO: &str = "CRASH_WHO";
/// The name of a file that the process waits for before it starts, so several processes start at the same time.
const GO: &str = "CRASH_GO";
/// The difference between the clock of the process and the current time, in milliseconds.
const AHEAD: &str = "CRASH_AHEAD";
/// The value for a process that ends expired and interrupted operations and runs no command.
const TICK: &str = "(tick)";
/// The number of hosts that are killed at a random moment of a write.
const RANDOM_KILLS: usize = 200;

/// Ends the process at a step, as `kill -9` does.
#[derive(Debug)]
struct KillAt(String);

impl Observer for KillAt {
    fn reached(&self, step: Stage) {
        if format!("{step:?}") == self.0 {
            kill(std::process::id());
            // The signal arrives immediately. Until then, no more steps can run.
            std::thread::sleep(Duration::from_secs(60));
        }
    }
}

fn kill(pid: u32) {
    Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap();
}

/// The host that is killed: a separate process of this test program.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs in a separate process, which is killed"]
async fn a_host_that_ends_at_a_step() {
    let value = |name: &str| std::env::var(name).unwrap();
    if std::env::var_os(STORE).is_none() {
        // Someone has run the ignored tests directly.
        return;
    }
    let credentials = claude_admin::egress::Credentials::new(
        Some(secrecy::SecretString::from(claude_admin_simulator::ADMIN_KEY)),
        None,
    );
    let sandbox = support::sandbox(&value(UPSTREAM), credentials, support::limits());
    let plugin = Arc::new(Plugin::embedded(&sandbox).unwrap());
    let ahead: i64 = std::env::var(AHEAD).map_or(0, |ahead| ahead.parse().unwrap());
    let clock = Clock::new(move || Clock::system().now_ms() + ahead);
    let service = support::host_on_at(Path::new(&value(STORE)), plugin, Arc::new(KillAt(value(STEP))), clock);
    if let Ok(go) = std::env::var(GO) {
        std::fs::write(format!("{go}.{}", std::process::id()), "").unwrap();
        while !Path::new(&go).exists() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    let line = value(LINE);
    if line == TICK {
        service.tick().await;
        return;
    }
    // One user for each word, all at the same time.
    let (service, who) = (Arc::new(service), value(WHO));
    let asking = who.split(' ').map(|who| {
        let (service, principal) = (Arc::clone(&service), Principal::local(who).unwrap());
        let input = Input::Text { line: line.clone(), markup: claude_admin::command::Markup::None };
        let request = Request { principal, place: Place::terminal(), input, delivery: None, format: None };
        tokio::spawn(async move { service.handle(request).await })
    });
    for asked in asking.collect::<Vec<_>>() {
        asked.await.unwrap();
    }
}

/// The command line of a host in a separate process.
fn child_command(store: &Path, simulator: &RunningSimulator, step: &str, who: &str, line: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--ignored", "--exact", "cli::crash::a_host_that_ends_at_a_step"])
        .env(STORE, store)
        .env(UPSTREAM, simulator.base_url())
        .env(STEP, step)
        .env(WHO, who)
        .env(LINE, line)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn child(store: &Path, simulator: &RunningSimulator, step: &str, who: &str, line: &str) -> Child {
    child_command(store, simulator, step, who, line).spawn().unwrap()
}

fn recorded(service: &Service, kind: &str) -> Vec<Recorded> {
    let filter = Filter { kind: Some(kind.to_owned()), ..Filter::default() };
    search(service.ledger().log(), &filter, 10_000).unwrap().found
}

/// The expected state after a host ended at a step of a confirmed write.
fn expected(step: Stage) -> (usize, &'static str) {
    match step {
        Stage::Planned | Stage::Requested | Stage::Decided => (0, "not begun"),
        Stage::Intent => (0, "unknown"),
        Stage::Answered => (1, "unknown"),
        Stage::Ended => (1, "done"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn state_is_correct_after_a_host_is_killed_at_any_step() {
    for step in Stage::ALL {
        let simulator = support::simulator().await;
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("claude-admin.db");
        let mut killed = child(
            &store,
            &simulator,
            &format!("{step:?}"),
            "ada",
            "users update user_01fTPAarejCcux4jybAuxoiu billing --yes",
        );
        let status = killed.wait().unwrap();
        // A write that is confirmed in its own command is never pending.
        assert_eq!(status.code().is_none(), step != Stage::Requested, "{step:?}: {status}");
        let service = host_on(&store, plugin(&simulator).await, Arc::new(NoObserver));
        for _ in 0..3 {
            service.tick().await;
        }
        let (sent, state) = if step == Stage::Requested { (1, "done") } else { expected(step) };
        assert_eq!(writes(&simulator).len(), sent, "{step:?}: nothing is sent again");
        assert_eq!(recorded(&service, "received").len(), 1, "{step:?}");
        let intents = recorded(&service, "intent");
        match state {
            "not begun" => assert!(intents.is_empty(), "{step:?}"),
            state => {
                let id = intents[0].entry.operation.clone().unwrap();
                let reply =
                    support::type_as(&service, &Principal::local("ada").unwrap(), &format!("status {id}")).await;
                assert_eq!(reply.to_json()["state"], state, "{step:?}: {}", support::text(&reply));
                if state == "unknown" {
                    let text = support::text(&reply);
                    let changed = if sent == 1 { "The change was probably made" } else { "probably not made" };
                    assert!(text.contains("not known") && text.contains(changed), "{step:?}: {text}");
                }
            }
        }
        assert!(verify(service.ledger().log(), None).is_sound());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn approval_interrupted_by_a_kill_is_pending_or_runs_once() {
    for step in [Stage::Decided, Stage::Intent, Stage::Answered] {
        let simulator = support::simulator().await;
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("claude-admin.db");
        let plugin = plugin(&simulator).await;
        let quiet = || Arc::new(NoObserver);
        let service = host_on(&store, Arc::clone(&plugin), quiet());
        let remove = "users remove user_01fTPAarejCcux4jybAuxoiu --reason leaver";
        let plan = support::type_as(&service, &Principal::local("ada").unwrap(), remove).await;
        drop(service);
        let mut killed = child(&store, &simulator, &format!("{step:?}"), "bob", &format!("approve {}", plan.operation));
        assert!(killed.wait().unwrap().code().is_none());
        let service = host_on(&store, plugin, quiet());
        service.tick().await;
        let before = writes(&simulator).len();
        let again =
            support::type_as(&service, &Principal::local("bob").unwrap(), &format!("approve {}", plan.operation)).await;
        if step == Stage::Decided {
            assert_eq!(again.outcome.as_str(), "done", "the click did not count: {}", support::text(&again));
        } else {
            assert_eq!(again.outcome.as_str(), "conflict", "{}", support::text(&again));
            assert_eq!(writes(&simulator).len(), before, "nothing is sent again");
        }
        assert!(writes(&simulator).len() <= 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn randomly_killed_hosts_lose_no_entry_and_repeat_no_write() {
    let simulator = support::simulator().await;
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("claude-admin.db");
    std::fs::write(folder.path().join("policy.cedar"), EVERYBODY).unwrap();
    std::fs::write(folder.path().join("claude-admin.toml"), "").unwrap();
    let run = |email: &str| {
        Command::new(env!("CARGO_BIN_EXE_claude-admin"))
            .args(["run", "--config"])
            .arg(folder.path().join("claude-admin.toml"))
            .args(["--", "invites", "create", email, "user", "--yes"])
            .env("ANTHROPIC_BASE_URL", simulator.base_url())
            .env("ANTHROPIC_ADMIN_KEY", simulator.admin_key())
            .env("CLAUDE_ADMIN_CACHE", support::build_folder().join("compiled"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    // The duration of a run that is not killed.
    let began = Instant::now();
    assert!(run("whole0@example.com").wait().unwrap().success());
    let warm = Instant::now();
    assert!(run("whole1@example.com").wait().unwrap().success());
    let whole = warm.elapsed().min(began.elapsed());
    for number in 0..RANDOM_KILLS {
        let mut child = run(&format!("r{number}@example.com"));
        std::thread::sleep(whole.mul_f64(0.2 + fastrand::f64()));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let service = host_on(&store, plugin(&simulator).await, Arc::new(NoObserver));
    service.tick().await;
    assert!(verify(service.ledger().log(), None).is_sound());

    let mut sent: BTreeMap<String, usize> = BTreeMap::new();
    for request in simulator.requests().iter().filter(|request| request.method == "POST") {
        *sent.entry(request.body["email"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert!(sent.values().all(|times| *times == 1), "a write was repeated: {sent:?}");
    let of = |recorded: &Recorded| {
        let command = recorded.entry.command.clone().unwrap();
        let email = command.split(' ').nth(2).unwrap().to_owned();
        (email, recorded.entry.operation.clone().unwrap())
    };
    let intents: BTreeMap<String, String> = recorded(&service, "intent").iter().map(of).collect();
    for email in sent.keys() {
        assert!(intents.contains_key(email), "{email} was sent without an intent on record");
    }
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    let outcomes = recorded(&service, "outcome");
    for (email, id) in &intents {
        let ends: Vec<&Recorded> = outcomes.iter().filter(|end| end.entry.operation.as_ref() == Some(id)).collect();
        assert_eq!(ends.len(), 1, "{email} ended {} times", ends.len());
        let Event::Outcome { result, .. } = &ends[0].entry.event else { unreachable!("an outcome") };
        let reply = support::type_as(&service, &Principal::local("ada").unwrap(), &format!("status {id}")).await;
        let state: Value = reply.to_json()["state"].clone();
        assert_eq!(state, result.as_str(), "{email}");
        assert!(result != "done" || sent.contains_key(email), "{email} is done, and was never sent");
        *states.entry(result.clone()).or_default() += 1;
    }
    drop(service);
    let report = verify_file(&store, None);
    assert!(report.is_sound(), "{report}");
    println!("{} hosts killed: {} sent, {states:?}", RANDOM_KILLS, sent.len());
    // Kills that all come too early, or too late, would prove nothing.
    assert!(intents.len() > 5 && intents.len() < RANDOM_KILLS, "{} of {RANDOM_KILLS} began", intents.len());
}

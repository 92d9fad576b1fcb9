//! Hosts that are killed while a request is decided, and two processes that decide the same request.

use super::{AHEAD, GO, TICK, child_command, recorded};
use crate::support::{self, host_on, plugin, writes};
use claude_admin::audit::{Filter, search, verify, verify_file};
use claude_admin::decision::approval::NoObserver;
use claude_admin::decision::operation::Clock;
use claude_admin::identity::Principal;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The number of hosts that are killed at a random moment of each kind of decision.
const RANDOM_KILLS_OF_A_DECISION: usize = 12;

/// Removes an existing member, on a fresh organization, with hosts that are killed at a random moment of a command
/// about the request. `ends` has the possible states after the same command ran once more.
async fn killed_while(what: &str, who: &str, line: &str, changed_before: bool, ahead: i64, ends: &[&str]) {
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    let mut whole = Duration::ZERO;
    for number in 0..=RANDOM_KILLS_OF_A_DECISION {
        let simulator = support::simulator().await;
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("claude-admin.db");
        let plugin = plugin(&simulator).await;
        let service = host_on(&store, Arc::clone(&plugin), Arc::new(NoObserver));
        let plan = support::type_as(&service, &Principal::local("ada").unwrap(), support::REMOVE).await;
        if changed_before {
            let update = format!("users update {} billing --yes", support::MEMBER);
            support::type_as(&service, &Principal::local("ada").unwrap(), &update).await;
        }
        drop(service);
        simulator.clear_requests();
        let line = line.replace("ID", &plan.operation);
        let go = folder.path().join("go");
        let mut command = child_command(&store, &simulator, "none", who, &line);
        let mut child = command.env(GO, &go).env(AHEAD, ahead.to_string()).spawn().unwrap();
        let waiting = format!("go.{}", child.id());
        while !folder.path().join(&waiting).exists() {
            assert!(child.try_wait().unwrap().is_none(), "{what}: it ended before it began");
            std::thread::sleep(Duration::from_millis(1));
        }
        let began = Instant::now();
        std::fs::write(&go, "").unwrap();
        if number == 0 {
            // The duration of a command that is not killed.
            child.wait().unwrap();
            whole = began.elapsed();
        } else {
            std::thread::sleep(whole.mul_f64(fastrand::f64()));
            child.kill().unwrap();
            child.wait().unwrap();
        }

        // The next host finds a valid log, and one of the expected states of the operation.
        let clock = Clock::new(move || Clock::system().now_ms() + ahead);
        let service = support::host_on_at(&store, plugin, Arc::new(NoObserver), clock);
        let state = async || {
            let status = format!("status {}", plan.operation);
            let reply = support::type_as(&service, &Principal::local("ada").unwrap(), &status).await.to_json();
            (reply["state"].as_str().unwrap_or_default().to_owned(), reply["version"].as_u64().unwrap_or_default())
        };
        if line != TICK {
            service.tick().await;
        }
        let (before, version) = state().await;
        let sent = writes(&simulator).len();
        let (intents, ended) = (recorded(&service, "intent").len(), recorded(&service, "outcome"));
        let of_it = ended.iter().filter(|end| end.entry.operation.as_ref() == Some(&plan.operation)).count();
        let intents = intents - usize::from(changed_before);
        assert!(sent <= intents && intents <= 1, "{what}: {sent} sent, {intents} intents");
        assert_eq!(of_it, intents, "{what}: what began has ended, once");
        assert!(before == "waiting" || ends.contains(&before.as_str()), "{what}: {before}");
        assert!(version == 1 || (changed_before && version == 2), "{what}: version {version}");
        *states.entry(format!("{before} {version}")).or_default() += 1;

        // After the same command once more, the state is again one of the expected states, and no request was sent
        // twice.
        if line == TICK {
            service.tick().await;
        } else if before == "waiting" && version == 1 {
            support::type_as(&service, &Principal::local(who).unwrap(), &line).await;
        }
        let (after, version) = state().await;
        if changed_before {
            assert_eq!((after.as_str(), version), ("waiting", 2), "{what}");
        } else {
            assert!(ends.contains(&after.as_str()), "{what}: {after}");
        }
        assert!(writes(&simulator).len() <= 1, "{what}");
        assert_eq!(recorded(&service, "expired").len(), usize::from(line == TICK), "{what}");
        drop(service);
        let report = verify_file(&store, None);
        assert!(report.is_sound(), "{what}: {report}");
    }
    println!("{what}: {states:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn request_is_decided_or_pending_after_a_kill_during_decision() {
    killed_while("approve", "bob", "approve ID.1", false, 0, &["done", "unknown"]).await;
    killed_while("reject", "bob", "deny ID.1 --reason stays", false, 0, &["rejected"]).await;
    killed_while("cancel", "ada", "cancel ID", false, 0, &["cancelled"]).await;
    killed_while("supersede", "bob", "approve ID.1", true, 0, &[]).await;
    killed_while("expire", "ada", TICK, false, 31 * 60 * 1000, &["expired"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_store_execute_an_approval_once() {
    for _ in 0..3 {
        let simulator = support::simulator().await;
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("claude-admin.db");
        let service = host_on(&store, plugin(&simulator).await, Arc::new(NoObserver));
        let plan = support::type_as(&service, &Principal::local("ada").unwrap(), support::REMOVE).await;
        let go = folder.path().join("go");
        let line = format!("approve {}.1", plan.operation);
        let children: Vec<Child> = ["a", "b"]
            .into_iter()
            .map(|process| {
                let people: Vec<String> = (0..20).map(|number| format!("{process}{number}")).collect();
                let mut command = child_command(&store, &simulator, "none", &people.join(" "), &line);
                command.env(GO, &go).spawn().unwrap()
            })
            .collect();
        // Both processes have read the log before either of them starts.
        while std::fs::read_dir(folder.path()).unwrap().flatten().filter(|it| is_ready(&it.path())).count() < 2 {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::fs::write(&go, "").unwrap();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        assert_eq!(writes(&simulator), [format!("DELETE /v1/organizations/users/{}", support::MEMBER)]);
        let kinds = support::kinds(&service, &plan.operation);
        for (kind, times) in [("decided: approve", 1), ("intent", 1), ("outcome: done", 1)] {
            assert_eq!(kinds.iter().filter(|it| *it == kind).count(), times, "{kind}: {kinds:?}");
        }
        // Both processes took part: the log has entries of the users of each.
        for who in ["local:a0", "local:b0"] {
            let filter = Filter { principal: Some(who.parse().unwrap()), ..Filter::default() };
            assert!(!search(service.ledger().log(), &filter, 1).unwrap().found.is_empty(), "{who}");
        }
        assert!(verify(service.ledger().log(), None).is_sound());
    }
}

/// Whether a file is the one with which a process reports that it is ready to start.
fn is_ready(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("go."))
}

//! Pending requests are in the store: they survive a restart of the host and are shared by several hosts. Each
//! requirement is checked before a request runs.

use crate::support::{self, REMOVE, bob, host_on, kinds, plugin, says, text, type_as, type_in, writes};
use claude_admin::decision::approval::NoObserver;
use claude_admin::identity::Principal;
use claude_admin::service::{Outcome, Reply};
use std::path::Path;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn pending_request_survives_a_restart() {
    let simulator = support::simulator().await;
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("claude-admin.db");
    let plugin = plugin(&simulator).await;
    let first = host_on(&store, Arc::clone(&plugin), Arc::new(NoObserver));
    let plan = type_in(&first, REMOVE).await;
    for _ in 0..5 {
        type_in(&first, "whoami").await;
    }
    drop(first);
    let second = host_on(&store, Arc::clone(&plugin), Arc::new(NoObserver));
    says(&type_as(&second, &bob(), "pending").await, Outcome::Done, &[&plan.operation]);
    says(&type_as(&second, &bob(), &format!("approve {}", plan.operation)).await, Outcome::Done, &["Done."]);
    assert_eq!(writes(&simulator).len(), 1);
    drop(second);
    // An operation that ended is found by the beginning of its ID, by the users who can see it.
    let third = host_on(&store, plugin, Arc::new(NoObserver));
    let short = &plan.operation[..8];
    says(&type_in(&third, &format!("status {short}")).await, Outcome::Done, &["Done."]);
    says(&type_in(&third, &format!("confirm {short}")).await, Outcome::Conflict, &["no longer pending"]);
    assert_eq!(type_in(&third, "status zzzzzzzz").await.outcome, Outcome::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_with_a_secret_like_value_is_unchanged_after_restart() {
    let simulator = support::simulator().await;
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("claude-admin.db");
    let plugin = plugin(&simulator).await;
    let first = host_on(&store, Arc::clone(&plugin), Arc::new(NoObserver));
    // An API key contains a hint with its first characters.
    let plan = type_in(&first, "api-keys update apikey_01Rj2N8SVvo6BePZj99NhmiT --name other --reason tidy").await;
    drop(first);
    let second = host_on(&store, plugin, Arc::new(NoObserver));
    says(&type_in(&second, &format!("confirm {}", plan.operation)).await, Outcome::Done, &["Done."]);
    assert_eq!(writes(&simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_approvals_on_two_hosts_run_the_request_once() {
    let simulator = support::simulator().await;
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("claude-admin.db");
    let plugin = plugin(&simulator).await;
    let hosts = [Arc::clone(&plugin), plugin].map(|plugin| Arc::new(host_on(&store, plugin, Arc::new(NoObserver))));
    let plan = type_in(&hosts[0], REMOVE).await;
    let clicks: Vec<_> = (0..100)
        .map(|number| {
            let (host, line) = (Arc::clone(&hosts[number % 2]), format!("approve {}", plan.operation));
            // Half of them are from one user, and each of the others is from a different user.
            let who = if number % 4 < 2 { bob() } else { Principal::local(&format!("p{number}")).unwrap() };
            tokio::spawn(async move { type_as(&host, &who, &line).await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for click in clicks {
        outcomes.push(click.await.unwrap());
    }
    let done = outcomes.iter().filter(|reply| reply.outcome == Outcome::Done).count();
    let refused: Vec<&Reply> = outcomes.iter().filter(|reply| reply.outcome == Outcome::Conflict).collect();
    let others: Vec<String> =
        outcomes.iter().filter(|it| !matches!(it.outcome, Outcome::Done | Outcome::Conflict)).map(text).collect();
    assert_eq!((done, refused.len()), (1, 99), "{others:?}");
    assert_eq!(writes(&simulator).len(), 1);
    let kinds = kinds(&hosts[1], &plan.operation);
    assert_eq!(kinds.iter().filter(|kind| *kind == "intent").count(), 1);
    assert_eq!(kinds.iter().filter(|kind| *kind == "decided: approve").count(), 1);
}

/// Locks a store for writes until the returned connection is dropped.
fn write_lock(store: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(store).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    connection
}

#[tokio::test(flavor = "multi_thread")]
async fn approved_request_that_cannot_be_recorded_does_not_run() {
    let simulator = support::simulator().await;
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("claude-admin.db");
    let service = host_on(&store, plugin(&simulator).await, Arc::new(NoObserver));
    let plan = type_in(&service, REMOVE).await;
    // Another program removes the file: every append fails after this.
    let blocker = write_lock(&store);
    let reply = type_as(&service, &bob(), &format!("approve {}", plan.operation)).await;
    says(&reply, Outcome::Failed, &["cannot be recorded", "did not run"]);
    assert!(writes(&simulator).is_empty());
    drop(blocker);
    says(&type_as(&service, &bob(), &format!("approve {}", plan.operation)).await, Outcome::Done, &["Done."]);
}

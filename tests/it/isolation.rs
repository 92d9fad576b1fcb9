//! The state that remains after a call: none, or with `isolation = "principal"` some for the same person.
//!
//! The component remembers its last caller, so its output shows whether the instance is the same.

use super::hostile::{load, tight};
use crate::support::{self, ada, bob};
use claude_admin::command::Invocation;
use claude_admin::egress::Violation;
use claude_admin::identity::Principal;
use claude_admin::sandbox::{CallError, Isolation, LimitKind, Limits, Plugin};
use claude_admin_simulator::{Fault, RunningSimulator};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

fn by_person() -> Limits {
    Limits { isolation: Isolation::Principal, concurrency: 4, ..tight() }
}

async fn call_as(
    plugin: &Arc<Plugin>,
    who: &Principal,
    function: &str,
    word: Option<&str>,
) -> Result<Value, CallError> {
    let arguments = word.map(|word| ("word".to_owned(), word.into())).into_iter().collect();
    let action = plugin.catalog().action(&format!("hostile.{function}")).expect("it is declared");
    let invocation = Invocation { action: Arc::clone(action), arguments };
    plugin.call(&support::authorized_for(who, plugin, invocation).await).await.result
}

/// Stores a word, and returns the word that was stored before.
async fn remember(plugin: &Arc<Plugin>, who: &Principal, word: &str) -> String {
    let answer = call_as(plugin, who, "remember", Some(word)).await;
    answer.expect("it answers").as_str().expect("a word").to_owned()
}

async fn keeping() -> (RunningSimulator, Arc<Plugin>) {
    let simulator = support::simulator().await;
    let plugin = load(&simulator, by_person());
    (simulator, plugin)
}

/// Calls a function in the instance that remembers a word, and returns whether the word is still stored.
async fn survives(plugin: &Arc<Plugin>, function: &str) -> (Result<Value, CallError>, bool) {
    remember(plugin, &ada(), "before").await;
    let answer = call_as(plugin, &ada(), function, None).await;
    (answer, remember(plugin, &ada(), "after").await == "before")
}

#[tokio::test(flavor = "multi_thread")]
async fn by_default_no_call_finds_anything_of_another_one() {
    let simulator = support::simulator().await;
    let plugin = load(&simulator, tight());
    for word in ["one", "two", "three"] {
        assert_eq!(remember(&plugin, &ada(), word).await, "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reused_instance_serves_only_the_same_principal() {
    let (_simulator, plugin) = keeping().await;
    let same_name = Principal::http(&ada().user).unwrap();
    assert_eq!(remember(&plugin, &ada(), "of ada").await, "");
    assert_eq!(remember(&plugin, &bob(), "of bob").await, "");
    assert_eq!(remember(&plugin, &same_name, "of a program").await, "");
    assert_eq!(remember(&plugin, &ada(), "more of ada").await, "of ada");
    assert_eq!(remember(&plugin, &bob(), "more of bob").await, "of bob");
    assert_eq!(remember(&plugin, &same_name, "more").await, "of a program");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_principals_never_read_data_of_another() {
    let (_simulator, plugin) = keeping().await;
    let people = (0..8).map(|number| Principal::local(&format!("person{number}")).unwrap());
    let tasks: Vec<_> = people
        .map(|person| {
            let plugin = Arc::clone(&plugin);
            tokio::spawn(async move {
                for _ in 0..30 {
                    let found = remember(&plugin, &person, &person.user).await;
                    assert!(found.is_empty() || found == person.user, "{} reads of {found}", person.user);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("nobody reads of another one");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_serves_a_hundred_calls_and_no_more() {
    let (_simulator, plugin) = keeping().await;
    assert_eq!(remember(&plugin, &ada(), "word").await, "");
    for call in 1..100 {
        assert_eq!(remember(&plugin, &ada(), "word").await, "word", "call {call}");
    }
    assert_eq!(remember(&plugin, &ada(), "word").await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declared_error_is_no_reason_to_part() {
    let (_simulator, plugin) = keeping().await;
    let (answer, same) = survives(&plugin, "fail").await;
    assert_eq!(answer, Err(CallError::Failed { error: json!({"code": 7}) }));
    assert!(same);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_trap_nothing_is_left() {
    let (_simulator, plugin) = keeping().await;
    let (answer, same) = survives(&plugin, "crash").await;
    assert!(matches!(answer, Err(CallError::Trap { .. })), "{answer:?}");
    assert!(!same);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_refusal_of_the_gate_nothing_is_left() {
    let (_simulator, plugin) = keeping().await;
    let (answer, same) = survives(&plugin, "wrong-host").await;
    assert_eq!(answer, Err(CallError::Denied(Violation::Host("evil.example".to_owned()))));
    assert!(!same);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_limit_nothing_is_left() {
    let simulator = support::simulator().await;
    let plugin = load(&simulator, Limits { wall_clock: Duration::from_millis(700), ..by_person() });
    simulator.inject(Fault { delay_ms: 5_000, ..Fault::default() });
    let (answer, same) = survives(&plugin, "behave").await;
    assert_eq!(answer, Err(CallError::Limit { kind: LimitKind::WallClock }));
    assert!(!same);
    let (answer, same) = survives(&plugin, "spin").await;
    assert_eq!(answer, Err(CallError::Limit { kind: LimitKind::WasmTime }));
    assert!(!same);
}

#[tokio::test(flavor = "multi_thread")]
async fn instance_that_retains_host_resources_is_not_reused() {
    let (_simulator, plugin) = keeping().await;
    let (answer, same) = survives(&plugin, "hoard").await;
    assert_eq!(answer, Ok(json!("kept")));
    assert!(!same);
}

#[tokio::test(flavor = "multi_thread")]
async fn instance_that_used_much_memory_is_not_reused() {
    let (_simulator, plugin) = keeping().await;
    let (answer, same) = survives(&plugin, "swell").await;
    assert_eq!(answer, Ok(json!((20 << 20).to_string())));
    assert!(!same);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_in_a_reused_instance_has_its_own_limits_and_gate() {
    let simulator = support::simulator().await;
    let plugin = load(&simulator, Limits { wasm_time: Duration::from_millis(200), ..by_person() });
    for _ in 0..20 {
        assert_eq!(call_as(&plugin, &ada(), "behave", None).await, Ok(json!("200")));
    }
    assert_eq!(simulator.requests().len(), 20);
    assert_eq!(remember(&plugin, &ada(), "still").await, "");
    assert_eq!(remember(&plugin, &ada(), "there").await, "still");
}

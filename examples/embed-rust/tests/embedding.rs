//! Tests of the component in a Rust program, against the simulator.

#![allow(clippy::expect_used, clippy::panic, reason = "a test says what it expects by failing")]

use claude_admin::embedded::COMPONENT;
use claude_admin_simulator::{RunningSimulator, Simulator, SimulatorConfig};
use embed_rust::{Admin, CredentialGate, field, some};
use http::HeaderName;
use wasmtime::component::Val;

async fn simulator() -> RunningSimulator {
    Simulator::start(SimulatorConfig::default()).await.expect("it starts")
}

fn admin(base_url: &str, upstream: &str, key: &str) -> Admin {
    let gate = CredentialGate::new(upstream, HeaderName::from_static("x-api-key"), key).expect("a gate");
    Admin::new(COMPONENT, base_url, gate).expect("it compiles")
}

fn list(limit: u32) -> [Val; 3] {
    let page = Val::Record(vec![
        ("limit".to_owned(), some(Val::U32(limit))),
        ("after-id".to_owned(), Val::Option(None)),
        ("before-id".to_owned(), Val::Option(None)),
    ]);
    [Val::Option(None), Val::List(Vec::new()), page]
}

/// The case of an error.
fn case(error: Option<Box<Val>>) -> String {
    match error.as_deref() {
        Some(Val::Variant(name, _)) => name.clone(),
        other => panic!("{other:?} is no error"),
    }
}

#[tokio::test]
async fn members_are_listed_without_giving_the_component_the_key() {
    let simulator = simulator().await;
    let admin = admin(&simulator.base_url(), &simulator.base_url(), simulator.admin_key());
    let page = admin.call("users", "list", &list(3)).await.expect("it returns").expect("a page").expect("with members");
    assert!(matches!(field(&page, "data"), Some(Val::List(members)) if members.len() == 3), "{page:?}");
    assert_eq!(simulator.requests().len(), 1);
}

#[tokio::test]
async fn api_error_is_a_typed_error() {
    let simulator = simulator().await;
    let admin = admin(&simulator.base_url(), &simulator.base_url(), simulator.admin_key());
    let unknown = [Val::String("user_none".to_owned())];
    let error = admin.call("users", "get", &unknown).await.expect("it returns").expect_err("there is none");
    assert_eq!(case(error), "api");
}

#[tokio::test]
async fn nothing_leaves_for_another_address_and_the_key_least_of_all() {
    let (allowed, other) = (simulator().await, simulator().await);
    let admin = admin(&other.base_url(), &allowed.base_url(), allowed.admin_key());
    let error = admin.call("users", "list", &list(3)).await.expect("it returns").expect_err("it is refused");
    assert_eq!(case(error), "denied");
    assert_eq!((allowed.requests().len(), other.requests().len()), (0, 0));
}

#[tokio::test]
async fn a_function_that_is_not_there_is_named() {
    let simulator = simulator().await;
    let admin = admin(&simulator.base_url(), &simulator.base_url(), simulator.admin_key());
    let error = admin.call("users", "lst", &[]).await.expect_err("there is none");
    assert!(error.to_string().contains("no function lst in claude:admin/users@0.1.0"), "{error}");
}

//! Hostile components: each call ends in its named error, sends only declared requests, and has no effect on other
//! calls.

use super::raw_upstream::{RawUpstream, response};
use crate::support;
use claude_admin::command::{Arguments, Invocation};
use claude_admin::egress::{Credentials, Violation};
use claude_admin::sandbox::{Answer, CallError, LimitKind, Limits, LoadError, Plugin};
use claude_admin_catalog::PackageText;
use claude_admin_simulator::{Effect, Fault, RedirectEffect, RunningSimulator};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

/// The hostile component without its text, compiled once.
fn untold() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| {
        let target = support::build_folder().join("hostile");
        let core = claude_admin_packager::compile(support::workspace(), "hostile-component", &target);
        let core = core.unwrap_or_else(|error| panic!("{error}"));
        claude_admin_packager::componentize(&core).unwrap()
    })
}

/// The text of its package.
fn its_text() -> PackageText {
    PackageText::from_folder(&support::workspace().join("tests/hostile/wit")).unwrap()
}

fn with_text(component: &[u8], text: &PackageText) -> Vec<u8> {
    let mut component = component.to_vec();
    claude_admin_packager::add_section(&mut component, text);
    component
}

pub(super) fn tight() -> Limits {
    Limits {
        wasm_time: Duration::from_millis(200),
        wall_clock: Duration::from_secs(20),
        memory_bytes: 160 << 20,
        concurrency: 2,
        ..Limits::default()
    }
}

pub(super) fn load(simulator: &RunningSimulator, limits: Limits) -> Arc<Plugin> {
    load_at(&simulator.base_url(), support::credentials(simulator), limits)
}

fn load_at(base_url: &str, credentials: Credentials, limits: Limits) -> Arc<Plugin> {
    let sandbox = support::sandbox(base_url, credentials, limits);
    Arc::new(Plugin::load(&sandbox, &with_text(untold(), &its_text())).unwrap_or_else(|error| panic!("{error}")))
}

async fn run(plugin: &Arc<Plugin>, function: &str, arguments: Value) -> Answer {
    let arguments: Arguments = arguments.as_object().cloned().unwrap_or_default().into_iter().collect();
    let action = plugin.catalog().action(&format!("hostile.{function}")).expect("it is declared");
    let invocation = Invocation { action: Arc::clone(action), arguments };
    plugin.call(&support::authorized(plugin, invocation).await).await
}

async fn call(plugin: &Arc<Plugin>, function: &str) -> Answer {
    run(plugin, function, Value::Null).await
}

/// The limit that a call met, and whether its request was sent.
fn limit_met(answer: &Answer) -> (Option<LimitKind>, bool) {
    let kind = match answer.result {
        Err(CallError::Limit { kind }) => Some(kind),
        _ => None,
    };
    (kind, answer.sent.is_some())
}

async fn behaves(plugin: &Arc<Plugin>) {
    assert_eq!(call(plugin, "behave").await.result, Ok(json!("200")));
}

#[tokio::test(flavor = "multi_thread")]
async fn undeclared_request_is_blocked_and_not_sent() {
    let simulator = support::simulator().await;
    let plugin = load(&simulator, tight());
    let method = |found: &str| Violation::Method { found: found.to_owned(), expected: "GET".to_owned() };
    let path = |found: &str| Violation::Path { found: found.to_owned(), expected: "/v1/organizations/me".to_owned() };
    let header = |name: &str| Violation::Header(name.to_owned());
    let host = |name: &str| Violation::Host(name.to_owned());
    let address = |text: &str| Violation::IpLiteral(text.to_owned());
    for (function, expected) in [
        ("wrong-host", host("evil.example")),
        ("near-host", host("api.anthropic.com.evil.example")),
        ("other-port", host("api.anthropic.com:8443")),
        ("ip-literal", address("169.254.169.254")),
        ("ip-literal-v6", address("::ffff:169.254.169.254")),
        ("plain-http", Violation::Scheme("http".to_owned())),
        ("user-info", Violation::UserInfo),
        ("wrong-method", method("DELETE")),
        ("odd-method", method("PURGE")),
        ("wrong-path", path("/v1/organizations/users")),
        ("dotted-path", path("/v1/organizations/me/../users")),
        ("encoded-path", path("/v1/organizations/me%2F..%2Fusers")),
        ("extra-query", Violation::Query("limit=1".to_owned())),
        ("extra-body", Violation::Body),
        ("own-key", header("x-api-key")),
        ("own-token", header("authorization")),
        ("own-host", header("host")),
        ("odd-header", header("x-forwarded-for")),
        ("own-beta", header("anthropic-beta")),
        ("second-beta", header("anthropic-beta")),
        ("second-version", header("anthropic-version")),
        ("own-type", header("content-type")),
    ] {
        simulator.clear_requests();
        let answer = call(&plugin, function).await;
        assert_eq!(answer.result, Err(CallError::Denied(expected)), "{function}");
        assert_eq!(answer.sent, None, "{function}");
        assert_eq!(simulator.requests(), [], "{function}");
        behaves(&plugin).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_cannot_swap_the_member_that_was_decided_on() {
    let simulator = support::simulator().await;
    let plugin = load(&simulator, tight());
    let arguments = json!({"user-id": "user_decided", "instead": "user_other"});
    let answer = run(&plugin, "swap", arguments).await;
    assert!(matches!(answer.result, Err(CallError::Denied(Violation::Path { .. }))), "{:?}", answer.result);
    assert_eq!(simulator.requests(), []);
    behaves(&plugin).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn declared_header_leaves_exactly_as_decided() {
    let simulator = support::simulator().await;
    let plugin = load(&simulator, tight());
    let arguments = json!({ "profile": "uprof_decided" });
    for function in ["other-profile", "two-profiles", "no-profile"] {
        let answer = run(&plugin, function, arguments.clone()).await;
        let denied = Violation::Header("x-profile-id".to_owned());
        assert_eq!(answer.result, Err(CallError::Denied(denied)), "{function}");
        assert_eq!(simulator.requests(), [], "{function}");
    }
    assert_eq!(run(&plugin, "its-profile", arguments).await.result, Ok(json!("200")));
    for unsendable in ["", "a b", "a\r\nx-api-key: b", "ü"] {
        let answer = run(&plugin, "its-profile", json!({ "profile": unsendable })).await;
        assert!(matches!(answer.result, Err(CallError::Arguments(_))), "{unsendable:?}: {:?}", answer.result);
    }
    let answer = run(&plugin, "declared-key", json!({ "profile": "sk" })).await;
    assert!(matches!(answer.result, Err(CallError::Arguments(_))), "{:?}", answer.result);
    assert_eq!(simulator.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_can_be_read_in_two_ways_leaves_in_one() {
    let simulator = support::simulator().await;
    let (received, bodies) = std::sync::mpsc::channel();
    let upstream = RawUpstream::start(move |request, _| {
        received.send(request.split("\r\n\r\n").nth(1).unwrap().to_owned()).unwrap();
        response(200, "", "{}")
    })
    .await;
    let plugin = load_at(&upstream.url(), support::credentials(&simulator), tight());
    let answer = run(&plugin, "double", json!({"name": "decided"})).await;
    assert_eq!(answer.result, Ok(json!("200")));
    assert_eq!(bodies.try_iter().collect::<Vec<_>>(), [r#"{"name":"decided"}"#]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_one_request_leaves() {
    let simulator = support::simulator().await;
    let plugin = load(&simulator, tight());
    assert_eq!(call(&plugin, "repeat").await.result, Err(CallError::Denied(Violation::SecondRequest)));
    assert_eq!(simulator.requests().len(), 1);
    behaves(&plugin).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redirect_is_not_followed_by_host_or_component() {
    let simulator = support::simulator().await;
    let plugin = load(&simulator, tight());
    simulator.inject(Fault::new(Effect::Redirect(RedirectEffect {
        location: format!("{}/v1/organizations/users", simulator.base_url()),
        code: 307,
    })));
    assert_eq!(call(&plugin, "follow").await.result, Err(CallError::Denied(Violation::Redirect(307))));
    assert_eq!(simulator.requests().len(), 1, "the redirected request");
    behaves(&plugin).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_loop_runs_out_of_wasm_time() {
    let simulator = support::simulator().await;
    let plugin = load(&simulator, tight());
    let answer = call(&plugin, "spin").await;
    assert_eq!(limit_met(&answer), (Some(LimitKind::WasmTime), false));
    behaves(&plugin).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_loop_does_not_hold_up_other_calls() {
    let simulator = support::simulator().await;
    let plugin = load(&simulator, Limits { wasm_time: Duration::from_secs(3), ..tight() });
    let (spinning, ()) = tokio::join!(call(&plugin, "spin"), behaves(&plugin));
    assert_eq!(limit_met(&spinning), (Some(LimitKind::WasmTime), false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_memory_bomb_runs_out_of_memory() {
    let simulator = support::simulator().await;
    let plugin = load(&simulator, Limits { memory_bytes: 32 << 20, wasm_time: Duration::from_secs(5), ..tight() });
    let answer = call(&plugin, "bomb").await;
    assert_eq!(limit_met(&answer), (Some(LimitKind::Memory), false));
    behaves(&plugin).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn resources_of_the_host_are_limited_for_the_whole_call() {
    let simulator = support::simulator().await;
    let plugin = load(&simulator, tight());
    for function in ["hoard-headers", "hoard-resources", "hoard-requests"] {
        let answer = call(&plugin, function).await;
        assert_eq!(limit_met(&answer), (Some(LimitKind::Resources), false), "{function}");
        behaves(&plugin).await;
    }
    let answer = call(&plugin, "long-method").await;
    assert!(matches!(answer.result, Err(CallError::Failed { .. })) && answer.sent.is_none(), "{answer:?}");
    assert_eq!(simulator.requests().len(), 3, "those that behave");
}

#[tokio::test(flavor = "multi_thread")]
async fn header_behind_the_body_is_not_sent() {
    let simulator = support::simulator().await;
    let plugin = load(&simulator, tight());
    let answer = run(&plugin, "trailers", json!({"name": "decided"})).await;
    assert_eq!(answer.result, Err(CallError::Denied(Violation::Header("x-late".to_owned()))));
    assert_eq!(simulator.requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_huge_result_runs_out_of_copying() {
    let simulator = support::simulator().await;
    let plugin = load(&simulator, Limits { copied_bytes: 16 << 20, wasm_time: Duration::from_secs(5), ..tight() });
    let answer = call(&plugin, "flood").await;
    assert_eq!(limit_met(&answer), (Some(LimitKind::CopiedBytes), false));
    behaves(&plugin).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_is_named_and_the_next_call_works() {
    let simulator = support::simulator().await;
    let plugin = load(&simulator, tight());
    let answer = call(&plugin, "crash").await;
    assert!(matches!(answer.result, Err(CallError::Trap { .. })) && answer.sent.is_none(), "{answer:?}");
    behaves(&plugin).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_never_answers_runs_out_the_clock() {
    let simulator = support::simulator().await;
    let plugin = load(&simulator, Limits { wall_clock: Duration::from_millis(700), ..tight() });
    simulator.inject(Fault { delay_ms: 5_000, ..Fault::default() });
    let answer = call(&plugin, "behave").await;
    assert_eq!(limit_met(&answer), (Some(LimitKind::WallClock), true));
    behaves(&plugin).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_calls_than_slots_wait_and_all_succeed() {
    let simulator = support::simulator().await;
    let plugin = load(&simulator, tight());
    let calls = (0..32).map(|_| behaves(&plugin));
    futures_join(calls).await;
    assert_eq!(simulator.requests().len(), 32);
}

async fn futures_join<F: Future<Output = ()>>(futures: impl Iterator<Item = F>) {
    let mut futures: Vec<_> = futures.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        futures.retain_mut(|future| future.as_mut().poll(context).is_pending());
        if futures.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

fn load_error(bytes: &[u8]) -> LoadError {
    let sandbox = support::sandbox("http://127.0.0.1:9", Credentials::default(), tight());
    Plugin::load(&sandbox, bytes).expect_err("it must not load")
}

#[tokio::test]
async fn a_component_that_wants_more_than_is_given_does_not_load() {
    for import in [
        "wasi:cli/environment@0.2.6",
        "wasi:sockets/tcp@0.2.6",
        "wasi:http/types@0.3.0",
        "wasi:io/pollute@0.2.6",
        "test:x/y",
    ] {
        let component = wat::parse_str(format!("(component (import \"{import}\" (instance)))")).unwrap();
        let error = load_error(&with_text(&component, &PackageText::default()));
        assert!(matches!(&error, LoadError::ForbiddenImport(name) if name == import), "{import}: {error}");
    }
}

#[tokio::test]
async fn a_file_that_ends_too_early_does_not_load() {
    let whole = claude_admin::embedded::COMPONENT;
    for length in [0, 3, 4, 8, 100, whole.len() / 2, whole.len() - 1] {
        let error = load_error(&whole[..length]);
        // Eight bytes are only the header: a valid empty component that has no package text.
        let named =
            matches!(error, LoadError::Malformed(_)) || (length == 8 && matches!(error, LoadError::NoPackageText));
        assert!(named, "{length}: {error}");
    }
}

#[tokio::test]
async fn a_core_module_does_not_load() {
    assert!(matches!(load_error(b"\0asm\x01\0\0\0"), LoadError::CoreModule));
}

#[tokio::test]
async fn a_component_without_its_text_does_not_load() {
    assert!(matches!(load_error(untold()), LoadError::NoPackageText));
}

#[tokio::test]
async fn component_without_a_declared_export_does_not_load() {
    let text = PackageText::from_folder(&support::workspace().join("wit")).unwrap();
    let error = load_error(&with_text(untold(), &text));
    assert!(matches!(&error, LoadError::Mismatch(what) if what.contains("is not exported")), "{error}");
}

#[tokio::test]
async fn a_text_that_says_another_type_than_the_export_is_found_out() {
    let text = its_text();
    let changed = text
        .files()
        .map(|(name, text)| (name, text.replace("spin: func() -> result<string", "spin: func() -> result<u32")));
    let error = load_error(&with_text(untold(), &PackageText::from_files(changed)));
    assert!(matches!(&error, LoadError::Mismatch(what) if what.contains("hostile.spin")), "{error}");
}

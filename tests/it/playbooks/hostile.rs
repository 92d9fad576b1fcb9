//! Hostile playbooks: each ends in a named error or in harmless text, and nothing runs that was not shown.

use super::host_with;
use crate::support::{self, OPEN_POLICY, text, type_in, writes};
use claude_admin::service::{Outcome, Reply, Service};
use claude_admin_simulator::{RunningSimulator, SimulatorConfig};
use std::sync::OnceLock;

pub(super) fn component() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| {
        let target = support::build_folder().join("hostile");
        let core = claude_admin_packager::compile(support::workspace(), "hostile-playbook", &target);
        let core = core.unwrap_or_else(|error| panic!("{error}"));
        claude_admin_packager::componentize(&core).unwrap()
    })
}

async fn host() -> (RunningSimulator, Service) {
    host_with(OPEN_POLICY, SimulatorConfig::default(), &[component()]).await
}

/// Texts with control characters, links or formulas that a terminal or a chat would follow.
fn is_harmless(reply: &Reply) -> bool {
    let text = text(reply);
    !text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}')
}

#[tokio::test(flavor = "multi_thread")]
async fn playbook_beyond_its_limits_ends_with_the_name_of_the_limit() {
    let (simulator, service) = host().await;
    for (mode, problem) in [
        ("spin", "2 s in wasm code"),
        ("read", "1000 reads"),
        ("memory", "64 MiB of memory"),
        ("stack", "crashed"),
        ("flood", "xxx"),
        ("bytes", "4096 KiB of text"),
        ("steps", "500 steps"),
        ("rows", "10000 rows"),
        ("panic", "crashed"),
    ] {
        let reply = type_in(&service, &format!("hostile {mode}")).await;
        support::says(&reply, Outcome::Failed, &[problem, "Nothing was"]);
        assert!(text(&reply).len() < 8 << 10, "{mode}: {} bytes", text(&reply).len());
    }
    // A playbook that failed has no effect on another one.
    let reply = type_in(&service, "hostile read-once").await;
    support::says(&reply, Outcome::Failed, &["read 5"]);
    assert!(writes(&simulator).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn text_of_a_playbook_steers_nothing() {
    let (_simulator, service) = host().await;
    for line in [
        "hostile error",
        "hostile text",
        "hostile step --action users.update --arguments '{\"user-id\": \"user_01fTPAarejCcux4jybAuxoiu\", \"role\": \"user\"}'",
    ] {
        let reply = type_in(&service, line).await;
        assert!(is_harmless(&reply), "{line}: {:?}", text(&reply));
        assert!(reply.outcome != Outcome::Unknown, "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn step_that_no_playbook_can_propose_is_named() {
    let (simulator, service) = host().await;
    let user = support::MEMBER;
    for (action, arguments, problem) in [
        ("users.fly", "{}", "There is no action"),
        ("users.list", "{}", "cannot be a step"),
        ("compliance-chats.list", "{}", "cannot be a step"),
        ("settings.configure", "{}", "There is no action"),
        ("audit.read", "{}", "There is no action"),
        ("playbooks.offboard", "{\"who\": \"x\"}", "There is no action"),
        ("members.remove", "{\"user-id\": \"user_1\"}", "There is no action"),
        ("users.remove", "{\"user-id\": \"ada@example.com\"}", "must name objects by their IDs"),
        ("users.remove", "{\"user-id\": \"user_1\", \"user-id\": \"user_2\"}", "not a JSON object"),
        ("users.remove", "{\"user-id\": \"user_1\", \"force\": true}", "has no argument"),
        ("users.remove", "[\"user_1\"]", "not a JSON object"),
        ("users.remove", "{\"user-id\": \"user_1/../../api_keys/apikey_1\"}", "step `a`"),
        ("users.remove", "{\"user-id\": \"user_1?x=1\"}", "step `a`"),
        ("users.update", "{\"user-id\": \"user_1\", \"role\": \"admin\"}", "role"),
        ("invites.create", "{\"email\": \"sk-ant-admin01-simulator-0123456789abcdef\", \"role\": \"user\"}", "secret"),
    ] {
        let line = format!("hostile step --action '{action}' --arguments '{arguments}'");
        let reply = type_in(&service, &line).await;
        assert!(!matches!(reply.outcome, Outcome::Done | Outcome::Waiting), "{line}: {}", text(&reply));
        assert!(text(&reply).contains(problem), "{line}: {}", text(&reply));
        assert!(is_harmless(&reply), "{line}");
    }
    // A secret in the result of a step cannot be delivered.
    let sensitive = service.catalog().actions.iter().filter(|action| action.writes() && action.sensitive).cloned();
    for action in sensitive.collect::<Vec<_>>() {
        let reply = type_in(&service, &format!("hostile step --action {} --arguments '{{}}'", action.id)).await;
        assert!(!matches!(reply.outcome, Outcome::Done | Outcome::Waiting), "{}: {}", action.id, text(&reply));
    }
    let reply = type_in(
        &service,
        &format!("hostile step --action users.remove --arguments '{{\"user-id\": \"{user}\"}}' --reason x"),
    )
    .await;
    assert_eq!(reply.outcome, Outcome::Waiting, "{}", text(&reply));
    assert!(writes(&simulator).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn read_with_a_name_or_out_of_bounds_is_denied_to_the_playbook() {
    let (simulator, service) = host().await;
    for mode in ["read-name", "read-range"] {
        let reply = type_in(&service, &format!("hostile {mode}")).await;
        support::says(&reply, Outcome::Failed, &["denied", "Nothing was sent."]);
    }
    assert!(simulator.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_runs_as_it_was_shown_although_the_playbook_would_propose_another_now() {
    let (simulator, service) = host().await;
    let reply = type_in(&service, "hostile moody").await;
    assert_eq!(reply.outcome, Outcome::Waiting, "{}", text(&reply));
    let steps = reply.error.as_ref().unwrap()["waiting"]["plan"]["steps"].clone();
    let shown = steps[0]["arguments"]["user-id"].as_str().unwrap().to_owned();
    simulator.advance(std::time::Duration::from_secs(1)).unwrap();
    let other = type_in(&service, "hostile moody --dry-run").await;
    let plan = &other.to_json()["plan"]["steps"][0]["arguments"]["user-id"];
    assert_ne!(*plan, shown.as_str(), "it proposes another step now");
    let done = type_in(&service, &format!("confirm {}", reply.operation)).await;
    assert_eq!(done.outcome, Outcome::Done, "{}", text(&done));
    assert_eq!(writes(&simulator), [format!("POST /v1/organizations/users/{shown}")]);
}

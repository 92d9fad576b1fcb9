//! Workload identity: the token of a workload is exchanged for access tokens, which are stored, renewed and replaced.

use crate::support;
use claude_admin::egress::{Credentials, WorkloadSettings};
use claude_admin::service::{Outcome, Service};
use claude_admin_simulator::{Effect, Fault, RunningSimulator, StatusEffect, workload_token};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// 2026-11-21T17:20:00Z, the time of the clock of a simulator.
const NOW: i64 = 1_795_281_600;
/// A rule of the simulator whose tokens have the scope `org:admin`.
const RULE: &str = "org-audit";

fn write_token(path: &Path, issuer: &str, jti: &str) {
    let claims = json!({
        "iss": issuer, "sub": "system:serviceaccount:audit:reader", "aud": "anthropic",
        "iat": NOW, "exp": NOW + 600, "jti": jti,
    });
    std::fs::write(path, workload_token(&claims)).unwrap();
}

/// A simulator, a host in front of it that has only a workload identity, and the issuer of its tokens.
async fn host(token_file: PathBuf) -> (RunningSimulator, Service, String) {
    let simulator = support::simulator().await;
    let open = support::service(&simulator);
    let ask = async |line: String| support::type_in(&open, &line).await.to_json();
    let text = |value: &Value, field: &str| value[field].as_str().unwrap().to_owned();
    let organization = text(&ask("organization me".to_owned()).await, "id");
    let rules = ask("federation-rules list".to_owned()).await["data"].clone();
    let rule = rules.as_array().unwrap().iter().find(|rule| rule["name"] == RULE).unwrap().clone();
    let issuer = ask(format!("federation-issuers get {}", text(&rule, "issuer_id"))).await;
    simulator.clear_requests();
    let settings = WorkloadSettings {
        token_file,
        federation_rule_id: text(&rule, "id"),
        organization_id: organization,
        service_account_id: None,
        // The rule covers several workspaces.
        workspace_id: Some("default".to_owned()),
    };
    let credentials = Credentials::default().with_workload_identity(Some(settings));
    let service = support::service_at(&simulator.base_url(), credentials, support::limits());
    (simulator, service, text(&issuer, "issuer_url"))
}

fn exchanges(simulator: &RunningSimulator) -> usize {
    simulator.requests().iter().filter(|request| request.path == "/v1/oauth/token").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_token_serves_many_calls() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let (simulator, service, issuer) = host(file.clone()).await;
    write_token(&file, &issuer, "a");
    for _ in 0..3 {
        let reply = support::type_in(&service, "users list --limit 1").await;
        assert_eq!(reply.outcome, Outcome::Done, "{}", support::text(&reply));
    }
    assert_eq!(exchanges(&simulator), 1);
    let status = support::text(&support::type_in(&service, "status").await);
    assert!(status.contains("a workload identity"), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn token_that_gets_401_is_replaced_once_and_write_is_resent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let (simulator, service, issuer) = host(file.clone()).await;
    write_token(&file, &issuer, "a");
    assert_eq!(support::type_in(&service, "users list --limit 1").await.outcome, Outcome::Done);
    write_token(&file, &issuer, "b");
    let unknown: StatusEffect = serde_json::from_value(json!({ "code": 401 })).unwrap();
    let fault = |times| Fault {
        path: Some("/v1/organizations/invites".to_owned()),
        times,
        effect: Some(Effect::Status(unknown.clone())),
        ..Fault::default()
    };
    simulator.inject(fault(1));
    let reply = support::type_in(&service, "invites create grace@example.com user --yes").await;
    assert_eq!(reply.outcome, Outcome::Done, "{}", support::text(&reply));
    assert_eq!(exchanges(&simulator), 2);

    write_token(&file, &issuer, "c");
    simulator.inject(fault(2));
    let reply = support::type_in(&service, "invites list").await;
    assert_eq!(reply.outcome, Outcome::Failed, "once is enough: {}", support::text(&reply));
}

#[tokio::test(flavor = "multi_thread")]
async fn workload_token_error_is_reported_and_nothing_else_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let (simulator, service, _) = host(file.clone()).await;
    let says = async |words: &str| {
        let text = support::text(&support::type_in(&service, "users list").await);
        assert!(text.contains(words), "`{words}` is not in: {text}");
    };
    says("cannot read the token of the workload").await;
    std::fs::write(&file, "not a token").unwrap();
    says("does not contain a JSON web token").await;
    std::fs::write(&file, "a.b.c").unwrap();
    says("the API did not accept the token of the workload (status 401").await;
    assert!(simulator.requests().iter().all(|request| request.path == "/v1/oauth/token"));
    // This action requires an Admin API key. A workload identity does not replace it.
    let text = support::text(&support::type_in(&service, "activities list").await);
    assert!(text.contains("needs"), "{text}");
}

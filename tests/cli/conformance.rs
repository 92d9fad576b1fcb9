//! `claude-admin conformance`: the simulator has the shapes of the WIT, each kind of difference is found, and no value
//! of a reply is in a report.

use super::command_line::{claude_admin, stderr, stdout};
use crate::support;
use claude_admin::conformance::{About, Conformance, Plan, Report};
use claude_admin::egress::{Credentials, Egress};
use claude_admin::embedded;
use claude_admin::render;
use claude_admin_catalog::{Action, Catalog, Method, ReplyForm};
use claude_admin_simulator::RunningSimulator;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Output;
use std::sync::Arc;

/// A value that must not be in a report. No identifier of the API looks like this.
const CANARY: &str = "Canary 4711 <ada@example.com>";

async fn run_with(simulator: &RunningSimulator, catalog: &Catalog, credentials: Credentials) -> Report {
    let egress = Arc::new(Egress::new(simulator.base_url().parse().unwrap(), credentials, None).unwrap());
    let plan = Plan::of(catalog, egress.credentials());
    let run = Conformance::new(catalog, egress, support::limits(), support::now());
    run.run(&plan, |_, _| {}).await
}

async fn run(simulator: &RunningSimulator, catalog: &Catalog) -> Report {
    run_with(simulator, catalog, support::credentials(simulator)).await
}

fn inject(simulator: &RunningSimulator, fault: Value) {
    simulator.inject(serde_json::from_value(fault).unwrap());
}

fn about() -> About {
    let text = |text: &str| text.to_owned();
    About { package: text("p"), upstream: "u", platform: text("p"), credentials: text("c") }
}

/// Action, path and difference of every finding; no finding contains the canary.
fn found(report: &Report) -> Vec<(String, String, String)> {
    let written = format!("{}{}", render::markdown(&report.document(&about())), report.to_json(&about()));
    for part in ["Canary", "4711", "ada@", "user_01"] {
        assert!(!written.contains(part), "{part}: {written}");
    }
    let finding = |json: &Value| ["action", "path", "difference"].map(|key| json[key].as_str().unwrap().to_owned());
    let json = report.to_json(&about());
    json["differences"].as_array().unwrap().iter().map(finding).map(|[a, b, c]| (a, b, c)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_read_that_the_credentials_open_is_compared_once() {
    let (simulator, catalog) = (support::simulator().await, embedded::catalog().unwrap());
    let report = run(&simulator, &catalog).await;
    assert_eq!(found(&report), []);
    let checked: BTreeSet<&str> = report.checked.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(checked.len(), report.checked.len());
    let left_out = |action: &&Arc<Action>| action.is_confidential() || action.reply_form == ReplyForm::Bytes;
    let reads = catalog.actions.iter().filter(|action| action.http.method == Method::Get);
    let (left_out, reads): (Vec<&Arc<Action>>, Vec<&Arc<Action>>) = reads.partition(left_out);
    assert!(left_out.len() > 20);
    for action in &left_out {
        assert!(!checked.contains(action.id.as_str()), "{}", action.id);
        assert!(report.not_checked.iter().any(|not| not.action == action.id), "{}", action.id);
    }
    // Everything else is compared. If an action is not compared, no list or only a confidential list contains its IDs,
    // or the object of that list has no such part.
    for action in &reads {
        if let Some(not) = report.not_checked.iter().find(|not| not.action == action.id) {
            let has_list = |name: &str| {
                let input = action.input(name).filter(|input| catalog.types.is_id(&input.ty));
                input.and_then(|input| catalog.id_list(&input.ty)).is_some_and(|list| !list.is_confidential())
            };
            let lacks_ids = not.reason.contains("no earlier reply") && !action.http.path.params().all(has_list);
            assert!(lacks_ids || not.reason.starts_with("status 404"), "{}: {}", action.id, not.reason);
        } else {
            assert!(checked.contains(action.id.as_str()), "{}", action.id);
        }
    }
    assert!(checked.len() > 95, "{}", checked.len());
    let requests = simulator.requests();
    let not_found = report.not_checked.iter().filter(|not| not.reason.starts_with("status 404")).count();
    assert_eq!(requests.len(), report.checked.len() + not_found);
    assert!(not_found < 3, "{not_found}");
    for request in requests {
        assert_eq!(request.method, "GET");
        let action = catalog.action(request.action.as_deref().unwrap()).unwrap();
        assert!(!action.is_confidential(), "{}", action.id);
        if action.input("limit").is_some() {
            assert!(request.query.unwrap().contains("limit=1"), "{}", action.id);
        }
    }
    assert!(!report.differs());
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_field_of_every_reply_is_found() {
    let (simulator, catalog) = (support::simulator().await, embedded::catalog().unwrap());
    let set = json!({ "/canary_field": CANARY });
    inject(&simulator, json!({ "times": 10_000, "effect": { "patch": { "set": set } } }));
    let report = run(&simulator, &catalog).await;
    let differences = found(&report);
    for (action, _) in &report.checked {
        let result = catalog.action(action).unwrap().result.clone().unwrap();
        let takes_all = catalog.types.record(&result).is_some_and(|fields| fields.iter().any(|field| field.rest));
        let expected = (action.clone(), "canary_field".to_owned(), "unknown_field".to_owned());
        assert_eq!(differences.contains(&expected), !takes_all, "{action}: {differences:?}");
    }
    assert!(report.checked.len() > 80 && report.differs());
}

#[tokio::test(flavor = "multi_thread")]
async fn report_contains_each_kind_of_difference_and_no_values() {
    let (simulator, catalog) = (support::simulator().await, embedded::catalog().unwrap());
    let set = |path: &str, value: Value| json!({ "patch": { "set": { path: value } } });
    for (effect, path, difference) in [
        (set("/data/0/canary", json!(CANARY)), "data[].canary", "unknown_field"),
        (set("/data/0/Canary 4711", json!(1)), "data[].*", "unknown_field"),
        (json!({ "patch": { "remove": ["/data/0/email"] } }), "data[].email", "missing_field"),
        (set("/data/0/email", json!(4711)), "data[].email", "wrong_type"),
        (set("/data/0", json!(CANARY)), "data[]", "wrong_type"),
        (set("/data/0/email", json!(null)), "data[].email", "null"),
        (set("/data/0/role", json!(CANARY)), "data[].role", "new_word"),
        (set("/data/0/type", json!(CANARY)), "data[].type", "unknown_word"),
        (set("/last_id", json!(null)), "", "no_cursor"),
        (json!("garbage"), "", "not_json"),
        (json!({ "status": { "code": 400, "message": CANARY } }), "", "status"),
        (json!({ "redirect": { "location": "https://example.com/Canary" } }), "", "status"),
    ] {
        inject(&simulator, json!({ "path": "/v1/organizations/users", "effect": effect }));
        let report = run(&simulator, &catalog).await;
        let expected = ("users.list".to_owned(), path.to_owned(), difference.to_owned());
        assert!(found(&report).contains(&expected), "{expected:?}: {:?}", found(&report));
        // A grown set of values is not an error. All other faults are errors, and some of them also remove IDs that
        // later reads need.
        assert_eq!(report.differs(), difference != "new_word", "{expected:?}: {:?}", found(&report));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reply_that_says_nothing_of_a_shape_is_listed_as_not_checked() {
    let (simulator, catalog) = (support::simulator().await, embedded::catalog().unwrap());
    for (effect, reason) in [
        (json!({ "status": { "code": 401, "message": CANARY } }), "status 401 (authentication_error)"),
        (json!({ "status": { "code": 403, "message": CANARY } }), "status 403 (permission_error)"),
        (json!({ "status": { "code": 503, "should_retry": false, "message": CANARY } }), "status 503"),
        (json!("close"), "no reply"),
        (json!("endless"), "the reply is larger than"),
    ] {
        inject(&simulator, json!({ "path": "/v1/organizations/users", "effect": effect }));
        let report = run(&simulator, &catalog).await;
        let not = report.not_checked.iter().find(|not| not.action == "users.list").unwrap();
        assert!(not.reason.contains(reason), "{reason}: {}", not.reason);
        assert_eq!(found(&report), []);
    }
    // No ID from a list is needed.
    let reason = |report: &Report, action: &str| {
        report.not_checked.iter().find(|not| not.action == action).map(|not| not.reason.clone())
    };
    inject(
        &simulator,
        json!({ "path": "/v1/organizations/invites", "effect": { "patch": { "set": { "/data": [] } } } }),
    );
    let report = run(&simulator, &catalog).await;
    let expected = Some("no earlier reply contained a value for <invite-id>".to_owned());
    assert_eq!(reason(&report, "invites.get"), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn api_that_accepts_no_request_is_left_alone() {
    let (simulator, catalog) = (support::simulator().await, embedded::catalog().unwrap());
    let wrong = Credentials::new(Some(SecretString::from("sk-ant-admin01-simulator-wrong")), None);
    let report = run_with(&simulator, &catalog, wrong).await;
    assert!(report.checked.is_empty() && !report.differs());
    assert_eq!(simulator.requests().len(), 3);
    // A key with fewer permissions is not used for other reads.
    let needs = report.not_checked.iter().filter(|not| not.reason.starts_with("no credential for it"));
    assert!(needs.count() > 20);
}

fn conformance(simulator: &RunningSimulator, args: &[&str]) -> Output {
    let mut command = claude_admin();
    command.env("ANTHROPIC_BASE_URL", simulator.base_url()).env("ANTHROPIC_ADMIN_KEY", simulator.admin_key());
    command.env("ANTHROPIC_OAUTH_TOKEN", simulator.oauth_token()).env("ANTHROPIC_SCOPED_KEY", simulator.scoped_key());
    command.arg("conformance").args(args).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_without_the_flag_or_a_credential() {
    let simulator = support::simulator().await;
    let output = conformance(&simulator, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("nothing was sent. With --send"), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
    assert!(simulator.requests().is_empty());
    let output = claude_admin().args(["conformance", "--send"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no credential for the Admin API"), "{}", stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_code_distinguishes_conformance_difference_and_failure() {
    let simulator = support::simulator().await;
    let output = conformance(&simulator, &["--send"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("## Conformance of the API with the WIT"), "{text}");
    assert!(text.contains("confidential: the reply contains texts that people wrote"), "{text}");
    assert!(!text.contains("127.0.0.1"), "{text}");
    assert!(stderr(&output).contains(": users list\n"), "{}", stderr(&output));
    let set = json!({ "/data/0/status": null });
    inject(&simulator, json!({ "path": "/v1/organizations/api_keys", "effect": { "patch": { "set": set } } }));
    let output = conformance(&simulator, &["--send", "-o", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["differs"], true);
    assert_eq!(report["differences"][0]["action"], "api-keys.list", "{report}");
    simulator.reset();
    inject(&simulator, json!({ "times": 1000, "effect": { "status": { "code": 401 } } }));
    let output = conformance(&simulator, &["--send"]);
    assert_eq!(output.status.code(), Some(8), "{}", stdout(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn run_of_a_configured_host_is_in_its_audit_log() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("host.toml");
    std::fs::write(&config, "[upstream]\nsimulate = true\n[store]\npath = \"log.db\"\n").unwrap();
    let config = config.to_str().unwrap();
    let output = claude_admin().args(["conformance", "--send", "--config", config]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let entries = claude_admin().args(["audit", "tail", "-o", "json", "--config", config]).output().unwrap();
    let text = stdout(&entries);
    assert!(text.contains("conformance --send") && text.contains("\"outcome\""), "{text}{}", stderr(&entries));
}

//! Ambiguous input is rejected, and never silently ignored.

use super::{TOKEN, call, gateway, says, slash};
use crate::support;
use claude_admin_simulator::RunningSimulator;
use serde_json::{Value, json};

fn inject(simulator: &RunningSimulator, times: u32, effect: Value) {
    simulator.inject(serde_json::from_value(json!({ "times": times, "effect": effect })).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_can_be_read_in_two_ways_is_refused() {
    let (simulator, served) = gateway(&[]).await;
    let authorization = format!("Bearer {TOKEN}");
    for (body, words) in [
        (r#"{"op": "users.list", "args": {"limit": 1, "limit": 2}}"#, "`limit` is given twice"),
        (r#"{"op": "users.list", "op": "invites.list"}"#, "not a command"),
        (r#"["users list", null, {}, false, false, false]"#, "not a command"),
    ] {
        let answer = served.post("/v1/commands", &[("authorization", &*authorization)], body.to_owned()).await;
        says(&answer, 400, words);
    }
    assert!(simulator.requests().is_empty(), "nothing was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_without_effect_is_refused() {
    let (simulator, served) = gateway(&[("CLAUDE_ADMIN_WRITES", "with-yes")]).await;
    for (line, words) in [
        ("users list --columns id,shoe-size", "there is no column `shoe_size`"),
        ("users list --compare", "cannot compare periods"),
        ("workspaces create Robots --yes --reason because", "has no audit log"),
    ] {
        says(&call(&served, json!({ "command": line })).await, 400, words);
        says(&slash(&served, "U1", line).await, 200, words);
    }
    for format in ["csv", "text", "markdown"] {
        let answer = call(&served, json!({ "command": format!("users list -o {format}") })).await;
        says(&answer, 400, "sends programs JSON only");
    }
    assert!(simulator.requests().is_empty(), "nothing was sent");
    says(&call(&served, json!({ "command": "users list --limit 1 -o json --no-compare" })).await, 200, "done");
    says(&slash(&served, "U1", "users list --limit 1 -o csv --columns id,email").await, 200, "id,email");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_advises_what_the_gateway_can_do() {
    let line = "workspaces create Robots --dry-run";
    let (_simulator, served) = gateway(&[]).await;
    let answer = slash(&served, "U1", line).await;
    says(&answer, 200, "This gateway only reads");
    assert!(!answer.1.to_string().contains("add `--yes`"), "{}", answer.1);
    let (_simulator, served) = gateway(&[("CLAUDE_ADMIN_WRITES", "with-yes")]).await;
    says(&slash(&served, "U1", line).await, 200, "add `--yes`");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_in_a_circle_is_cut_off_and_said_to_be() {
    let (simulator, served) = gateway(&[]).await;
    let circle = json!({ "patch": { "set": { "/has_more": true, "/last_id": support::MEMBER } } });
    for ask_slack in [false, true] {
        simulator.clear_requests();
        inject(&simulator, 2, circle.clone());
        if ask_slack {
            says(&slash(&served, "U1", "users list --limit 1 --all -o csv").await, 200, "was read for 2 pages only");
        } else {
            let answer = call(&served, json!({ "command": "users list --limit 1", "all": true })).await;
            says(&answer, 502, "was read for 2 pages only");
            assert_eq!(answer.1["outcome"], "partial");
        }
        assert_eq!(simulator.requests().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_succeeds_only_on_a_not_found_error_of_the_api() {
    let (simulator, served) = gateway(&[("CLAUDE_ADMIN_WRITES", "with-yes")]).await;
    let remove = json!({ "command": format!("users remove {}", support::MEMBER), "yes": true });
    inject(&simulator, 1, json!({ "status": { "code": 404, "type": "page_missing", "message": "no such page" } }));
    let (_, answer) = call(&served, remove.clone()).await;
    assert_ne!(answer["outcome"], "done", "{answer}");
    inject(&simulator, 1, json!({ "status": { "code": 404 } }));
    let (_, answer) = call(&served, remove).await;
    assert_eq!(answer["outcome"], "done", "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_there_is_not_is_refused() {
    let (_simulator, served) = gateway(&[("ANTHROPIC_BASE_URL", "http://127.0.0.1:99999")]).await;
    says(&call(&served, json!({ "command": "users list" })).await, 502, "an invalid port");
}

//! Rate limits, and the budgets of the API itself.

use crate::support::{Api, VERSION, WORKSPACES};
use claude_admin_simulator::{SCOPED_KEY, SimulatorConfig};
use serde_json::json;

const LIMITS: &str = "/v1/organizations/rate_limits";

#[test]
fn models_are_found_by_name_and_alias() {
    let mut api = Api::new();
    for model in ["claude-sonnet-4-5-20250929", "claude-sonnet-4-5", "claude-sonnet-4-5-latest"] {
        let found = api.get(&format!("{LIMITS}?model={model}")).ok();
        assert_eq!(found["data"][0]["group"]["display_name"], "Claude Sonnet 4.x", "{model}");
    }
    api.get(&format!("{LIMITS}?model=claude-none")).refused(404);
    let batch = api.get(&format!("{LIMITS}?group_type=batch")).ok();
    assert_eq!((batch["data"].as_array().unwrap().len(), &batch["data"][0]["models"]), (1, &json!(null)));
    assert_eq!(api.get(LIMITS).ok()["next_page"], json!(null), "everything is on one page");
}

#[test]
fn a_workspace_sets_and_clears_limits_of_its_own() {
    let mut api = Api::new();
    let workspace = api.id_of(WORKSPACES, "name", "Support bot");
    let path = format!("{WORKSPACES}/{workspace}/rate_limits");
    assert_eq!(api.get(&path).ok()["data"], json!([]));
    let inherited = api.get(&format!("{path}?include_inherited=true")).ok();
    assert_eq!(inherited["data"].as_array().unwrap().len(), api.get(LIMITS).ok()["data"].as_array().unwrap().len());
    let own = format!("{path}/{}", api.example_id("rlimit_"));
    let set = |value: serde_json::Value| json!({ "limits": [{ "type": "requests_per_minute", "value": value }] });
    let changed = api.post(&own, set(json!(99_999))).ok();
    assert_eq!(changed["limits"][0]["source"]["type"], "workspace");
    assert_eq!((&changed["limits"][0]["value"], &changed["limits"][0]["org_limit"]), (&json!(99_999), &json!(4_000)));
    assert_eq!(changed["limits"][1]["source"]["type"], "organization", "the others stay as they are");
    assert_eq!(api.get(&path).ok()["data"][0]["limits"].as_array().unwrap().len(), 1);
    api.post(&own, set(json!(null))).ok();
    assert_eq!(api.get(&path).ok()["data"], json!([]));
    assert_eq!(
        api.post(&own, json!({ "limits": [{ "type": "requests_per_minute" }] })).refused(400),
        "limits.0.value: Field required"
    );
    api.post(&own, json!({ "limits": [{ "type": "tokens_per_day", "value": 1 }] })).refused(400);
}

#[test]
fn the_default_workspace_takes_no_limits_and_a_new_one_inherits() {
    let mut api = Api::new();
    let limit = api.example_id("rlimit_");
    let body = json!({ "limits": [{ "type": "requests_per_minute", "value": 1 }] });
    let default = api.id_of(&format!("{WORKSPACES}?include_default=true"), "name", "Default");
    api.post(&format!("{WORKSPACES}/{default}/rate_limits/{limit}"), body.clone()).refused(400);
    let new = api.post(WORKSPACES, json!({ "name": "new" })).ok()["id"].as_str().unwrap().to_owned();
    api.post(&format!("{WORKSPACES}/{new}/rate_limits/{limit}"), body).ok();
}

#[test]
fn families_have_budgets_of_their_own() {
    let mut api = Api::with(SimulatorConfig { requests_per_minute: Some(100), ..SimulatorConfig::default() });
    let headers = [("x-api-key", SCOPED_KEY), ("anthropic-version", VERSION)];
    let path = "/v1/organizations/spend_limits/effective?limit=1";
    for _ in 0..60 {
        api.request("GET", path, &headers, "").ok();
    }
    let reply = api.request("GET", path, &headers, "");
    assert!(reply.refused(429).contains("60 spend limit requests"));
    assert_eq!(reply.headers["retry-after"], "60");
    api.get("/v1/organizations/me").ok();
}

#[test]
fn compliance_replies_say_what_is_left() {
    let mut api = Api::new();
    let headers = [("x-api-key", SCOPED_KEY), ("anthropic-version", VERSION)];
    for left in ["599", "598"] {
        let reply = api.request("GET", "/v1/compliance/organizations", &headers, "");
        assert_eq!(reply.headers["anthropic-ratelimit-requests-limit"], "600");
        assert_eq!(reply.headers["anthropic-ratelimit-requests-remaining"], left);
        assert_eq!(reply.headers["anthropic-ratelimit-requests-reset"], "2026-11-21T17:21:00Z");
    }
    let reply = api.get("/v1/organizations/me");
    assert!(!reply.headers.contains_key("anthropic-ratelimit-requests-limit"));
}

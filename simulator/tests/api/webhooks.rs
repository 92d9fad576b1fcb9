//! Webhook endpoints.

use crate::support::{Api, Reply, VERSION, values};
use claude_admin_simulator::ADMIN_KEY;
use serde_json::{Value, json};

const WEBHOOKS: &str = "/v1/organizations/webhooks";

fn send(api: &mut Api, method: &str, path: &str, body: Value) -> Reply {
    let headers = [("x-api-key", ADMIN_KEY), ("anthropic-version", VERSION), ("anthropic-beta", "webhooks-2026-10-07")];
    let body = if method == "POST" { body.to_string() } else { String::new() };
    api.request(method, path, &headers, &body)
}

fn new() -> Value {
    json!({ "url": "https://hooks.example.com/new", "enabled_events": ["external_key.failed"] })
}

#[test]
fn without_the_beta_there_is_nothing_there() {
    Api::new().get(WEBHOOKS).refused(404);
}

#[test]
fn a_secret_is_shown_once_and_replaced() {
    let mut api = Api::new();
    let made = send(&mut api, "POST", WEBHOOKS, new()).ok();
    let first = made["signing_secret"].as_str().unwrap().to_owned();
    let path = format!("{WEBHOOKS}/{}", made["id"].as_str().unwrap());
    assert!(send(&mut api, "GET", &path, Value::Null).ok().get("signing_secret").is_none());
    let replaced = send(&mut api, "POST", &format!("{path}/regenerate_signing_secret"), json!({})).ok();
    assert_ne!(replaced["signing_secret"], *first);
    assert_eq!(replaced.as_object().unwrap().len(), 1);
}

#[test]
fn an_organization_has_at_most_32() {
    let mut api = Api::new();
    let there = send(&mut api, "GET", &format!("{WEBHOOKS}?limit=100"), Value::Null).ok();
    for _ in there["data"].as_array().unwrap().len()..32 {
        send(&mut api, "POST", WEBHOOKS, new()).ok();
    }
    assert!(send(&mut api, "POST", WEBHOOKS, new()).refused(400).contains("32"));
    // A limit of 0 is the default, and means 20.
    for query in ["", "?limit=0"] {
        let page = send(&mut api, "GET", &format!("{WEBHOOKS}{query}"), Value::Null).ok();
        assert_eq!(page["data"].as_array().unwrap().len(), 20);
    }
}

#[test]
fn enabling_clears_the_reason_and_empty_list_changes_no_events() {
    let mut api = Api::new();
    let page = send(&mut api, "GET", WEBHOOKS, Value::Null).ok();
    let off = page["data"].as_array().unwrap().iter().find(|hook| hook["state"] == "disabled").unwrap().clone();
    let path = format!("{WEBHOOKS}/{}", off["id"].as_str().unwrap());
    let on = send(&mut api, "POST", &path, json!({ "state": "enabled", "enabled_events": [] })).ok();
    assert_eq!((&on["disabled_reason"], &on["enabled_events"]), (&json!(""), &off["enabled_events"]));
}

#[test]
fn the_order_can_be_turned_and_before_starts_at_the_top() {
    let mut api = Api::new();
    let mut names = |query: &str| -> Vec<String> {
        let page = send(&mut api, "GET", &format!("{WEBHOOKS}?{query}"), Value::Null).ok();
        values(page["data"].as_array().unwrap(), "name").into_iter().map(str::to_owned).collect()
    };
    assert_eq!(names("order=asc"), ["Old receiver", "Security desk", "Key watch"]);
    assert_eq!(names(""), ["Key watch", "Security desk", "Old receiver"]);
    let oldest = send(&mut api, "GET", &format!("{WEBHOOKS}?order=asc&limit=1"), Value::Null).ok();
    let before = oldest["first_id"].as_str().unwrap();
    let page = send(&mut api, "GET", &format!("{WEBHOOKS}?before_id={before}&limit=1"), Value::Null).ok();
    assert_eq!(page["data"][0]["name"], "Key watch", "the first of the list, not the one next to it");
    assert_eq!(page["has_more"], true);
}

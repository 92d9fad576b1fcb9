//! Telemetry destinations.

use crate::support::{Api, Reply, VERSION, WORKSPACES};
use claude_admin_simulator::ADMIN_KEY;
use serde_json::{Value, json};

const PATH: &str = "/v1/organizations/telemetry_destinations";

fn send(api: &mut Api, method: &str, path: &str, body: Value) -> Reply {
    let beta = ("anthropic-beta", "telemetry-destinations-2026-08-11");
    let headers = [("x-api-key", ADMIN_KEY), ("anthropic-version", VERSION), beta];
    let body = if method == "POST" { body.to_string() } else { String::new() };
    api.request(method, path, &headers, &body)
}

fn new(url: &str) -> Value {
    json!({ "endpoint_url": url, "workspaces": { "type": "all" }, "headers": { "x-token": "simulator" } })
}

#[test]
fn addresses_and_headers_are_checked() {
    let mut api = Api::new();
    for url in [
        "http://otel.example.com",
        "https://otel.example.com:4318",
        "https://127.0.0.1/v1",
        "https://otel.example.com/?a=b",
        "https://me@otel.example.com",
    ] {
        assert!(send(&mut api, "POST", PATH, new(url)).refused(400).starts_with("endpoint_url"), "{url}");
    }
    let mut reserved = new("https://otel.example.com");
    reserved["headers"] = json!({ "Host": "x" });
    assert!(send(&mut api, "POST", PATH, reserved).refused(400).starts_with("headers.Host"));
    let mut large = new("https://otel.example.com");
    large["headers"] = json!({ "a": "x".repeat(16_384) });
    assert!(send(&mut api, "POST", PATH, large).refused(400).starts_with("headers"));
}

#[test]
fn values_of_headers_are_never_shown_and_lost_with_the_host() {
    let mut api = Api::new();
    let made = send(&mut api, "POST", PATH, new("https://otel.example.com/v1")).ok();
    assert_eq!((&made["header_names"], &made["state"]["type"]), (&json!(["x-token"]), &json!("enabled")));
    assert!(made.get("headers").is_none());
    let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
    assert!(send(&mut api, "POST", &path, json!({ "headers": { "a": "b" } })).refused(400).contains("endpoint_url"));
    let moved = send(&mut api, "POST", &path, json!({ "endpoint_url": "https://otel.example.com/v2" })).ok();
    assert_eq!(moved["header_names"], json!(["x-token"]));
    let moved = send(&mut api, "POST", &path, json!({ "endpoint_url": "https://other.example.com" })).ok();
    assert_eq!(moved["header_names"], json!([]));
    send(&mut api, "POST", &path, json!({})).refused(400);
    let off = send(&mut api, "POST", &path, json!({ "state": { "type": "disabled" } })).ok();
    assert_eq!(off["state"], json!({ "type": "disabled", "reason": { "type": "caller" } }));
}

#[test]
fn an_organization_has_at_most_10() {
    let mut api = Api::new();
    for _ in 3..10 {
        send(&mut api, "POST", PATH, new("https://otel.example.com")).ok();
    }
    assert!(send(&mut api, "POST", PATH, new("https://otel.example.com")).refused(400).contains("10"));
}

#[test]
fn a_test_waits_ten_seconds() {
    let mut api = Api::new();
    let path = format!("{PATH}/{}/test", api.example_id("tdst_"));
    assert_eq!(send(&mut api, "POST", &path, json!({})).ok()["result"]["type"], "success");
    api.advance("4s");
    let reply = send(&mut api, "POST", &path, json!({}));
    reply.refused(429);
    assert_eq!(reply.headers["retry-after"], "6");
    api.advance("6s");
    send(&mut api, "POST", &path, json!({})).ok();
}

#[test]
fn a_list_takes_live_workspaces_once_each() {
    let mut api = Api::new();
    let list = format!("{PATH}/{}/workspaces", api.example_id("tdst_"));
    let workspace = api.id_of(WORKSPACES, "name", "Research & <Evaluation>");
    let first = send(&mut api, "POST", &format!("{list}/{workspace}"), json!({})).ok();
    api.advance("1h");
    assert_eq!(send(&mut api, "POST", &format!("{list}/{workspace}"), json!({})).ok(), first);
    send(&mut api, "DELETE", &format!("{list}/{workspace}"), Value::Null).ok();
    send(&mut api, "DELETE", &format!("{list}/{workspace}"), Value::Null).refused(404);
    let archived = api.id_of(&format!("{WORKSPACES}?include_archived=true"), "name", "Prototype 2024");
    send(&mut api, "POST", &format!("{list}/{archived}"), json!({})).refused(400);

    let all = send(&mut api, "GET", PATH, Value::Null).ok()["data"].as_array().unwrap().clone();
    let all = all.iter().find(|destination| destination["workspaces"]["type"] == "all").unwrap();
    let list = format!("{PATH}/{}/workspaces", all["id"].as_str().unwrap());
    assert_eq!(send(&mut api, "GET", &list, Value::Null).ok()["data"], json!([]));
    send(&mut api, "POST", &format!("{list}/{workspace}"), json!({})).refused(400);
    send(&mut api, "DELETE", &format!("{list}/{workspace}"), Value::Null).refused(400);
}

#[test]
fn destinations_are_found_by_what_they_cover() {
    let mut api = Api::new();
    let staging = api.id_of(WORKSPACES, "name", "Staging");
    let found = send(&mut api, "GET", &format!("{PATH}?workspace_ids[]={staging}"), Value::Null).ok();
    let kinds: Vec<_> = found["data"].as_array().unwrap().iter().map(|one| one["workspaces"]["type"].clone()).collect();
    assert_eq!(kinds, ["include", "all"], "the one that excludes it is not there");
}

//! Encryption keys and buckets of Google Cloud projects.

use crate::support::{Api, Reply, VERSION};
use claude_admin_simulator::{ADMIN_KEY, OAUTH_TOKEN};
use serde_json::{Value, json};

const CONTROLS: &str = "/v1/organizations/providers/google/projects/123456789012/data_controls";
const KEY: &str = "ekey_01Gc8TnVbXqL5sRwYmPzK2dH";
const AWS_KEY: &str = "ekey_01Dk3RqVwZ8tFmXcN5bYhJsG";
const BETA: (&str, &str) = ("anthropic-beta", "google-managed-data-controls-2026-09-01");

fn ask(api: &mut Api, method: &str, path: &str, body: &Value) -> Reply {
    let bearer = format!("Bearer {OAUTH_TOKEN}");
    let headers = [("authorization", &*bearer), ("anthropic-version", VERSION), BETA];
    api.request(method, path, &headers, &if method == "POST" { body.to_string() } else { String::new() })
}

fn update(api: &mut Api, body: Value) -> Reply {
    ask(api, "POST", CONTROLS, &body)
}

fn keys(regions: Value) -> Value {
    json!({ "cmek": { "type": "enabled", "external_key_ids": regions } })
}

fn buckets(regions: Value) -> Value {
    json!({ "storage": { "type": "enabled", "buckets": regions } })
}

fn bucket(name: &str) -> Value {
    json!({ "project_number": "123456789012", "bucket_name": name })
}

#[test]
fn key_left_out_stays_and_null_removes() {
    let mut api = Api::new();
    let changed = update(&mut api, keys(json!({ "us": KEY, "sg": null }))).ok();
    assert_eq!(changed["cmek"]["external_key_ids"], json!({ "eu": KEY, "us": KEY }));
    assert_eq!(changed["cmek"]["retired_keys"][0]["region"], "sg");
    assert_eq!(changed["cmek"]["status"]["us"]["type"], "pending");
    assert_eq!(changed["cmek"]["status"]["us"]["effective_external_key_id"], Value::Null);
    assert_eq!(changed["cmek"]["status"]["global"]["type"], "not_configured");
    api.advance("10m");
    let shown = ask(&mut api, "GET", CONTROLS, &Value::Null).ok();
    assert_eq!(shown["cmek"]["status"]["us"]["type"], "active");
    assert_eq!(shown["cmek"]["status"]["us"]["effective_external_key_id"], KEY);
    assert_eq!(shown["storage"]["buckets"]["eu"]["bucket_name"], "acme-claude-eu", "the other control stays");
    update(&mut api, keys(json!({ "us": null, "eu": null }))).refused(400);
    let off = update(&mut api, json!({ "cmek": { "type": "disabled" } })).ok();
    assert_eq!(off["cmek"]["type"], "disabled");
    api.advance("31d");
    assert_eq!(ask(&mut api, "GET", CONTROLS, &Value::Null).ok()["cmek"]["retired_keys"], json!([]));
}

#[test]
fn former_bucket_stays_in_use_until_the_new_one_works() {
    let mut api = Api::new();
    let pending = update(&mut api, buckets(json!({ "eu": bucket("acme-unverified") }))).ok();
    assert_eq!(pending["storage"]["status"]["eu"]["effective_bucket"], bucket("acme-claude-eu"));
    assert_eq!(pending["storage"]["buckets"]["eu"]["project_id"], Value::Null);
    api.advance("10m");
    let failed = ask(&mut api, "GET", CONTROLS, &Value::Null).ok()["storage"].clone();
    assert_eq!(failed["status"]["eu"]["type"], "failed");
    assert_eq!(failed["status"]["eu"]["failed_checks"][0]["check"], "probe_failed");
    assert_eq!(failed["status"]["eu"]["effective_bucket"], bucket("acme-claude-eu"));
}

#[test]
fn update_is_refused_by_rule() {
    let mut api = Api::new();
    update(&mut api, json!({})).refused(400);
    for (body, code) in [
        (keys(json!({ "mars": KEY })), "region_not_supported"),
        (keys(json!({ "us": "ekey_unknown" })), "external_key_not_found"),
        (keys(json!({ "us": AWS_KEY })), "external_key_provider_mismatch"),
        (buckets(json!({ "us": { "project_number": "1", "bucket_name": "acme-us" } })), "gcp_project_not_verified"),
        (buckets(json!({ "us": bucket("acme-claude-research") })), "storage_in_use"),
    ] {
        assert_eq!(update(&mut api, body.clone()).code(), Some(code), "{body}");
    }
    update(&mut api, buckets(json!({ "us": bucket("acme-claude-eu") }))).refused(400);
    ask(&mut api, "GET", &CONTROLS.replace("123456789012", "987"), &Value::Null).refused(404);
    let headers = [("x-api-key", ADMIN_KEY), ("anthropic-version", VERSION), BETA];
    api.request("POST", CONTROLS, &headers, r#"{"cmek": {"type": "disabled"}}"#).refused(403);
    api.request("GET", CONTROLS, &headers, "").ok();
}

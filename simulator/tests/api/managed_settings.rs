//! Managed settings of Claude Code.

use crate::support::{Api, Reply};
use serde_json::{Value, json};

const ROOT: &str = "/v1/organizations/claude_code/managed_settings";

fn send(api: &mut Api, method: &str, path: &str, body: Value) -> Reply {
    api.scoped(method, &format!("{ROOT}/{path}"), body, "ce-claude-code-managed-settings-2026-10-06")
}

fn new_group(api: &mut Api) -> String {
    let group = api.scoped("POST", "/v1/organizations/rbac_groups", json!({ "name": "New" }), "").ok();
    group["id"].as_str().unwrap().to_owned()
}

#[test]
fn without_the_beta_there_is_nothing_there() {
    Api::new().scoped("GET", &format!("{ROOT}/configuration"), Value::Null, "").refused(404);
}

#[test]
fn an_order_is_changed_on_its_newest_version_alone() {
    let mut api = Api::new();
    let now = send(&mut api, "GET", "configuration", Value::Null).ok();
    let mut order = now["rbac_group_order"].as_array().unwrap().clone();
    order.reverse();
    let change = |version: &Value| json!({ "rbac_group_order": order, "rbac_group_order_version": version });
    let changed = send(&mut api, "POST", "configuration", change(&now["rbac_group_order_version"])).ok();
    assert_eq!(changed["rbac_group_order"], json!(order));
    send(&mut api, "POST", "configuration", change(&now["rbac_group_order_version"])).refused(409);
    let newest = changed["rbac_group_order_version"].clone();
    for alone in [json!({ "rbac_group_order": order }), json!({ "rbac_group_order_version": newest })] {
        send(&mut api, "POST", "configuration", alone).refused(400);
    }
    let short = json!({ "rbac_group_order": [order[0]], "rbac_group_order_version": newest });
    send(&mut api, "POST", "configuration", short).refused(400);
}

#[test]
fn new_settings_are_last_and_a_cursor_of_an_old_order_conflicts() {
    let mut api = Api::new();
    let first = send(&mut api, "GET", "rbac_groups?limit=1", Value::Null).ok();
    assert_eq!(first["data"][0]["rbac_group_id"], api.example_id("rbac_group_"));
    let group = new_group(&mut api);
    let path = format!("rbac_groups/{group}");
    assert_eq!(send(&mut api, "GET", &path, Value::Null).code(), Some("rbac_group_managed_settings_not_found"));
    send(&mut api, "POST", &path, json!({ "settings": { "a": 1 } })).ok();
    let order = send(&mut api, "GET", "configuration", Value::Null).ok()["rbac_group_order"].clone();
    assert_eq!(order.as_array().unwrap().last().unwrap(), &json!(group));
    let stale = format!("rbac_groups?limit=1&page={}", first["next_page"].as_str().unwrap());
    send(&mut api, "GET", &stale, Value::Null).refused(409);
    let replaced = send(&mut api, "POST", &path, json!({ "settings": { "b": 2 } })).ok();
    assert_eq!(replaced["settings"], json!({ "b": 2 }));
    send(&mut api, "DELETE", &path, Value::Null).ok();
    assert_eq!(send(&mut api, "DELETE", &path, Value::Null).code(), Some("rbac_group_managed_settings_not_found"));
    let unknown = send(&mut api, "POST", "rbac_groups/rbac_group_none", json!({ "settings": {} }));
    assert_eq!(unknown.code(), Some("rbac_group_not_found"));
}

#[test]
fn settings_of_a_deleted_group_stay() {
    let mut api = Api::new();
    let group = api.example_id("rbac_group_");
    api.scoped("DELETE", &format!("/v1/organizations/rbac_groups/{group}"), Value::Null, "").ok();
    let settings = send(&mut api, "GET", &format!("rbac_groups/{group}"), Value::Null).ok();
    assert_eq!(settings["rbac_group_status"]["type"], "deleted");
}

#[test]
fn default_settings_are_cleared_by_null_and_copied_on_switch() {
    let mut api = Api::new();
    assert_eq!(send(&mut api, "POST", "rbac_group_default", json!({})).refused(400), "settings: Field required");
    send(&mut api, "POST", "rbac_group_default", json!({ "settings": [] })).refused(400);
    let cleared = send(&mut api, "POST", "rbac_group_default", json!({ "settings": null })).ok();
    assert_eq!(cleared["settings"], Value::Null);
    let groups = send(&mut api, "GET", "rbac_groups", Value::Null).ok()["data"].as_array().unwrap().clone();
    for group in groups {
        send(&mut api, "DELETE", &format!("rbac_groups/{}", group["rbac_group_id"].as_str().unwrap()), Value::Null)
            .ok();
    }
    let mode = |mode: &str| json!({ "mode": { "type": mode } });
    send(&mut api, "POST", "configuration", mode("organization")).ok();
    send(&mut api, "POST", "configuration", mode("rbac_groups")).ok();
    let default = send(&mut api, "GET", "rbac_group_default", Value::Null).ok();
    assert_eq!(default["settings"]["permissions"]["deny"][0], "Bash(curl:*)", "{default}");
}

#[test]
fn a_document_has_at_most_a_mebibyte() {
    let mut api = Api::new();
    let large = json!({ "settings": { "a": "x".repeat(1024 * 1024) } });
    let reply = send(&mut api, "POST", "rbac_group_default", large);
    reply.refused(400);
    assert_eq!(reply.code(), Some("settings_document_limit_exceeded"));
}

//! Claude in Slack.

use crate::support::{Api, Reply};
use serde_json::{Value, json};

const CHANNELS: &str = "/v1/organizations/claude_tag/slack_channels";
const WORKSPACES: &str = "/v1/organizations/claude_tag/slack_workspaces";
const BUNDLES: &str = "/v1/organizations/claude_tag/bundles";

fn send(api: &mut Api, method: &str, path: &str, body: Value) -> Reply {
    api.scoped(method, path, body, "experimental-claude-tag-2026-10-21")
}

fn new(channel: &str, settings: Value) -> Value {
    json!({ "slack": { "channel_id": channel, "workspace_id": "T0123456789" }, "settings": settings })
}

#[test]
fn setting_up_twice_gives_the_same_channel() {
    let mut api = Api::new();
    let first = send(&mut api, "POST", CHANNELS, new("C0123456789", json!({ "enabled": false }))).ok();
    api.advance("1h");
    assert_eq!(send(&mut api, "POST", CHANNELS, new("C0123456789", json!({ "enabled": true }))).ok(), first);
    assert_eq!(first["sources"]["enabled"]["type"], "slack_channel");
    send(&mut api, "POST", CHANNELS, new("X1", json!({}))).refused(404);
}

#[test]
fn a_channel_stays_set_up_when_its_settings_are_refused() {
    let mut api = Api::new();
    for (channel, settings, status, code) in [
        ("C0555555555", json!({ "model": "gpt" }), 400, "slack_channel_set_up_settings_refused"),
        ("C0666666666", json!({ "environment_id": "env_x" }), 404, "slack_channel_set_up_environment_not_found"),
    ] {
        let reply = send(&mut api, "POST", CHANNELS, new(channel, settings));
        assert_eq!((reply.status, reply.code()), (status, Some(code)));
        let id = reply.body["error"]["details"]["slack_channel_id"].as_str().unwrap().to_owned();
        let there = send(&mut api, "GET", &format!("{CHANNELS}/{id}"), Value::Null).ok();
        assert_eq!(there["slack"]["channel_id"], channel);
    }
}

#[test]
fn settings_are_inherited_and_inherited_again_when_cleared() {
    let mut api = Api::new();
    let path = format!("{CHANNELS}/{}", api.example_id("slch_"));
    let own = send(&mut api, "GET", &path, Value::Null).ok();
    assert_eq!((&own["settings"]["enabled"], &own["sources"]["enabled"]), (&Value::Null, &Value::Null));
    let all = send(&mut api, "GET", &format!("{path}?include_inherited=true"), Value::Null).ok();
    assert_eq!(
        (&all["settings"]["enabled"], &all["sources"]["enabled"]["type"]),
        (&json!(true), &json!("slack_workspace"))
    );
    assert_eq!(all["settings"]["guest_policy"]["type"], "restrict");
    assert_eq!(all["sources"]["guest_policy"]["type"], "default");
    assert_eq!(all["settings"]["instructions"], "Be brief.\n\nAnswer in English.");
    let change = json!({ "settings": { "reply_mode": { "type": "automatic" }, "model": null } });
    let changed = send(&mut api, "POST", &path, change).ok();
    assert_eq!(
        (&changed["settings"]["model"], &changed["settings"]["reply_mode"]["type"]),
        (&Value::Null, &json!("automatic"))
    );
    let bad = json!({ "settings": { "environment_id": "env_x" } });
    assert_eq!(send(&mut api, "POST", &path, bad.clone()).code(), Some("environment_not_found"));
    let workspace = format!("{WORKSPACES}/{}", api.example_id("slws_"));
    assert_eq!(send(&mut api, "POST", &workspace, bad).code(), Some("environment_not_found"));
}

#[test]
fn an_enabled_channel_is_not_removed() {
    let mut api = Api::new();
    let path = format!("{CHANNELS}/{}", api.example_id("slch_"));
    assert_eq!(send(&mut api, "DELETE", &path, Value::Null).code(), Some("slack_channel_enabled"));
    send(&mut api, "POST", &path, json!({ "settings": { "enabled": false } })).ok();
    send(&mut api, "DELETE", &path, Value::Null).ok();
    send(&mut api, "DELETE", &path, Value::Null).refused(404);
}

#[test]
fn a_channel_is_found_by_its_slack_id_whatever_the_page() {
    let mut api = Api::new();
    let list = format!("{CHANNELS}?slack_workspace_id=T0123456789");
    assert_eq!(send(&mut api, "GET", CHANNELS, Value::Null).refused(400), "slack_workspace_id: Field required");
    let page = send(&mut api, "GET", &format!("{list}&limit=1"), Value::Null).ok();
    let cursor = page["next_page"].as_str().unwrap();
    send(&mut api, "GET", &format!("{list}&limit=1&include_inherited=true&page={cursor}"), Value::Null).refused(400);
    let found = send(&mut api, "GET", &format!("{list}&slack_channel_id=C0333333333&page=x"), Value::Null).ok();
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    let group_message = send(&mut api, "GET", &format!("{list}&slack_channel_id=G0222222222"), Value::Null).ok();
    let path = format!("{CHANNELS}/{}", group_message["data"][0]["id"].as_str().unwrap());
    send(&mut api, "POST", &path, json!({ "settings": { "enabled": true } })).refused(400);
}

#[test]
fn a_pair_of_bundle_and_place_has_one_id_for_ever() {
    let mut api = Api::new();
    let targets = format!("{BUNDLES}/{}/targets", api.example_id("capp_"));
    let example = api.example_id("btgt_");
    let place = json!({ "type": "slack_channel", "slack_channel_id": api.example_id("slch_") });
    assert_eq!(send(&mut api, "POST", &targets, place.clone()).ok()["id"], *example, "it is attached already");
    send(&mut api, "DELETE", &format!("{targets}/{example}"), Value::Null).ok();
    send(&mut api, "DELETE", &format!("{targets}/{example}"), Value::Null).refused(404);
    assert_eq!(send(&mut api, "POST", &targets, place).ok()["id"], *example);
    let nowhere = json!({ "type": "slack_workspace", "slack_workspace_id": "slws_none" });
    send(&mut api, "POST", &targets, nowhere).refused(404);
}

#[test]
fn long_instructions_and_managed_bundles_cannot_be_updated() {
    let mut api = Api::new();
    let path = format!("{BUNDLES}/{}", api.example_id("capp_"));
    assert_eq!(send(&mut api, "POST", &path, json!({ "instructions": "x" })).ok()["instructions"], "x");
    assert_eq!(send(&mut api, "POST", &path, json!({ "instructions": "" })).ok()["instructions"], Value::Null);
    send(&mut api, "POST", &path, json!({ "instructions": "x".repeat(10_001) })).refused(400);
    let bundles = send(&mut api, "GET", BUNDLES, Value::Null).ok()["data"].as_array().unwrap().clone();
    for (name, code) in [("Rotation", "bundle_on_call"), ("Shared drive", "bundle_attachment_not_supported")] {
        let bundle = bundles.iter().find(|bundle| bundle["display_name"] == name).unwrap();
        let path = format!("{BUNDLES}/{}", bundle["id"].as_str().unwrap());
        assert_eq!(send(&mut api, "POST", &path, json!({ "instructions": "x" })).code(), Some(code));
    }
}

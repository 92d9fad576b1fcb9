//! Turning the Compliance API off and on.

use super::BASE;
use crate::support::{Api, WORKSPACES};
use serde_json::json;

const SETTINGS: &str = "/v1/organizations/compliance_settings";

#[test]
fn compliance_settings_are_enabled_until_they_are_disabled() {
    let mut api = Api::new();
    let on = json!({ "type": "compliance_settings", "state": { "type": "enabled" } });
    assert_eq!(api.get(SETTINGS).ok(), on);
    let off = api.post(SETTINGS, json!({ "state": { "type": "disabled" } })).ok();
    assert_eq!(off["state"], json!({ "type": "disabled" }));
    assert_eq!(api.get(SETTINGS).ok(), off);
    assert_eq!(api.post(SETTINGS, json!({ "state": "enabled" })).ok(), on, "a bare word is taken too");
    assert_eq!(api.get(SETTINGS).ok(), on);
    api.post(SETTINGS, json!({ "state": "asleep" })).refused(400);
    api.post(SETTINGS, json!({})).refused(400);
}

#[test]
fn while_it_is_off_nothing_is_read_deleted_or_recorded() {
    let mut api = Api::new();
    let project = "apps/projects/claude_proj_01Kz7XcVbNm3QwErTyUpAs6D";
    api.post(SETTINGS, json!({ "state": "disabled" })).ok();
    for path in ["activities", "organizations", "groups", "apps/chats", project, "apps/sessions/local"] {
        let refused = api.audit("GET", &format!("{BASE}/{path}"), "");
        assert_eq!(refused.refused(403), "The Compliance API is not enabled for this organization.", "{path}");
        assert_eq!(refused.body["error"]["type"], "permission_error");
    }
    let settings = "organizations/5f0c8a52-6d1e-4b7a-9c43-2e8f1d7b6a90/settings";
    api.audit("GET", &format!("{BASE}/{settings}"), "").refused(404);
    api.audit("DELETE", &format!("{BASE}/{project}"), "").refused(403);
    api.post(WORKSPACES, json!({ "name": "Unseen" })).ok();

    api.post(SETTINGS, json!({ "state": "enabled" })).ok();
    api.audit("GET", &format!("{BASE}/{project}"), "").ok();
    let latest = api.items("activities?limit=5");
    let kinds: Vec<&str> = latest.iter().filter_map(|one| one["type"].as_str()).collect();
    assert_eq!(
        kinds[..3],
        ["compliance_api_accessed", "org_compliance_api_settings_updated", "org_compliance_api_settings_updated"]
    );
    assert_eq!(latest[1]["compliance_api_enabled"], true);
    assert_eq!(latest[2]["compliance_api_enabled"], false, "the last thing before it was off");
}

#[test]
fn setting_the_same_again_changes_nothing() {
    let mut api = Api::new();
    api.post(SETTINGS, json!({ "state": "enabled" })).ok();
    assert!(api.items("activities?activity_types[]=org_compliance_api_settings_updated").is_empty());
}

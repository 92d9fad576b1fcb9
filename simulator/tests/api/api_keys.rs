//! API keys.

use crate::support::{Api, KEYS, USERS, WORKSPACES, values};
use serde_json::{Value, json};

fn path_of(api: &mut Api, name: &str) -> String {
    format!("{KEYS}/{}", api.id_of(KEYS, "name", name))
}

#[test]
fn keys_cannot_be_created_or_deleted() {
    let mut api = Api::new();
    api.post(KEYS, json!({ "name": "new" })).refused(405);
    let path = path_of(&mut api, "ci main");
    api.delete(&path).refused(405);
}

#[test]
fn a_key_is_switched_off_and_on_again_and_archived_for_good() {
    let mut api = Api::new();
    let path = path_of(&mut api, "ci main");
    for status in ["inactive", "active", "archived"] {
        assert_eq!(api.post(&path, json!({ "status": status })).ok()["status"], status);
    }
    api.post(&path, json!({ "status": "active" })).refused(400);
    api.post(&path, json!({ "status": "inactive" })).refused(400);
    assert_eq!(api.post(&path, json!({ "status": "archived" })).ok()["status"], "archived");
}

#[test]
fn expired_cannot_be_set() {
    let mut api = Api::new();
    let path = path_of(&mut api, "ci main");
    assert_eq!(
        api.post(&path, json!({ "status": "expired" })).refused(400),
        "status: Input should be 'active', 'inactive' or 'archived'"
    );
}

#[test]
fn a_key_expires_when_its_time_has_come() {
    let mut api = Api::new();
    let path = path_of(&mut api, "load test");
    assert_eq!(api.get(&path).ok()["status"], "active");
    api.advance("7d");
    assert_eq!(api.get(&path).ok()["status"], "expired");
    assert!(values(&api.list(&format!("{KEYS}?status=expired")), "name").contains(&"load test"));
    assert!(!values(&api.list(&format!("{KEYS}?status=active")), "name").contains(&"load test"));
    api.post(&path, json!({ "status": "active" })).refused(400);
    assert_eq!(api.post(&path, json!({ "status": "archived" })).ok()["status"], "archived");
}

#[test]
fn a_key_is_renamed_and_null_changes_nothing() {
    let mut api = Api::new();
    let path = path_of(&mut api, "ci main");
    let renamed = api.post(&path, json!({ "name": "ci trunk", "status": null })).ok();
    assert_eq!((&renamed["name"], &renamed["status"]), (&json!("ci trunk"), &json!("active")));
    assert_eq!(api.post(&path, json!({ "name": null })).ok()["name"], "ci trunk");
}

#[test]
fn keys_are_narrowed_by_state_workspace_and_creator() {
    let mut api = Api::new();
    assert_eq!(values(&api.list(&format!("{KEYS}?status=inactive")), "name"), ["old gateway"]);
    let staging = api.id_of(WORKSPACES, "name", "Staging");
    let mut names = values(&api.list(&format!("{KEYS}?workspace_id={staging}")), "name").join(", ");
    assert_eq!(names, "load test, trial");
    let creator = api.id_of(USERS, "email", "priya.raghunathan@example.com");
    names = values(&api.list(&format!("{KEYS}?created_by_user_id={creator}")), "name").join(", ");
    assert_eq!(names, "old gateway");
}

#[test]
fn only_the_older_version_has_a_workspace_id() {
    let mut api = Api::new();
    let staging = api.id_of(WORKSPACES, "name", "Staging");
    assert_eq!(api.find(KEYS, "name", "trial")["workspace_id"], *staging);
    for name in ["legacy import", "notebook"] {
        let key = api.find(KEYS, "name", name);
        assert_eq!(key.get("workspace_id"), Some(&Value::Null), "{name} is in the default workspace or in none");
    }
    api.version = "2026-10-21";
    let key = api.find(KEYS, "name", "trial");
    assert_eq!(key.get("workspace_id"), None);
    assert_eq!(key["scope"], json!({ "type": "workspace", "workspace_id": staging }));
}

#[test]
fn key_of_the_organization_has_a_principal() {
    let mut api = Api::new();
    let agent = api.find(KEYS, "name", "deploy agent");
    assert_eq!(agent["scope"], json!({ "type": "organization" }));
    assert_eq!(agent["principal"]["type"], "service_account_actor");
    assert_eq!(agent["created_by"]["type"], "service_account");
    let personal = api.find(KEYS, "name", "notebook");
    assert_eq!(personal["principal"]["user_id"], personal["created_by"]["id"]);
}

#[test]
fn a_key_of_the_default_workspace_names_it_by_its_real_id() {
    let mut api = Api::new();
    let default = api.id_of(&format!("{WORKSPACES}?include_default=true"), "name", "Default");
    let key = api.find(KEYS, "name", "legacy import");
    assert_eq!(key["scope"]["workspace_id"], *default);
    assert_eq!(key["created_by"], Value::Null);
}

//! Encryption keys of the organization.

use crate::support::{Api, WORKSPACES};
use serde_json::json;

const KEYS: &str = "/v1/organizations/external_keys";

fn id_of(api: &mut Api, name: &str) -> String {
    let keys = api.list_up_to_100(KEYS);
    keys.iter().find(|key| key["display_name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_key_in_use_is_frozen_but_for_its_name() {
    let mut api = Api::new();
    let path = format!("{KEYS}/{}", id_of(&mut api, "Support data"));
    assert_eq!(api.get(&path).ok()["attachment"], json!({ "type": "attached" }));
    let elsewhere = json!({ "provider_config": { "type": "aws", "kms_arn": "arn:aws:kms:x" } });
    assert_eq!(api.post(&path, elsewhere.clone()).code(), Some("external_key_in_workspace_policy"));
    assert_eq!(api.delete(&path).code(), Some("external_key_in_workspace_policy"));
    assert_eq!(api.post(&path, json!({ "display_name": "Renamed" })).ok()["display_name"], "Renamed");
    // An archived workspace still refers to it.
    let workspace = api.id_of(WORKSPACES, "name", "Support bot");
    api.post(&format!("{WORKSPACES}/{workspace}/archive"), json!({})).ok();
    assert_eq!(api.delete(&path).code(), Some("external_key_in_workspace_policy"));
    let free = format!("{KEYS}/{}", id_of(&mut api, "Main key"));
    api.post(&free, elsewhere).ok();
    assert_eq!(api.delete(&free).ok()["type"], "external_key_deleted");
}

#[test]
fn the_place_is_fixed_and_a_google_key_never_moves() {
    let mut api = Api::new();
    let gcp = |name: &str| json!({ "provider_config": { "type": "gcp", "key_name": name } });
    let mut elsewhere = gcp("a");
    elsewhere["geo"] = "eu".into();
    assert!(api.post(KEYS, elsewhere).refused(400).starts_with("geo"));
    let path = format!("{KEYS}/{}", api.post(KEYS, gcp("a")).ok()["id"].as_str().unwrap());
    api.post(&path, gcp("a")).ok();
    assert!(api.post(&path, gcp("b")).refused(400).starts_with("provider_config"));
}

#[test]
fn a_check_is_answered_whatever_comes_of_it() {
    let mut api = Api::new();
    for (name, status) in [("Main key", "success"), ("Old key", "failure")] {
        let path = format!("{KEYS}/{}/validate", id_of(&mut api, name));
        assert_eq!(api.post(&path, json!({})).ok()["status"], status);
    }
}

#[test]
fn a_key_that_does_not_work_is_not_attached() {
    let mut api = Api::new();
    let path = format!("{WORKSPACES}/{}", api.id_of(WORKSPACES, "name", "Production"));
    for (name, code) in
        [("Old key", "external_key_validation_failed"), ("Far away", "external_key_validation_timed_out")]
    {
        let key = id_of(&mut api, name);
        assert_eq!(api.post(&path, json!({ "external_key_id": key })).code(), Some(code));
        assert_eq!(api.post(WORKSPACES, json!({ "name": "new", "external_key_id": key })).code(), Some(code));
    }
    let provider = json!({ "type": "aws", "kms_arn": "arn:aws:kms:x" });
    let bound = api.post(KEYS, json!({ "provider_config": provider, "user_profile_id": "uprof_1" })).ok();
    let other = json!({ "external_key_id": bound["id"], "user_profile_id": "uprof_2" });
    assert_eq!(api.post(&path, other).code(), Some("key_profile_mismatch"));
}

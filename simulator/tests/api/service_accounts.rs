//! Service accounts and their places.

use crate::support::{Api, WORKSPACES, values};
use serde_json::{Value, json};

const ACCOUNTS: &str = "/v1/organizations/service_accounts";

fn create(api: &mut Api, name: &str) -> String {
    let account = api.oauth("POST", ACCOUNTS, json!({ "name": name })).ok();
    account["id"].as_str().unwrap().to_owned()
}

fn default_workspace(api: &mut Api) -> String {
    api.id_of(&format!("{WORKSPACES}?include_default=true"), "name", "Default")
}

#[test]
fn an_admin_key_is_refused() {
    let mut api = Api::new();
    assert!(api.get(ACCOUNTS).refused(403).contains("does not accept Admin API keys"));
}

#[test]
fn names_are_slugs_and_unique() {
    let mut api = Api::new();
    let account = api.oauth("POST", ACCOUNTS, json!({ "name": "ci-2" })).ok();
    assert_eq!((&account["organization_role"], &account["description"]), (&json!("developer"), &json!("")));
    assert!(account["created_by_actor_id"].as_str().unwrap().starts_with("user_"));
    api.oauth("POST", ACCOUNTS, json!({ "name": "ci-2" })).refused(409);
    assert_eq!(
        api.oauth("POST", ACCOUNTS, json!({ "name": "Not a slug" })).refused(400),
        "name: String should match pattern '^[a-z0-9-]+$'"
    );
    let path = format!("{ACCOUNTS}/{}", account["id"].as_str().unwrap());
    assert_eq!(
        api.oauth("POST", &path, json!({ "name": "other" })).refused(400),
        "name: Extra inputs are not permitted"
    );
    let changed = api.oauth("POST", &path, json!({ "description": null })).ok();
    assert_eq!(changed["description"], "");
}

#[test]
fn archiving_is_final_idempotent_and_invalid_for_rule_targets() {
    let mut api = Api::new();
    let target = format!("{ACCOUNTS}/{}/archive", api.example_id("svac_"));
    assert!(api.oauth("POST", &target, json!({})).refused(400).contains("federation rule"));

    let path = format!("{ACCOUNTS}/{}", create(&mut api, "short-lived"));
    let first = api.oauth("POST", &format!("{path}/archive"), json!({})).ok();
    assert_eq!(first["archived_at"], "2026-11-21T17:20:00Z");
    api.advance("1d");
    assert_eq!(api.oauth("POST", &format!("{path}/archive"), json!({})).ok(), first);
    api.oauth("POST", &path, json!({ "description": "x" })).refused(400);
    assert_eq!(api.oauth("GET", &format!("{path}/workspaces"), json!({})).ok()["data"], json!([]));
    let listed = api.oauth("GET", ACCOUNTS, json!({})).ok();
    assert!(!values(listed["data"].as_array().unwrap(), "name").contains(&"short-lived"));
}

#[test]
fn every_account_is_in_the_default_workspace_by_itself() {
    let mut api = Api::new();
    let (account, default) = (create(&mut api, "ci-2"), default_workspace(&mut api));
    let places = format!("{ACCOUNTS}/{account}/workspaces");
    let implicit = api.oauth("GET", &places, json!({})).ok()["data"][0].clone();
    assert_eq!((&implicit["implicit"], &implicit["workspace_role"]), (&json!(true), &json!("workspace_user")));
    assert_eq!(implicit["workspace_id"], *default);
    let place = format!("{WORKSPACES}/{default}/service_accounts/{account}");
    assert_eq!(api.oauth("GET", &place, json!({})).ok()["implicit"], true);
    assert_eq!(
        api.oauth("GET", &format!("{WORKSPACES}/{default}/service_accounts"), json!({})).ok()["data"],
        json!([]),
        "it is not listed in the workspace"
    );
    api.oauth("POST", &place, json!({ "workspace_role": "workspace_admin" })).refused(400);

    let given = json!({ "workspace_id": default, "workspace_role": "workspace_admin" });
    assert_eq!(api.oauth("POST", &places, given).ok()["implicit"], false);
    let all = api.oauth("GET", &places, json!({})).ok()["data"].as_array().unwrap().clone();
    assert_eq!((all.len(), &all[0]["workspace_role"]), (1, &json!("workspace_admin")));
    api.oauth("DELETE", &place, Value::Null).ok();
    assert_eq!(api.oauth("GET", &place, json!({})).ok()["implicit"], true, "it falls back");
}

#[test]
fn a_place_is_the_same_from_both_sides() {
    let mut api = Api::new();
    let account = create(&mut api, "ci-2");
    let staging = api.id_of(WORKSPACES, "name", "Staging");
    let (inside, outside) =
        (format!("{WORKSPACES}/{staging}/service_accounts"), format!("{ACCOUNTS}/{account}/workspaces"));
    let give = |role: &str| json!({ "service_account_id": account, "workspace_role": role });
    api.oauth("POST", &inside, give("workspace_user")).ok();
    assert_eq!(api.oauth("POST", &inside, give("workspace_developer")).ok()["workspace_role"], "workspace_developer");
    let places = api.oauth("GET", &outside, json!({})).ok()["data"].as_array().unwrap().clone();
    assert_eq!(places.len(), 2, "{places:?}");
    assert_eq!(places[1]["workspace_role"], "workspace_developer");
    let place = format!("{inside}/{account}");
    for _ in 0..2 {
        let gone = api.oauth("DELETE", &format!("{outside}/{staging}"), Value::Null).ok();
        assert_eq!(gone["type"], "service_account_workspace_member_deleted");
    }
    api.oauth("GET", &place, json!({})).refused(404);
}

#[test]
fn an_archived_workspace_is_closed_to_accounts() {
    let mut api = Api::new();
    let workspace = api.id_of(&format!("{WORKSPACES}?include_archived=true"), "name", "Prototype 2024");
    let path = format!("{WORKSPACES}/{workspace}/service_accounts");
    api.oauth("GET", &path, json!({})).refused(400);
    let account = api.example_id("svac_");
    api.oauth("POST", &path, json!({ "service_account_id": account, "workspace_role": "workspace_user" })).refused(400);
    api.oauth("DELETE", &format!("{path}/{account}"), Value::Null).refused(400);
}

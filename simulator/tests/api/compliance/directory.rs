//! Linked organizations, their members, roles and settings, and groups.

use super::BASE;
use crate::support::{Api, USERS};
use serde_json::{Value, json};

const OWN: &str = "5f0c8a52-6d1e-4b7a-9c43-2e8f1d7b6a90";

#[test]
fn linked_organizations_are_listed_oldest_first() {
    let mut api = Api::new();
    let page = api.audit("GET", &format!("{BASE}/organizations"), "").ok();
    assert_eq!(page["data"][0]["uuid"], OWN);
    assert_eq!(page["data"][0]["name"], api.get("/v1/organizations/me").ok()["name"]);
    assert_eq!(page["data"].as_array().unwrap().len(), 2);
    assert!(page["data"][0]["created_at"].as_str() < page["data"][1]["created_at"].as_str());
    let first = api.audit("GET", &format!("{BASE}/organizations?limit=1"), "").ok();
    assert_eq!(first["has_more"], true);
    let next = first["next_page"].as_str().unwrap();
    let second = api.audit("GET", &format!("{BASE}/organizations?limit=1&page={next}"), "").ok();
    assert_eq!(second["data"][0], page["data"][1]);
    api.audit("GET", &format!("{BASE}/organizations?limit=1001"), "").refused(400);
}

#[test]
fn its_members_are_those_of_the_organization() {
    let mut api = Api::new();
    let members = api.list(USERS);
    let users = api.items(&format!("organizations/{OWN}/users"));
    assert_eq!(users.len(), members.len());
    let member = members.last().unwrap();
    assert_eq!(users[0]["full_name"], member["name"]);
    assert_eq!(users[0]["organization_role"], member["role"]);
    let id = api.find(USERS, "email", "wei.zhang@example.com")["id"].as_str().unwrap().to_owned();
    api.delete(&format!("{USERS}/{id}")).ok();
    assert_eq!(api.items(&format!("organizations/{OWN}/users")).len(), members.len() - 1);

    let sister = api.items("organizations")[1]["uuid"].as_str().unwrap().to_owned();
    assert_eq!(api.items(&format!("organizations/{sister}/users")).len(), 3);
    for path in ["users", "roles", "settings", "roles/rbac_role_x", "roles/rbac_role_x/permissions"] {
        api.audit("GET", &format!("{BASE}/organizations/00000000-0000-4000-8000-000000000000/{path}"), "").refused(404);
    }
    api.audit("GET", &format!("{BASE}/organizations/{OWN}/roles/rbac_role_none"), "").refused(404);
}

#[test]
fn settings_have_every_kind_of_value() {
    let mut api = Api::new();
    let settings = api.audit("GET", &format!("{BASE}/organizations/{OWN}/settings"), "").ok();
    assert_eq!(settings["organization_id"], OWN);
    for kind in ["boolean", "integer", "string_list", "provisioning_mode", "data_retention"] {
        assert!(settings["settings"].as_array().unwrap().iter().any(|one| one["type"] == kind), "{kind}");
    }
}

#[test]
fn groups_and_their_members_are_those_of_the_organization() {
    let mut api = Api::new();
    let groups = "/v1/organizations/rbac_groups";
    let group = api.audit("POST", groups, r#"{"name": "Data science"}"#).ok()["id"].as_str().unwrap().to_owned();
    api.audit("POST", &format!("{groups}/{group}/members"), r#"{"user_id": "user_01WCz1FkmYMm4gnmykNKUu3Q"}"#).ok();
    let shown = api.audit("GET", &format!("{BASE}/groups/{group}"), "").ok();
    assert_eq!((&shown["name"], &shown["id"]), (&json!("Data science"), &json!(group)));
    let named = api.items("groups?name_prefix=Data%20s");
    assert_eq!(named, [shown]);
    assert_eq!(api.items("groups?name_prefix=zzz"), Vec::<Value>::new());
    let members = api.items(&format!("groups/{group}/members"));
    assert_eq!(members[0]["email"], "mateo.rivera@example.com");
    api.audit("DELETE", &format!("{groups}/{group}"), "").ok();
    api.audit("GET", &format!("{BASE}/groups/{group}"), "").refused(404);
    api.audit("GET", &format!("{BASE}/groups/{group}/members"), "").refused(404);
}

//! Members of the organization.

use crate::support::{Api, KEYS, USERS, WORKSPACES, values};
use serde_json::json;

#[test]
fn members_are_listed_newest_first() {
    let members = Api::new().list(USERS);
    let added = values(&members, "added_at");
    assert_eq!(added.len(), 25);
    assert!(added.is_sorted_by(|newer, older| newer > older), "{added:?}");
}

#[test]
fn an_email_filter_ignores_case_and_plus_tags() {
    let mut api = Api::new();
    let found = api.list(&format!("{USERS}?email=Mateo.Rivera%2Bclaude@EXAMPLE.com"));
    assert_eq!(values(&found, "email"), ["mateo.rivera@example.com"]);
    assert!(api.list(&format!("{USERS}?email=nobody@example.com")).is_empty());
}

#[test]
fn several_roles_are_any_of_them() {
    let mut api = Api::new();
    let found = api.list(&format!("{USERS}?roles[]=admin&roles%5B%5D=billing"));
    let mut roles = values(&found, "role");
    roles.sort_unstable();
    assert_eq!(roles, ["admin", "admin", "admin", "billing", "billing"]);
}

#[test]
fn a_role_can_be_changed() {
    let mut api = Api::new();
    let id = api.id_of(USERS, "role", "user");
    let path = format!("{USERS}/{id}");
    assert_eq!(api.post(&path, json!({ "role": "developer" })).ok()["role"], "developer");
    assert_eq!(api.get(&path).ok()["role"], "developer");
}

#[test]
fn admin_can_be_neither_given_nor_taken_away() {
    let mut api = Api::new();
    let user = api.id_of(USERS, "role", "user");
    assert_eq!(
        api.post(&format!("{USERS}/{user}"), json!({ "role": "admin" })).refused(400),
        "role: Input should be 'user', 'developer', 'billing', 'claude_code_user' or 'managed'"
    );
    let admin = format!("{USERS}/{}", api.id_of(USERS, "role", "admin"));
    api.post(&admin, json!({ "role": "user" })).refused(400);
    api.delete(&admin).refused(400);
    assert_eq!(api.get(&admin).ok()["role"], "admin");
}

#[test]
fn a_console_organization_has_no_managed_members() {
    let mut api = Api::new();
    let user = api.id_of(USERS, "role", "user");
    api.post(&format!("{USERS}/{user}"), json!({ "role": "managed" })).refused(400);
}

#[test]
fn removed_member_is_not_found() {
    let mut api = Api::new();
    let path = format!("{USERS}/{}", api.id_of(USERS, "role", "developer"));
    let reply = api.delete(&path).ok();
    assert_eq!(reply["type"], "user_deleted");
    assert_eq!(reply.as_object().unwrap().len(), 2);
    api.get(&path).refused(404);
    api.delete(&path).refused(404);
    assert_eq!(api.list(USERS).len(), 24);
}

#[test]
fn the_last_member_cannot_be_removed() {
    let mut api = Api::with_members(1);
    let path = format!("{USERS}/{}", api.list(USERS)[0]["id"].as_str().unwrap());
    let reply = api.delete(&path);
    reply.refused(400);
    assert_eq!(reply.code(), Some("cannot_remove_last_member"));
}

#[test]
fn member_removal_archives_personal_keys_but_not_created_keys() {
    let mut api = Api::new();
    let personal = api.find(KEYS, "name", "=cmd|'/C calc'!A0");
    let made = api.find(KEYS, "name", "ci main");
    let member = personal["principal"]["user_id"].as_str().unwrap().to_owned();
    assert_eq!(made["created_by"]["id"], *member);

    api.delete(&format!("{USERS}/{member}")).ok();
    assert_eq!(api.find(KEYS, "name", "=cmd|'/C calc'!A0")["status"], "archived");
    let made = api.find(KEYS, "name", "ci main");
    assert_eq!((&made["status"], &made["created_by"]["id"]), (&json!("active"), &json!(member)));
}

#[test]
fn a_removed_member_leaves_every_workspace() {
    let mut api = Api::new();
    let member = api.id_of(USERS, "email", "mateo.rivera@example.com");
    let production = api.id_of(WORKSPACES, "name", "Production");
    let place = format!("{WORKSPACES}/{production}/members/{member}");
    api.get(&place).ok();
    api.delete(&format!("{USERS}/{member}")).ok();
    api.get(&place).refused(404);
}

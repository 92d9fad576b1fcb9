//! Groups and roles.

use crate::support::{Api, Reply, USERS};
use claude_admin_simulator::{OrganizationKind, SimulatorConfig};
use serde_json::{Value, json};

const GROUPS: &str = "/v1/organizations/rbac_groups";
const ROLES: &str = "/v1/organizations/rbac_roles";

fn send(api: &mut Api, method: &str, path: &str, body: Value) -> Reply {
    api.scoped(method, path, body, "")
}

fn group(api: &mut Api, name: &str) -> String {
    let groups = send(api, "GET", GROUPS, Value::Null).ok()["data"].as_array().unwrap().clone();
    let group = groups.iter().find(|group| group["name"] == name).unwrap();
    format!("{GROUPS}/{}", group["id"].as_str().unwrap())
}

#[test]
fn a_new_group_is_empty_and_may_share_its_name() {
    let mut api = Api::new();
    for _ in 0..2 {
        let group = send(&mut api, "POST", GROUPS, json!({ "name": "Support" })).ok();
        assert_eq!((&group["source_type"], &group["role_ids"]), (&json!("direct"), &json!([])));
        let members = format!("{GROUPS}/{}/members", group["id"].as_str().unwrap());
        assert_eq!(send(&mut api, "GET", &members, Value::Null).ok()["data"], json!([]));
    }
}

#[test]
fn a_group_of_a_directory_is_read_only() {
    let mut api = Api::new();
    let path = group(&mut api, "Everybody (directory)");
    let user = api.list(USERS)[0]["id"].clone();
    send(&mut api, "POST", &path, json!({ "name": "x" })).refused(400);
    send(&mut api, "DELETE", &path, Value::Null).refused(400);
    send(&mut api, "POST", &format!("{path}/members"), json!({ "user_id": user })).refused(400);
    send(&mut api, "DELETE", &format!("{path}/members/{}", user.as_str().unwrap()), Value::Null).refused(400);
}

#[test]
fn a_group_that_grants_what_owners_may_is_not_handed_out() {
    let mut api = Api::new();
    let path = group(&mut api, "Owners");
    let user = api.list(USERS)[0]["id"].clone();
    let code = Some("rbac_group_grants_owner_access");
    assert_eq!(send(&mut api, "POST", &format!("{path}/members"), json!({ "user_id": user })).code(), code);
    assert_eq!(send(&mut api, "DELETE", &path, Value::Null).code(), code);
    let invite = json!({
        "email": "new@example.com", "role": "user", "rbac_group_ids": [path.rsplit('/').next().unwrap()],
    });
    assert_eq!(send(&mut api, "POST", "/v1/organizations/invites", invite).code(), code);
}

#[test]
fn group_members_are_unique_ordered_and_removed_with_the_user() {
    let mut api = Api::new();
    let path = format!("{}/members", group(&mut api, "Data & research"));
    let user = api.list(USERS)[0]["id"].as_str().unwrap().to_owned();
    api.advance("1m");
    let added = send(&mut api, "POST", &path, json!({ "user_id": user })).ok();
    assert_eq!(added["group_id"], added["rbac_group_id"], "in version 2023-06-01");
    send(&mut api, "POST", &path, json!({ "user_id": user })).refused(400);
    send(&mut api, "POST", &path, json!({ "user_id": "user_none" })).refused(404);
    let listed = send(&mut api, "GET", &path, Value::Null).ok();
    assert_eq!(listed["data"].as_array().unwrap().last().unwrap()["user_id"], *user);
    api.delete(&format!("{USERS}/{user}")).ok();
    send(&mut api, "DELETE", &format!("{path}/{user}"), Value::Null).refused(404);
}

#[test]
fn newer_version_does_not_have_fields_of_the_older_one() {
    let mut api = Api::new();
    let role = format!("{ROLES}/{}", api.example_id("rbac_role_"));
    let group = group(&mut api, "Support");
    let members = format!("{group}/members");
    for (version, is_there) in [("2023-06-01", true), ("2026-10-21", false)] {
        api.version = version;
        let body = send(&mut api, "GET", &role, Value::Null).ok();
        assert_eq!(body.get("name").is_some(), is_there);
        assert_eq!(send(&mut api, "GET", &group, Value::Null).ok().get("roles").is_some(), is_there);
        let page = send(&mut api, "GET", &members, Value::Null).ok();
        assert_eq!(page["data"][0].get("group_id").is_some(), is_there);
        let limits = api.get("/v1/organizations/rate_limits").ok();
        assert_eq!(limits["data"][0].get("group_type").is_some(), is_there);
    }
}

#[test]
fn a_role_that_is_not_there_says_so_with_a_code() {
    let mut api = Api::new();
    for path in [format!("{ROLES}/rbac_role_none"), format!("{ROLES}/rbac_role_none/permissions")] {
        let reply = send(&mut api, "GET", &path, Value::Null);
        reply.refused(404);
        assert_eq!(reply.code(), Some("rbac_role_not_found"));
    }
    let organization = OrganizationKind::Console;
    let mut api = Api::with(SimulatorConfig { organization, ..SimulatorConfig::default() });
    assert_eq!(send(&mut api, "GET", ROLES, Value::Null).code(), Some("organization_type_not_supported"));
}

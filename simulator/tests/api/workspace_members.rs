//! Places in workspaces.

use crate::support::{Api, USERS, WORKSPACES, values};
use serde_json::json;

const DEVELOPER: &str = "mateo.rivera@example.com";
const ADMIN: &str = "amara.okonkwo@example.com";
/// Was made an admin of the production workspace.
const RAISED: &str = "siobhan.obrien@example.com";
const BILLING: &str = "kateryna.shevchenko@example.com";

fn members_of(api: &mut Api, workspace: &str) -> String {
    format!("{WORKSPACES}/{}/members", api.id_of(WORKSPACES, "name", workspace))
}

fn user(api: &mut Api, email: &str) -> String {
    api.id_of(USERS, "email", email)
}

fn new_workspace(api: &mut Api) -> String {
    let workspace = api.post(WORKSPACES, json!({ "name": "Lab" })).ok();
    format!("{WORKSPACES}/{}/members", workspace["id"].as_str().unwrap())
}

#[test]
fn new_workspace_has_all_admins_and_billing_users() {
    let mut api = Api::new();
    let members = new_workspace(&mut api);
    let listed = api.list(&members);
    let mut roles = values(&listed, "workspace_role");
    roles.sort_unstable();
    assert_eq!(
        roles,
        ["workspace_admin", "workspace_admin", "workspace_admin", "workspace_billing", "workspace_billing"]
    );
    assert_eq!(listed[0].as_object().unwrap().len(), 4, "marks of the simulation are no fields: {}", listed[0]);
}

#[test]
fn a_member_is_added_moved_and_taken_out() {
    let mut api = Api::new();
    let members = new_workspace(&mut api);
    let user = user(&mut api, DEVELOPER);
    let place = format!("{members}/{user}");
    let added = api.post(&members, json!({ "user_id": user, "workspace_role": "workspace_user" })).ok();
    assert_eq!(added["type"], "workspace_member");
    assert!(members.contains(added["workspace_id"].as_str().unwrap()));
    assert_eq!(api.get(&place).ok(), added);
    let moved = api.post(&place, json!({ "workspace_role": "workspace_restricted_developer" })).ok();
    assert_eq!(moved["workspace_role"], "workspace_restricted_developer");
    let removed = api.delete(&place).ok();
    assert_eq!(removed["type"], "workspace_member_deleted");
    assert_eq!(removed["user_id"], *user);
    api.get(&place).refused(404);
}

#[test]
fn existing_workspace_member_cannot_be_added_again() {
    let mut api = Api::new();
    let members = new_workspace(&mut api);
    for email in [DEVELOPER, ADMIN] {
        let body = json!({ "user_id": user(&mut api, email), "workspace_role": "workspace_user" });
        if email == DEVELOPER {
            api.post(&members, body.clone()).ok();
        }
        api.post(&members, body).refused(400);
    }
}

#[test]
fn user_outside_the_organization_cannot_be_added() {
    let mut api = Api::new();
    let members = new_workspace(&mut api);
    let stranger = json!({ "user_id": "user_01Stranger", "workspace_role": "workspace_user" });
    assert!(api.post(&members, stranger).refused(400).starts_with("user_id: "));
}

#[test]
fn the_billing_role_cannot_be_given() {
    let mut api = Api::new();
    let members = members_of(&mut api, "Production");
    let user = user(&mut api, DEVELOPER);
    assert_eq!(
        api.post(&members, json!({ "user_id": user, "workspace_role": "workspace_billing" })).refused(400),
        "workspace_role: Input should be 'workspace_user', 'workspace_developer', \
         'workspace_restricted_developer' or 'workspace_admin'"
    );
    api.post(&format!("{members}/{user}"), json!({ "workspace_role": "workspace_billing" })).refused(400);
}

#[test]
fn an_inherited_place_is_neither_lowered_nor_taken_away() {
    let mut api = Api::new();
    let members = members_of(&mut api, "Production");
    for email in [ADMIN, BILLING, RAISED] {
        let place = format!("{members}/{}", user(&mut api, email));
        let before = api.get(&place).ok();
        api.post(&place, json!({ "workspace_role": "workspace_developer" })).refused(400);
        api.delete(&place).refused(400);
        assert_eq!(api.get(&place).ok(), before);
    }
}

#[test]
fn a_billing_user_is_raised_to_admin_and_falls_back() {
    let mut api = Api::new();
    let members = members_of(&mut api, "Staging");
    let place = format!("{members}/{}", user(&mut api, BILLING));
    for role in ["workspace_admin", "workspace_billing"] {
        assert_eq!(api.post(&place, json!({ "workspace_role": role })).ok()["workspace_role"], role);
        assert_eq!(api.get(&place).ok()["workspace_role"], role);
    }
}

#[test]
fn a_role_in_the_organization_brings_places_and_takes_them_away() {
    let mut api = Api::new();
    let members = members_of(&mut api, "Production");
    let (user, lab) = (user(&mut api, DEVELOPER), new_workspace(&mut api));
    let role_in = |api: &mut Api, members: &str| {
        let reply = api.get(&format!("{members}/{user}"));
        reply.body["workspace_role"].as_str().map(str::to_owned)
    };
    assert_eq!(role_in(&mut api, &members).as_deref(), Some("workspace_developer"));
    assert_eq!(role_in(&mut api, &lab), None);

    api.post(&format!("{USERS}/{user}"), json!({ "role": "billing" })).ok();
    assert_eq!(role_in(&mut api, &members).as_deref(), Some("workspace_billing"));
    assert_eq!(role_in(&mut api, &lab).as_deref(), Some("workspace_billing"));

    api.post(&format!("{USERS}/{user}"), json!({ "role": "user" })).ok();
    assert_eq!(role_in(&mut api, &members).as_deref(), Some("workspace_developer"), "what was given is still there");
    assert_eq!(role_in(&mut api, &lab), None);
}

#[test]
fn workspace_role_is_unchanged_by_organization_role_updates() {
    let mut api = Api::new();
    let members = members_of(&mut api, "Production");
    let user = user(&mut api, DEVELOPER);
    let place = format!("{members}/{user}");
    api.post(&place, json!({ "workspace_role": "workspace_admin" })).ok();
    for role in ["billing", "user"] {
        api.post(&format!("{USERS}/{user}"), json!({ "role": role })).ok();
        assert_eq!(api.get(&place).ok()["workspace_role"], "workspace_admin", "as {role}");
    }
}

#[test]
fn members_are_paged_by_the_id_of_the_user() {
    let mut api = Api::new();
    let members = members_of(&mut api, "Production");
    let first = api.get(&format!("{members}?limit=1")).ok();
    assert_eq!(first["last_id"], first["data"][0]["user_id"]);
    let next = api.get(&format!("{members}?limit=1&after_id={}", first["last_id"].as_str().unwrap())).ok();
    assert_ne!(next["data"][0]["user_id"], first["data"][0]["user_id"]);
}

#[test]
fn an_archived_workspace_keeps_its_members_and_takes_no_more() {
    let mut api = Api::new();
    let members = members_of(&mut api, "Production");
    let place = format!("{members}/{}", user(&mut api, DEVELOPER));
    let newcomer = user(&mut api, "xiuying.li@example.com");
    api.post(&members.replace("/members", "/archive"), json!({})).ok();
    api.get(&place).ok();
    api.post(&place, json!({ "workspace_role": "workspace_admin" })).refused(400);
    api.delete(&place).refused(400);
    let newcomer = json!({ "user_id": newcomer, "workspace_role": "workspace_user" });
    assert_eq!(api.post(&members, newcomer).refused(400), "The workspace is archived.");
}

#[test]
fn a_workspace_that_does_not_exist_has_no_members() {
    let mut api = Api::new();
    let path = format!("{WORKSPACES}/wrkspc_unknown/members");
    assert_eq!(api.get(&path).refused(404), "No workspace with id 'wrkspc_unknown' was found.");
    api.post(&path, json!({ "user_id": "u", "workspace_role": "workspace_user" })).refused(404);
}

//! Invitations.

use crate::support::{Api, INVITES, USERS, VERSION, values};
use claude_admin_simulator::{Credential, Credentials, SimulatorConfig};
use serde_json::json;

fn invite(email: &str) -> serde_json::Value {
    json!({ "email": email, "role": "developer" })
}

#[test]
fn an_invite_begins_pending_and_ends_after_21_days() {
    let mut api = Api::new();
    let invite = api.post(INVITES, invite("ada@example.com")).ok();
    assert_eq!(invite["invited_at"], "2026-11-21T17:20:00Z");
    assert_eq!(invite["expires_at"], "2026-12-12T17:20:00Z");
    assert_eq!(invite["accepted_at"], json!(null));
    assert_eq!(invite["rbac_group_ids"], json!([]));
    let path = format!("{INVITES}/{}", invite["id"].as_str().unwrap());
    api.advance("20d 23h 59m");
    assert_eq!(api.get(&path).ok()["status"], "pending");
    api.advance("1m");
    assert_eq!(api.get(&path).ok()["status"], "expired");
}

#[test]
fn the_newest_invite_is_listed_first() {
    let mut api = Api::new();
    api.post(INVITES, invite("ada@example.com")).ok();
    let invites = api.list(INVITES);
    assert_eq!(invites[0]["email"], "ada@example.com");
    assert!(values(&invites, "invited_at").is_sorted_by(|newer, older| newer >= older));
}

#[test]
fn admin_cannot_be_invited() {
    let reply = Api::new().post(INVITES, json!({ "email": "ada@example.com", "role": "admin" }));
    assert!(reply.refused(400).starts_with("role: Input should be 'user', "), "{reply:?}");
}

#[test]
fn member_cannot_be_invited_by_a_variant_of_their_address() {
    let mut api = Api::new();
    let reply = api.post(INVITES, invite("Mateo.Rivera+new@example.com"));
    reply.refused(400);
    assert_eq!(reply.code(), Some("already_member"));
}

#[test]
fn an_open_invite_is_in_the_way_of_another_one_until_it_lapses() {
    let mut api = Api::new();
    api.post(INVITES, invite("ada@example.com")).ok();
    let again = api.post(INVITES, invite("ADA+2@example.com"));
    again.refused(400);
    assert_eq!(again.code(), Some("invite_already_exists"));
    api.advance("21d");
    api.post(INVITES, invite("ada@example.com")).ok();
}

#[test]
fn groups_and_the_managed_role_are_for_enterprise_organizations() {
    let mut api = Api::new();
    let with_group = json!({ "email": "a@example.com", "role": "user", "rbac_group_ids": ["rbac_group_1"] });
    assert!(api.post(INVITES, with_group).refused(400).starts_with("rbac_group_ids: "));
    api.post(INVITES, json!({ "email": "a@example.com", "role": "managed" })).refused(400);
}

#[test]
fn permissions_of_groups_take_the_scope_for_groups() {
    let key = "sk-ant-api01-simulator-members";
    let scoped = Credential::scoped_key(key, ["write:members"]);
    let credentials = Credentials { further: vec![scoped], ..Credentials::default() };
    let mut api = Api::with(SimulatorConfig { credentials, ..SimulatorConfig::default() });
    let group = api.example_id("rbac_group_");
    let with_group = json!({ "email": "a@example.com", "role": "user", "rbac_group_ids": [group] });
    let managed = json!({ "email": "b@example.com", "role": "managed" });
    for body in [with_group, managed] {
        let weak = [("x-api-key", key), ("anthropic-version", VERSION)];
        let reply = api.request("POST", INVITES, &weak, &body.to_string());
        assert_eq!((reply.status, reply.code()), (403, Some("api_key_scope_missing")));
        api.scoped("POST", INVITES, body, "").ok();
    }
    let weak = [("x-api-key", key), ("anthropic-version", VERSION)];
    api.request("POST", INVITES, &weak, r#"{"email": "c@example.com", "role": "user"}"#).ok();
}

#[test]
fn a_withdrawn_invite_can_be_read_and_is_listed_no_more() {
    let mut api = Api::new();
    let id = api.id_of(&format!("{INVITES}?statuses[]=pending"), "email", "sam.taylor@example.com");
    let path = format!("{INVITES}/{id}");
    assert_eq!(api.delete(&path).ok(), json!({ "id": id, "type": "invite_deleted" }));
    assert_eq!(api.get(&path).ok()["status"], "deleted");
    assert!(!values(&api.list(INVITES), "id").contains(&id.as_str()));
    api.post(INVITES, invite("sam.taylor@example.com")).ok();
}

#[test]
fn only_a_pending_invite_can_be_withdrawn() {
    let mut api = Api::new();
    for status in ["accepted", "expired"] {
        let id = api.id_of(&format!("{INVITES}?statuses[]={status}"), "status", status);
        assert!(api.delete(&format!("{INVITES}/{id}")).refused(400).contains(status));
    }
    let id = api.id_of(&format!("{INVITES}?statuses[]=pending"), "status", "pending");
    api.delete(&format!("{INVITES}/{id}")).ok();
    api.delete(&format!("{INVITES}/{id}")).refused(400);
}

#[test]
fn filters_narrow_by_state_role_and_address() {
    let mut api = Api::new();
    let states = |api: &mut Api, query: &str| {
        let invites = api.list(&format!("{INVITES}{query}"));
        let mut states: Vec<String> = values(&invites, "status").into_iter().map(str::to_owned).collect();
        states.sort_unstable();
        states.dedup();
        states
    };
    assert_eq!(states(&mut api, ""), ["accepted", "expired", "pending"]);
    assert_eq!(states(&mut api, "?statuses[]=expired"), ["expired"]);
    assert_eq!(states(&mut api, "?statuses[]=expired&statuses[]=accepted"), ["accepted", "expired"]);
    api.advance("30d");
    assert_eq!(states(&mut api, "?statuses[]=pending"), [""; 0], "the clock has passed them all");

    assert_eq!(values(&api.list(&format!("{INVITES}?roles[]=billing")), "email"), ["lucia.moretti@example.com"]);
    assert_eq!(api.list(&format!("{INVITES}?email=NOOR.khalid@example.com")).len(), 1);
}

#[test]
fn an_accepted_invite_belongs_to_a_member() {
    let mut api = Api::new();
    let invites = api.list(&format!("{INVITES}?statuses[]=accepted"));
    assert!(!invites.is_empty());
    for invite in invites {
        let member = api.find(USERS, "email", invite["email"].as_str().unwrap());
        assert_eq!(member["added_at"], invite["accepted_at"]);
    }
}

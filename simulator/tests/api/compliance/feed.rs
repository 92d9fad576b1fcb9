//! The activity feed.

use super::BASE;
use crate::support::{Api, INVITES, KEYS, USERS, WORKSPACES, values};
use claude_admin_simulator::OAUTH_TOKEN;
use serde_json::{Value, json};

const MATEO: &str = "user_01WCz1FkmYMm4gnmykNKUu3Q";

/// The latest activity of a type.
fn latest(api: &mut Api, kind: &str) -> Value {
    api.items(&format!("activities?limit=1&activity_types[]={kind}")).first().cloned().unwrap_or_default()
}

#[test]
fn every_write_leaves_an_activity_of_its_type() {
    let mut api = Api::new();
    api.post(&format!("{USERS}/{MATEO}"), json!({ "role": "user" })).ok();
    let activity = latest(&mut api, "claude_user_role_updated");
    assert_eq!(activity["created_at"], "2026-11-21T17:20:00Z");
    assert_eq!(activity["user_id"], MATEO);
    assert_eq!(activity["user_email"], "mateo.rivera@example.com");
    assert_eq!(
        (activity["previous_role"].clone(), activity["current_role"].clone()),
        (json!("developer"), json!("user"))
    );
    assert_eq!(activity["actor"]["type"], "admin_api_key_actor");
    assert!(activity["actor"]["admin_api_key_id"].as_str().unwrap().starts_with("admin_api_key_01"));

    let invite = api.post(INVITES, json!({ "email": "ada@example.com", "role": "developer" })).ok();
    let activity = latest(&mut api, "org_user_invite_sent");
    assert_eq!(
        (&activity["invited_email"], &activity["invited_role"]),
        (&json!("ada@example.com"), &json!("developer"))
    );
    api.delete(&format!("{INVITES}/{}", invite["id"].as_str().unwrap())).ok();
    assert_eq!(latest(&mut api, "org_user_invite_deleted")["invite_id"], invite["id"]);

    let key = api.id_of(KEYS, "name", "ci main");
    api.post(&format!("{KEYS}/{key}"), json!({ "name": "ci", "status": "active" })).ok();
    let activity = latest(&mut api, "platform_api_key_updated");
    assert_eq!(activity["api_key_id"], key);
    let change = json!([{ "type": "name", "previous_value": "ci main", "current_value": "ci" }]);
    assert_eq!(activity["updates"], change, "what stays the same is no update");

    let workspace = api.post(WORKSPACES, json!({ "name": "Lab" })).ok()["id"].as_str().unwrap().to_owned();
    assert_eq!(latest(&mut api, "platform_workspace_created")["workspace_id"], workspace);
    let member = json!({ "user_id": MATEO, "workspace_role": "workspace_user" });
    api.post(&format!("{WORKSPACES}/{workspace}/members"), member).ok();
    let activity = latest(&mut api, "platform_workspace_member_added");
    assert_eq!((&activity["workspace_id"], &activity["user_id"]), (&json!(workspace), &json!(MATEO)));
    api.post(&format!("{WORKSPACES}/{workspace}/members/{MATEO}"), json!({ "workspace_role": "workspace_admin" })).ok();
    assert_eq!(latest(&mut api, "platform_workspace_member_updated")["updates"][0]["current_value"], "workspace_admin");
    api.delete(&format!("{WORKSPACES}/{workspace}/members/{MATEO}")).ok();
    assert_eq!(latest(&mut api, "platform_workspace_member_removed")["user_id"], MATEO);
    api.post(&format!("{WORKSPACES}/{workspace}/archive"), json!({})).ok();
    assert_eq!(latest(&mut api, "platform_workspace_archived")["workspace_id"], workspace);

    api.delete(&format!("{USERS}/{MATEO}")).ok();
    let activity = latest(&mut api, "org_user_deleted");
    assert_eq!(activity["deleted_user_email"], "mateo.rivera@example.com");

    api.audit("POST", "/v1/organizations/rbac_groups", r#"{"name": "Data"}"#).ok();
    let activity = latest(&mut api, "group_created");
    assert_eq!((&activity["group_name"], &activity["actor"]["type"]), (&json!("Data"), &json!("api_actor")));
}

#[test]
fn an_activity_says_what_the_change_was_about() {
    let mut api = Api::new();
    let plugin = api.example_id("plugin_");
    let betas = "ce-plugins-2026-09-01";
    let path = format!("/v1/organizations/plugins/{plugin}");
    let name = api.scoped("GET", &path, Value::Null, betas).ok()["name"].clone();
    let group = api.example_id("rbac_group_");
    let preference = json!({ "installation_preference": "required" });
    api.scoped("POST", &format!("{path}/installation_settings/{group}"), preference, betas).ok();
    let activity = latest(&mut api, "plugin_installation_preference_updated");
    assert_eq!((&activity["plugin_name"], &activity["group_id"]), (&name, &json!(group)));
    assert_eq!(activity["installation_preference"], "required");

    let limit = json!({ "scope": { "type": "user", "user_id": MATEO }, "amount": "50000" });
    api.post("/v1/organizations/spend_limits", limit).ok();
    let activity = latest(&mut api, "extra_usage_spend_limit_updated");
    assert_eq!((&activity["limit_type"], &activity["user_id"]), (&json!("user"), &json!(MATEO)));
    assert_eq!(activity["actor"]["type"], "api_actor", "this type knows keys only");
}

#[test]
fn failed_request_adds_no_activity_of_its_type() {
    let mut api = Api::new();
    let before = api.items("activities?activity_types[]=claude_user_role_updated").len();
    api.post(&format!("{USERS}/{MATEO}"), json!({ "role": "admin" })).refused(400);
    api.post(&format!("{USERS}/user_unknown"), json!({ "role": "user" })).refused(404);
    assert_eq!(api.items("activities?activity_types[]=claude_user_role_updated").len(), before);
}

#[test]
fn the_actor_is_who_the_credential_belongs_to() {
    let mut api = Api::new();
    let bearer = format!("Bearer {OAUTH_TOKEN}");
    let headers = [("authorization", &*bearer), ("anthropic-version", "2023-06-01"), ("user-agent", "tests/1")];
    api.request("POST", WORKSPACES, &headers, r#"{"name": "Token lab"}"#).ok();
    let actor = latest(&mut api, "platform_workspace_created")["actor"].clone();
    assert_eq!((&actor["type"], &actor["user_agent"]), (&json!("user_actor"), &json!("tests/1")));
    assert_eq!(actor["email_address"], "amara.okonkwo@example.com", "the first admin");
}

#[test]
fn every_request_to_the_compliance_api_is_recorded() {
    let mut api = Api::new();
    let reply = api.audit("GET", &format!("{BASE}/apps/projects?limit=2"), "");
    let request_id = reply.headers["request-id"].to_str().unwrap().to_owned();
    let missing = api.audit("GET", &format!("{BASE}/groups/rbac_group_none"), "");
    missing.refused(404);
    let seen = api.items("activities?limit=2&activity_types[]=compliance_api_accessed");
    assert_eq!(seen[1]["url"], "/v1/compliance/apps/projects?limit=2");
    assert_eq!(seen[1]["request_id"], request_id);
    assert_eq!((&seen[1]["request_method"], &seen[1]["status_code"]), (&json!("GET"), &json!(200)));
    assert_eq!(seen[0]["status_code"], 404);
    assert_eq!(seen[0]["actor"]["type"], "api_actor");
    let again = api.items("activities?limit=1&activity_types[]=compliance_api_accessed");
    assert!(again[0]["url"].as_str().unwrap().starts_with("/v1/compliance/activities"), "the feed itself too");
}

#[test]
fn there_is_half_a_year_of_history() {
    let mut api = Api::new();
    let all = api.items("activities?limit=5000&order=asc");
    assert!(all.len() > 1000, "{}", all.len());
    assert!(all[0]["created_at"].as_str().unwrap() < "2026-05-30", "{}", all[0]["created_at"]);
    let times: Vec<jiff::Timestamp> =
        all.iter().map(|one| one["created_at"].as_str().unwrap().parse().unwrap()).collect();
    assert!(times.is_sorted());
    let mut ids = values(&all, "id");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all.len(), "no id is there twice");
    for kind in ["claude_chat_created", "sso_login_succeeded", "api_key_created", "org_user_invite_sent"] {
        assert!(all.iter().any(|one| one["type"] == kind), "{kind}");
    }
    let mut other = Api::new();
    let same = other.items("activities?limit=5000&order=asc");
    assert_eq!(same[..all.len().min(same.len())], all[..same.len().min(all.len())], "always the same");
}

#[test]
fn the_feed_is_narrowed() {
    let mut api = Api::new();
    let only = api.items("activities?activity_types[]=api_key_created&activity_types[]=sso_login_failed&limit=5000");
    assert!(only.iter().all(|one| one["type"] == "api_key_created" || one["type"] == "sso_login_failed"));
    let without = api.items("activities?exclude_activity_types[]=claude_chat_created&limit=5000");
    assert!(!values(&without, "type").contains(&"claude_chat_created"));
    let both = format!("{BASE}/activities?activity_types[]=api_key_created&exclude_activity_types[]=api_key_created");
    assert!(api.audit("GET", &both, "").refused(400).starts_with("Cannot specify both 'activity_types[]'"));
    let unknown = api.audit("GET", &format!("{BASE}/activities?activity_types[]=birthday"), "");
    assert_eq!(unknown.refused(400), "activity_types[]: 'birthday' is not a type of activity");

    let of_mateo = api.items(&format!("activities?user_ids[]={MATEO}&limit=5000"));
    assert!(!of_mateo.is_empty() && of_mateo.iter().all(|one| one["actor"]["user_id"] == MATEO));
    assert_eq!(api.items(&format!("activities?actor_ids[]={MATEO}&limit=5000")), of_mateo);

    let own = api.audit("GET", "/v1/compliance/organizations", "").ok()["data"][0]["uuid"].clone();
    let kinds = "activity_types[]=sso_login_initiated&activity_types[]=api_key_created&limit=5000";
    let ours = api.items(&format!("activities?organization_ids[]={}&{kinds}", own.as_str().unwrap()));
    let strangers = api.items(&format!("activities?organization_ids[]=another&{kinds}"));
    assert!(strangers.len() < ours.len());
    assert!(!strangers.is_empty() && strangers.iter().all(|one| one["organization_id"].is_null()));
}

#[test]
fn times_bound_the_feed_with_and_without_the_bound_itself() {
    let mut api = Api::new();
    let kind = "activity_types[]=api_key_created&limit=5000&order=asc";
    let all = api.items(&format!("activities?{kind}"));
    let (first, last) = (all[3]["created_at"].as_str().unwrap(), all[6]["created_at"].as_str().unwrap());
    for (lower, upper, expected) in [("gte", "lte", 4), ("gt", "lte", 3), ("gte", "lt", 3), ("gt", "lt", 2)] {
        let path = format!("activities?{kind}&created_at.{lower}={first}&created_at.{upper}={last}");
        assert_eq!(api.items(&path).len(), expected, "{lower} {upper}");
    }
    assert!(api.items("activities?created_at.gt=2026-11-21T17:20:00Z").is_empty());
}

#[test]
fn pages_hold_while_new_activities_come() {
    let mut api = Api::new();
    let kinds = "activity_types[]=claude_chat_created&activity_types[]=compliance_api_accessed";
    let path = format!("{BASE}/activities?{kinds}&limit=3");
    let first = api.audit("GET", &path, "").ok();
    assert_eq!(first["has_more"], true);
    assert_ne!(first["last_id"], first["data"][2]["id"], "cursors are opaque");
    let after = format!("{path}&after_id={}", first["last_id"].as_str().unwrap());
    let second = api.audit("GET", &after, "").ok();
    let third = api.audit("GET", &after, "").ok();
    assert_eq!(second, third, "whatever was recorded meanwhile");
    assert_ne!(second["data"][0], first["data"][2]);
    let back = api.audit("GET", &format!("{path}&before_id={}", second["first_id"].as_str().unwrap()), "").ok();
    assert_eq!(back["data"], first["data"]);

    let other = format!("{BASE}/activities?limit=3&after_id={}", first["last_id"].as_str().unwrap());
    assert_eq!(api.audit("GET", &other, "").refused(400), "cursor does not match current query parameters");
    let id = first["data"][2]["id"].as_str().unwrap();
    assert_eq!(api.audit("GET", &format!("{path}&after_id={id}"), "").refused(400), "after_id: cursor is not valid");
    let both = format!("{path}&after_id=x&before_id=y");
    assert!(api.audit("GET", &both, "").refused(400).contains("Cannot specify both"));
    let many = api.audit("GET", &format!("{BASE}/activities?limit=5001"), "");
    assert_eq!(many.refused(400), "limit: Input should be less than or equal to 5000");
}

#[test]
fn activities_are_retained_for_six_years() {
    let mut api = Api::new();
    api.simulation.clock_mut().set("2032-11-18T17:20:00Z".parse().unwrap());
    let all = api.items("activities?limit=5000&order=asc");
    assert!(all[0]["created_at"].as_str().unwrap() >= "2026-11-20", "{}", all[0]["created_at"]);
    assert!(all[0]["created_at"].as_str().unwrap() < "2027", "{}", all[0]["created_at"]);
}

#[test]
fn the_feed_is_the_one_part_that_admin_keys_open() {
    let mut api = Api::new();
    let feed = api.get(&format!("{BASE}/activities")).ok();
    assert_eq!(feed["data"].as_array().unwrap().len(), 100);
    api.get(&format!("{BASE}/groups")).refused(403);
    api.get(&format!("{BASE}/activities?colour=red")).refused(400);
}

#[test]
fn deleted_chat_stays_in_the_activity_feed() {
    let mut api = Api::new();
    let chat = api.items("apps/chats?limit=1")[0]["id"].as_str().unwrap().to_owned();
    let created = |api: &mut Api| {
        let feed = api.items("activities?limit=5000&activity_types[]=claude_chat_created");
        feed.iter().filter(|one| one["claude_chat_id"] == chat).count()
    };
    assert_eq!(created(&mut api), 1);
    api.audit("DELETE", &format!("{BASE}/apps/chats/{chat}"), "").ok();
    assert_eq!(created(&mut api), 1);
    assert_eq!(latest(&mut api, "claude_chat_deleted")["claude_chat_id"], chat);
}

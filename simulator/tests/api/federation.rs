//! Federation issuers and rules.

use crate::support::{Api, Reply, WORKSPACES};
use serde_json::{Value, json};

const ISSUERS: &str = "/v1/organizations/federation_issuers";
const RULES: &str = "/v1/organizations/federation_rules";

fn rule(api: &mut Api, change: Value) -> Reply {
    let mut body = json!({
        "issuer_id": api.example_id("fdis_"),
        "name": "deploy-2",
        "oauth_scope": "workspace:developer",
        "target": { "type": "service_account", "service_account_id": api.example_id("svac_") },
        "match": { "subject_prefix": "repo:acme/web:" },
        "workspace_id": api.example_id("wrkspc_"),
    });
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    api.oauth("POST", RULES, body)
}

#[test]
fn an_issuer_has_the_documented_defaults_and_a_unique_name() {
    let mut api = Api::new();
    let new = json!({ "issuer_url": "https://ci.example.org", "name": "ci" });
    let issuer = api.oauth("POST", ISSUERS, new.clone()).ok();
    assert_eq!(issuer["jwks"]["type"], "discovery");
    assert_eq!((&issuer["check_jti"], &issuer["max_jwt_lifetime_seconds"]), (&json!(true), &json!(3600)));
    api.oauth("POST", ISSUERS, new).refused(409);
    let private = json!({ "issuer_url": "https://localhost", "name": "home" });
    assert!(api.oauth("POST", ISSUERS, private).refused(400).starts_with("issuer_url"));
}

#[test]
fn polling_can_only_be_resumed() {
    let mut api = Api::new();
    let path = format!("{ISSUERS}/{}", api.example_id("fdis_"));
    api.oauth("POST", &path, json!({ "jwks_polling_disabled": true })).refused(400);
    api.oauth("POST", &path, json!({ "jwks_polling_disabled": false, "check_jti": null })).ok();
    assert_eq!(api.oauth("GET", &path, json!({})).ok()["check_jti"], true);
}

#[test]
fn archiving_a_used_issuer_and_editing_an_admin_issuer_fail() {
    let mut api = Api::new();
    let path = format!("{ISSUERS}/{}", api.example_id("fdis_"));
    assert!(api.oauth("POST", &format!("{path}/archive"), json!({})).refused(400).contains("federation rule"));
    let strong = api.oauth("GET", RULES, json!({})).ok()["data"].as_array().unwrap().clone();
    let strong = strong.iter().find(|rule| rule["oauth_scope"] == "org:admin").unwrap();
    let path = format!("{ISSUERS}/{}", strong["issuer_id"].as_str().unwrap());
    api.oauth("POST", &path, json!({ "name": "other" })).refused(403);
}

#[test]
fn rule_with_weak_match_or_unknown_references_is_invalid() {
    let mut api = Api::new();
    for (change, problem) in [
        (json!({ "match": { "audience": "api" } }), "match"),
        (json!({ "match": { "subject_prefix": "*" } }), "match"),
        (json!({ "issuer_id": "fdis_none" }), "issuer_id"),
        (json!({ "target": { "type": "service_account", "service_account_id": "svac_none" } }), "target"),
        (json!({ "workspace_id": "wrkspc_none" }), "workspace_id"),
        (json!({ "workspace_id": null }), "workspace_id"),
        (json!({ "attributes": { "a": "b" } }), "attributes"),
        (json!({ "token_lifetime_seconds": 59 }), "token_lifetime_seconds"),
    ] {
        let reply = rule(&mut api, change);
        assert!(reply.refused(400).starts_with(problem), "{}", reply.body);
    }
    rule(&mut api, json!({ "oauth_scope": "org:admin" })).refused(403);
    rule(&mut api, json!({ "name": "deploy-main" })).refused(409);
    let made = rule(&mut api, json!({})).ok();
    assert_eq!(made["workspace_id"], api.example_id("wrkspc_"));
    assert_eq!(made["workspace_ids"], json!([made["workspace_id"]]));
    assert_eq!(made["target"]["service_account_name"], "deploy-bot");
    assert_eq!(made["issuer_name"], "github-actions-main");
}

#[test]
fn a_match_is_replaced_as_a_whole() {
    let mut api = Api::new();
    let path = format!("{RULES}/{}", api.example_id("fdrl_"));
    let changed = api.oauth("POST", &path, json!({ "match": { "claims": { "ref": "main" } } })).ok();
    assert_eq!(changed["match"]["subject_prefix"], Value::Null);
    assert_eq!(changed["match"]["claims"], json!({ "ref": "main" }));
    api.oauth("POST", &path, json!({ "issuer_id": "fdis_x" })).refused(400);
}

#[test]
fn workspaces_are_enabled_and_disabled_as_often_as_one_likes() {
    let mut api = Api::new();
    let path = format!("{RULES}/{}", api.example_id("fdrl_"));
    let staging = api.id_of(WORKSPACES, "name", "Staging");
    let enable = json!({ "workspace_id": staging });
    let first = api.oauth("POST", &format!("{path}/workspaces"), enable.clone()).ok();
    api.advance("1h");
    assert_eq!(api.oauth("POST", &format!("{path}/workspaces"), enable.clone()).ok(), first);
    let page = api.oauth("GET", &format!("{path}/workspaces?limit=1"), json!({})).ok();
    assert_eq!(page["data"].as_array().unwrap().len(), 2, "limit is ignored");
    assert_eq!((&page["next_page"], &page["data"][1]["workspace_name"]), (&Value::Null, &json!("Staging")));
    assert_eq!(api.oauth("GET", &path, json!({})).ok()["workspace_id"], Value::Null, "there are several");
    api.oauth("POST", &path, json!({ "workspace_id": staging })).refused(400);
    for _ in 0..2 {
        api.oauth("DELETE", &format!("{path}/workspaces/{staging}"), Value::Null).ok();
    }
    let replaced = api.oauth("POST", &path, json!({ "workspace_id": staging })).ok();
    assert_eq!(replaced["workspace_ids"], json!([staging]));
    api.oauth("DELETE", &format!("{path}/workspaces/{staging}"), Value::Null).ok();
    assert!(
        api.oauth("POST", &path, json!({ "applies_to_all_workspaces": false }))
            .refused(400)
            .contains("no workspace would remain")
    );
}

#[test]
fn an_archived_rule_is_read_only_and_covers_nothing() {
    let mut api = Api::new();
    let path = format!("{RULES}/{}", api.example_id("fdrl_"));
    let archived = api.oauth("POST", &format!("{path}/archive"), json!({})).ok();
    assert_eq!((&archived["workspace_ids"], &archived["workspace_id"]), (&json!([]), &Value::Null));
    assert_eq!(api.oauth("POST", &format!("{path}/archive"), json!({})).ok(), archived);
    api.oauth("POST", &path, json!({ "name": "other" })).refused(400);
    let enable = json!({ "workspace_id": api.example_id("wrkspc_") });
    api.oauth("POST", &format!("{path}/workspaces"), enable).refused(400);
}

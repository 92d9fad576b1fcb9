//! The exchange of tokens.

use crate::support::{Api, Reply, VERSION};
use claude_admin_simulator::{REFRESH_TOKEN, workload_token};
use serde_json::{Value, json};

const TOKEN: &str = "/v1/oauth/token";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const BETAS: (&str, &str) = ("anthropic-beta", "oauth-2025-04-20,oidc-federation-2026-04-01");
/// 2026-11-21T17:20:00Z, the time of the clock of the simulation.
const NOW: i64 = 1_795_281_600;

fn send(api: &mut Api, body: &Value) -> Reply {
    api.request("POST", TOKEN, &[BETAS], &body.to_string())
}

fn claims() -> Value {
    json!({
        "iss": "https://token.actions.example.com", "sub": "repo:acme/app:ref:main", "aud": "anthropic",
        "iat": NOW, "exp": NOW + 600, "jti": "one",
    })
}

fn body(api: &mut Api, claims: &Value) -> Value {
    let organization = api.get("/v1/organizations/me").ok()["id"].clone();
    json!({
        "grant_type": GRANT,
        "assertion": workload_token(claims),
        "federation_rule_id": api.example_id("fdrl_"),
        "organization_id": organization,
        "service_account_id": api.example_id("svac_"),
    })
}

fn with(mut value: Value, field: &str, new: Value) -> Value {
    value[field] = new;
    value
}

#[test]
fn a_workload_gets_a_token_once() {
    let mut api = Api::new();
    let body = body(&mut api, &claims());
    let reply = send(&mut api, &body).ok();
    assert_eq!((&reply["token_type"], &reply["scope"]), (&json!("Bearer"), &json!("workspace:developer")));
    assert_eq!(reply["expires_in"], 1200, "twice what is left of the token of the workload");
    assert!(reply["access_token"].as_str().unwrap().starts_with("sk-ant-oat01-"));
    assert_eq!(send(&mut api, &body).refused(401), "Authentication failed");
}

#[test]
fn every_failed_check_looks_the_same() {
    let mut api = Api::new();
    let good = body(&mut api, &claims());
    let mut attempts = Vec::new();
    for (claim, value) in [
        ("iss", json!("https://evil.example.com")),
        ("sub", json!("repo:other/app:ref:main")),
        ("exp", json!(NOW - 31)),
        ("exp", json!(NOW + 3601)),
        ("iat", json!(NOW + 31)),
        ("iat", Value::Null),
        ("nbf", json!(NOW + 60)),
    ] {
        let forged = with(claims(), claim, value);
        attempts.push(with(good.clone(), "assertion", workload_token(&forged).into()));
    }
    for (field, value) in [
        ("assertion", json!("a.b.c")),
        ("federation_rule_id", json!("fdrl_none")),
        ("organization_id", json!("00000000-0000-4000-8000-000000000000")),
        ("service_account_id", json!("svac_other")),
        ("workspace_id", json!("wrkspc_none")),
        ("workspace_id", json!("default")),
    ] {
        attempts.push(with(good.clone(), field, value));
    }
    for attempt in attempts {
        let reply = send(&mut api, &attempt);
        assert_eq!(reply.refused(401), "Authentication failed", "{attempt}");
        assert_eq!(reply.body["error"]["type"], "authentication_error");
    }
    send(&mut api, &good).ok();
    for malformed in [json!({}), json!({ "grant_type": "password" }), with(good, "organization_id", json!("x"))] {
        send(&mut api, &malformed).refused(400);
    }
    api.request("POST", TOKEN, &[], "{}").refused(400);
}

#[test]
fn a_rule_for_several_workspaces_wants_one_named() {
    let mut api = Api::new();
    let workspaces = format!("/v1/organizations/federation_rules/{}/workspaces", api.example_id("fdrl_"));
    let staging = api.id_of("/v1/organizations/workspaces", "name", "Staging");
    api.oauth("POST", &workspaces, json!({ "workspace_id": staging })).ok();
    let body = body(&mut api, &claims());
    assert!(send(&mut api, &body).refused(400).starts_with("workspace_id: Field required"));
    send(&mut api, &with(body, "workspace_id", staging.into())).ok();
}

#[test]
fn archived_federation_rule_exchanges_no_token() {
    let mut api = Api::new();
    let body = body(&mut api, &claims());
    let rule = format!("/v1/organizations/federation_rules/{}/archive", api.example_id("fdrl_"));
    api.oauth("POST", &rule, json!({})).ok();
    send(&mut api, &body).refused(401);
}

#[test]
fn an_issued_token_opens_what_its_scope_opens_until_it_expires() {
    let mut api = Api::new();
    let rules = api.oauth("GET", "/v1/organizations/federation_rules", json!({})).ok()["data"].clone();
    let strong = rules.as_array().unwrap().iter().find(|rule| rule["oauth_scope"] == "org:admin").unwrap().clone();
    let claims = json!({
        "iss": "https://k8s.example.com", "sub": "system:serviceaccount:audit:job", "iat": NOW, "exp": NOW + 900,
    });
    let mut body = body(&mut api, &claims);
    body["federation_rule_id"] = strong["id"].clone();
    body["service_account_id"] = strong["target"]["service_account_id"].clone();
    body["workspace_id"] = "default".into();
    let token = send(&mut api, &body).ok()["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", &*bearer), ("anthropic-version", VERSION)];
    let accounts = "/v1/organizations/service_accounts";
    api.request("GET", accounts, &headers, "").ok();
    let made = api.request("POST", accounts, &headers, r#"{"name": "by-a-workload"}"#).ok();
    assert_eq!(made["created_by_actor_id"], strong["target"]["service_account_id"]);
    let admin = r#"{"name": "strong", "organization_role": "admin"}"#;
    assert!(api.request("POST", accounts, &headers, admin).refused(403).contains("interactive"));
    api.oauth("POST", accounts, json!({ "name": "strong", "organization_role": "admin" })).ok();
    api.advance("31m");
    assert_eq!(api.request("GET", accounts, &headers, "").refused(401), "API key has expired.");
}

#[test]
fn a_weak_token_does_not_open_the_admin_api() {
    let mut api = Api::new();
    let body = body(&mut api, &claims());
    let token = send(&mut api, &body).ok()["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    api.request("GET", "/v1/organizations/me", &[("authorization", &bearer), ("anthropic-version", VERSION)], "")
        .refused(403);
}

#[test]
fn a_refresh_token_is_exchanged_again_and_again() {
    let mut api = Api::new();
    let body = json!({ "grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN });
    let (first, second) = (send(&mut api, &body).ok(), send(&mut api, &body).ok());
    assert_ne!(first["access_token"], second["access_token"]);
    assert_eq!(first["scope"], "org:admin org:manage_tunnels");
    assert_eq!(first["refresh_token"], REFRESH_TOKEN);
    send(&mut api, &with(body, "refresh_token", json!("other"))).refused(401);
}

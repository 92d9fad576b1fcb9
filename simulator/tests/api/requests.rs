//! The parts of every request and response: route, credential, version, IDs, budgets.

use crate::support::{Api, INVITES, USERS, VERSION};
use claude_admin_simulator::{ADMIN_KEY, Credential, Credentials, OAUTH_TOKEN, SimulatorConfig};
use serde_json::{Value, json};

const ME: &str = "/v1/organizations/me";

#[test]
fn both_credentials_open_the_api() {
    let mut api = Api::new();
    for (name, value) in [
        ("x-api-key", ADMIN_KEY.to_owned()),
        ("authorization", format!("Bearer {ADMIN_KEY}")),
        ("authorization", format!("bearer {OAUTH_TOKEN}")),
    ] {
        let reply = api.request("GET", ME, &[(name, &value), ("anthropic-version", VERSION)], "").ok();
        assert_eq!(reply["type"], "organization");
    }
}

#[test]
fn an_unknown_credential_is_refused_without_ids() {
    let mut api = Api::new();
    for (name, value) in [("x-api-key", "sk-ant-wrong"), ("x-api-key", OAUTH_TOKEN), ("authorization", "Bearer x")] {
        let reply = api.request("GET", ME, &[(name, value), ("anthropic-version", VERSION)], "");
        assert_eq!(reply.refused(401), "API key is invalid.");
        assert_eq!(reply.body["error"]["type"], "authentication_error");
        assert_eq!(reply.body["request_id"], Value::Null);
        assert!(!reply.headers.contains_key("request-id"));
        assert!(!reply.headers.contains_key("anthropic-organization-id"));
    }
    for headers in [&[][..], &[("authorization", "Basic eDp5")][..]] {
        assert_eq!(api.request("GET", ME, headers, "").refused(401), "x-api-key header is required");
    }
}

#[test]
fn a_credential_ends_when_its_time_has_come() {
    let mut credentials = Credentials::default();
    credentials.admin_key.expires_at = Some("2026-11-22T00:00:00Z".parse().unwrap());
    let mut api = Api::with(SimulatorConfig { credentials, ..SimulatorConfig::default() });
    api.get(ME).ok();
    api.advance("1d");
    assert_eq!(api.get(ME).refused(401), "API key has expired.");
}

#[test]
fn a_scoped_key_opens_what_its_scopes_open() {
    let scoped = Credential::scoped_key("sk-ant-api01-simulator-readonly", ["read:members"]);
    let credentials = Credentials { further: vec![scoped], ..Credentials::default() };
    let mut api = Api::with(SimulatorConfig { credentials, ..SimulatorConfig::default() });
    let headers = [("x-api-key", "sk-ant-api01-simulator-readonly"), ("anthropic-version", VERSION)];
    api.request("GET", USERS, &headers, "").ok();
    let reply = api.request("POST", INVITES, &headers, "{}");
    assert_eq!(reply.refused(403), "Missing required scopes. Got: ['read:members'] Needed: ['write:members']");
    assert_eq!(reply.code(), Some("api_key_scope_missing"));
    assert_eq!(reply.body["error"]["details"]["error_visibility"], "user_facing");
    assert_eq!(
        api.request("GET", ME, &headers, "").refused(403),
        "Missing required scopes. Got: ['read:members'] Needed one of: ['api:admin', 'org:admin']"
    );
}

#[test]
fn a_token_needs_the_scope_for_the_organization() {
    let mut credentials = Credentials::default();
    credentials.oauth_token.scopes = vec!["user:inference".to_owned()];
    let mut api = Api::with(SimulatorConfig { credentials, ..SimulatorConfig::default() });
    let bearer = format!("Bearer {OAUTH_TOKEN}");
    let headers = [("authorization", &*bearer), ("anthropic-version", VERSION)];
    assert_eq!(
        api.request("GET", ME, &headers, "").refused(403),
        "Missing required scopes. Got: ['user:inference'] Needed one of: ['api:admin', 'org:admin']"
    );
}

#[test]
fn the_version_is_required_and_must_exist() {
    let mut api = Api::new();
    for version in ["2023-06-01", "2026-10-21"] {
        api.request("GET", ME, &[("x-api-key", ADMIN_KEY), ("anthropic-version", version)], "").ok();
    }
    assert_eq!(
        api.request("GET", ME, &[("x-api-key", ADMIN_KEY)], "").refused(400),
        "anthropic-version: header is required"
    );
    let unknown = [("x-api-key", ADMIN_KEY), ("anthropic-version", "2024-01-01")];
    assert_eq!(
        api.request("GET", ME, &unknown, "").refused(400),
        "anthropic-version: \"2024-01-01\" is not a valid version"
    );
}

#[test]
fn unknown_path_is_404_and_unknown_method_is_405() {
    let mut api = Api::new();
    for path in ["/", "/v1/organizations", "/v1/organizations/users/", "/v1/organizations/nothing"] {
        let reply = api.get(path);
        reply.refused(404);
        assert_eq!(reply.body["error"]["type"], "not_found_error");
    }
    api.send("PUT", USERS, "{}").refused(405);
    api.delete(INVITES).refused(405);
}

#[test]
fn an_id_that_does_not_exist_is_not_found() {
    let reply = Api::new().get(&format!("{USERS}/user_%C3%A9"));
    assert_eq!(reply.refused(404), "No user with id 'user_é' was found.");
}

#[test]
fn every_answer_names_the_request_and_the_organization() {
    let mut api = Api::new();
    let organization = api.get(ME).ok()["id"].as_str().unwrap().to_owned();
    let (good, bad) = (api.get(ME), api.get(&format!("{USERS}/nobody")));
    for reply in [&good, &bad] {
        assert!(reply.headers["request-id"].to_str().unwrap().starts_with("req_01"));
        assert_eq!(reply.headers["anthropic-organization-id"], *organization);
        assert_eq!(reply.headers["content-type"], "application/json");
    }
    assert_ne!(good.headers["request-id"], bad.headers["request-id"]);
    assert_eq!(bad.body["request_id"], bad.headers["request-id"].to_str().unwrap());
    assert_eq!(bad.body["type"], "error");
    assert_eq!(bad.headers["x-should-retry"], "false");
    assert!(!good.headers.contains_key("x-should-retry"));
}

#[test]
fn reading_changes_nothing_about_what_is_created_next() {
    let create = json!({ "email": "ada@example.com", "role": "user" });
    let (mut quiet, mut busy) = (Api::new(), Api::new());
    for _ in 0..5 {
        busy.get(USERS).ok();
    }
    assert_eq!(quiet.post(INVITES, create.clone()).ok(), busy.post(INVITES, create).ok());
}

#[test]
fn a_budget_that_is_used_up_is_refused_until_the_next_minute() {
    let mut api = Api::with(SimulatorConfig { requests_per_minute: Some(2), ..SimulatorConfig::default() });
    api.get(ME).ok();
    api.advance("20s");
    api.get(ME).ok();
    let reply = api.get(ME);
    reply.refused(429);
    assert_eq!(reply.body["error"]["type"], "rate_limit_error");
    assert_eq!(reply.headers["retry-after"], "40");
    assert!(!reply.headers.contains_key("x-should-retry"), "it may be tried again");
    api.post(INVITES, json!({ "email": "ada@example.com", "role": "user" })).ok();
    api.advance("40s");
    api.get(ME).ok();
}

#[test]
fn a_reset_brings_everything_back() {
    let mut api = Api::new();
    let before = api.get(USERS);
    let user = api.id_of(USERS, "role", "developer");
    api.delete(&format!("{USERS}/{user}")).ok();
    api.advance("3d");
    api.simulation.reset();
    let after = api.get(USERS);
    assert_eq!(after.body, before.body);
    assert_eq!(after.headers["request-id"], before.headers["request-id"]);
    assert_eq!(api.simulation.clock().now().to_string(), "2026-11-21T17:20:00Z");
}

//! Every code of the reference description, and the operations that return it.

use crate::support::{Api, USERS, VERSION};
use claude_admin_simulator::{ADMIN_KEY, ErrorCode, OrganizationKind, SimulatorConfig};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const REFERENCE: &str = include_str!("../../../catalog/tests/reference/admin-api.json");

/// The codes that operations can return, by status, from the reference.
fn codes() -> BTreeSet<(u64, String)> {
    let reference: Value = serde_json::from_str(REFERENCE).unwrap();
    let operations =
        reference["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    operations
        .filter_map(|operation| operation.get("x-error-codes")?.as_array())
        .flatten()
        .map(|row| (row["status"].as_u64().unwrap(), row["error_code"].as_str().unwrap().to_owned()))
        .collect()
}

#[test]
fn every_code_of_an_operation_is_known_with_its_status() {
    for (status, code) in codes() {
        let known: ErrorCode = code.parse().unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!(u64::from(known.status()), status, "{code}");
    }
}

#[test]
fn no_code_is_made_up() {
    let reference: Value = serde_json::from_str(REFERENCE).unwrap();
    let catalogue = reference["x-error-code-catalogue"].as_array().unwrap();
    for code in ErrorCode::all() {
        let is_there = catalogue.iter().any(|row| row["error_code"] == code.as_str() && row["status"] == code.status());
        // Named in the rules of an operation only.
        assert!(is_there || code.as_str() == "slack_channel_enabled", "{}", code.as_str());
    }
}

#[test]
fn every_code_that_the_catalog_explains_is_known() {
    let api = Api::new();
    for action in &api.simulation.catalog().actions {
        for explained in &action.codes {
            assert!(explained.code.parse::<ErrorCode>().is_ok(), "{}: {}", action.id, explained.code);
        }
    }
}

fn enterprise() -> Api {
    Api::with(SimulatorConfig { organization: OrganizationKind::Enterprise, ..SimulatorConfig::default() })
}

#[test]
fn sign_out_depends_on_the_role_of_the_member() {
    let beta = ("anthropic-beta", "admin-user-sign-out-2026-10-08");
    let headers = [("x-api-key", ADMIN_KEY), ("anthropic-version", VERSION), beta];
    let sign_out = |api: &mut Api, role: &str| {
        let user = api.id_of(USERS, "role", role);
        api.request("POST", &format!("{USERS}/{user}/sign_out"), &headers, "{}")
    };
    let mut api = enterprise();
    for (role, code) in [
        ("primary_owner", "cannot_sign_out_primary_owner"),
        ("owner", "cannot_sign_out_owner"),
        ("membership_admin", "cannot_sign_out_membership_admin"),
    ] {
        assert_eq!(sign_out(&mut api, role).code(), Some(code));
    }
    sign_out(&mut api, "user").ok();
    let mut both = Api::new();
    assert_eq!(sign_out(&mut both, "admin").code(), Some("cannot_sign_out_privileged_member"));
    let members = both.list(USERS);
    let first = members.iter().rfind(|member| member["role"] == "admin").unwrap()["id"].as_str().unwrap();
    let bearer = format!("Bearer {}", claude_admin_simulator::OAUTH_TOKEN);
    let token = [("authorization", &*bearer), ("anthropic-version", VERSION), beta];
    let reply = both.request("POST", &format!("{USERS}/{first}/sign_out"), &token, "{}");
    assert_eq!(reply.code(), Some("cannot_sign_out_self"));
    let organization = OrganizationKind::Console;
    let mut console = Api::with(SimulatorConfig { organization, ..SimulatorConfig::default() });
    assert_eq!(sign_out(&mut console, "user").code(), Some("organization_not_enrolled_in_beta"));
    let user = console.id_of(USERS, "role", "user");
    let without = [headers[0], headers[1]];
    console.request("POST", &format!("{USERS}/{user}/sign_out"), &without, "{}").refused(400);
}

#[test]
fn enterprise_organizations_have_roles_of_their_own() {
    let mut api = enterprise();
    let roles: BTreeSet<String> =
        api.list(USERS).iter().map(|member| member["role"].as_str().unwrap().to_owned()).collect();
    let expected = ["managed", "membership_admin", "owner", "primary_owner", "user"].map(str::to_owned);
    assert_eq!(roles, expected.into());
    for role in ["owner", "primary_owner", "membership_admin"] {
        let path = format!("{USERS}/{}", api.id_of(USERS, "role", role));
        api.delete(&path).refused(400);
        api.post(&path, json!({ "role": "user" })).refused(400);
    }
    let path = format!("{USERS}/{}", api.id_of(USERS, "role", "user"));
    assert_eq!(api.post(&path, json!({ "role": "managed" })).ok()["role"], "managed");
    api.post(&path, json!({ "role": "developer" })).refused(400);
}

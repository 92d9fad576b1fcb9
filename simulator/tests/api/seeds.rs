//! The organization at the start.

use crate::support::{Api, INVITES, KEYS, USERS, VERSION, WORKSPACES, values};
use claude_admin_simulator::{ADMIN_KEY, OAUTH_TOKEN, SCOPED_KEY, SimulatorConfig};
use serde_json::Value;
use std::collections::BTreeSet;

fn everything(seed: u64) -> Vec<String> {
    let mut api = Api::with(SimulatorConfig { seed, members: 40, ..SimulatorConfig::default() });
    let lists = [USERS.to_owned(), INVITES.to_owned(), KEYS.to_owned(), format!("{WORKSPACES}?include_default=true")];
    lists.iter().flat_map(|path| api.list(path)).map(|item| item.to_string()).collect()
}

#[test]
fn one_seed_is_one_organization() {
    assert_eq!(everything(7), everything(7));
    assert_ne!(everything(7), everything(8));
}

#[test]
fn organization_has_the_given_member_count_and_unique_addresses() {
    for count in [0, 1, 3, 25, 300] {
        let members = Api::with_members(count).list(USERS);
        assert_eq!(members.len(), count);
        let addresses: BTreeSet<&str> = values(&members, "email").into_iter().collect();
        assert_eq!(addresses.len(), count);
        assert!(addresses.iter().all(|address| address.ends_with("@example.com")));
    }
}

#[test]
fn every_role_of_a_console_organization_is_there() {
    let members = Api::new().list(USERS);
    let roles: BTreeSet<&str> = values(&members, "role").into_iter().collect();
    assert_eq!(roles, ["admin", "billing", "claude_code_user", "developer", "user"].into());
}

#[test]
fn some_names_are_hard_on_whoever_shows_them() {
    let members = Api::new().list(USERS);
    let names = values(&members, "name");
    for part in ["<!channel>", "*bold*", "\u{200F}", "🌸", "=HYPERLINK", "<b>", "`", "\"", "@here"] {
        assert!(names.iter().any(|name| name.contains(part)), "{part}");
    }
}

#[test]
fn keys_and_invites_are_there_in_every_state() {
    let mut api = Api::new();
    for status in ["active", "inactive", "archived", "expired"] {
        assert!(!api.list(&format!("{KEYS}?status={status}")).is_empty(), "{status}");
    }
    for status in ["pending", "accepted", "expired"] {
        assert!(!api.list(&format!("{INVITES}?statuses[]={status}")).is_empty(), "{status}");
    }
}

#[test]
fn everything_is_listed_newest_first() {
    let mut api = Api::new();
    let all = format!("{WORKSPACES}?include_default=true&include_archived=true");
    for (path, field) in [(KEYS, "created_at"), (INVITES, "invited_at"), (&*all, "created_at")] {
        let items = api.list(path);
        let times = values(&items, field);
        assert!(times.is_sorted_by(|newer, older| newer >= older), "{path}: {times:?}");
    }
}

/// The lists with the objects that others refer to, and the prefixes of their IDs.
const TARGETS: [(&str, &str); 9] = [
    ("user_", USERS),
    ("wrkspc_", "/v1/organizations/workspaces?include_default=true&include_archived=true"),
    ("svac_", "/v1/organizations/service_accounts?include_archived=true"),
    ("fdis_", "/v1/organizations/federation_issuers?include_archived=true"),
    ("rbac_group_", "/v1/organizations/rbac_groups"),
    ("rbac_role_", "/v1/organizations/rbac_roles"),
    ("ekey_", "/v1/organizations/external_keys"),
    ("plugin_", "/v1/organizations/plugins"),
    ("slws_", "/v1/organizations/claude_tag/slack_workspaces"),
];

/// Every list without a parent object, with a credential that can read it.
fn all_of(api: &mut Api, path: &str) -> Vec<Value> {
    let mark = if path.contains('?') { '&' } else { '?' };
    let path = format!("{path}{mark}limit=100");
    let betas = "webhooks-2026-10-07,telemetry-destinations-2026-08-11,spend-limit-reads-2026-09-26,\
        ce-claude-code-managed-settings-2026-10-06,ce-plugins-2026-09-01,experimental-claude-tag-2026-10-21,\
        mcp-tunnels-2026-05-19";
    let bearer = format!("Bearer {OAUTH_TOKEN}");
    for credential in [("x-api-key", ADMIN_KEY), ("x-api-key", SCOPED_KEY), ("authorization", &*bearer)] {
        let headers = [credential, ("anthropic-version", VERSION), ("anthropic-beta", betas)];
        let reply = api.request("GET", &path, &headers, "");
        if reply.status == 200 {
            return reply.body["data"].as_array().unwrap().clone();
        }
    }
    panic!("nobody may read {path}")
}

/// The texts in a value, at any depth, that have the prefix of one of the IDs.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if TARGETS.iter().any(|(prefix, _)| text.starts_with(&format!("{prefix}01"))) => {
            found.push(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| references(field, found)),
        _ => {}
    }
}

#[test]
fn every_seeded_reference_has_an_existing_target() {
    let mut api = Api::new();
    let known: BTreeSet<String> = TARGETS
        .into_iter()
        .flat_map(|(_, path)| all_of(&mut api, path))
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect();
    let lists = [
        KEYS,
        INVITES,
        "/v1/organizations/service_accounts",
        "/v1/organizations/federation_rules",
        "/v1/organizations/rbac_groups",
        "/v1/organizations/spend_limits",
        "/v1/organizations/spend_limits/effective",
        "/v1/organizations/spend_limit_increase_requests",
        "/v1/organizations/claude_code/managed_settings/rbac_groups",
        "/v1/organizations/plugin_marketplaces",
        "/v1/organizations/plugins",
        "/v1/organizations/tunnels",
        "/v1/organizations/claude_tag/slack_channels?slack_workspace_id=T0123456789",
        WORKSPACES,
    ];
    let mut found = Vec::new();
    for path in lists {
        let items = all_of(&mut api, path);
        assert!(items.len() > 1, "{path}");
        references(&items.into(), &mut found);
    }
    assert!(found.len() > 100, "{}", found.len());
    for reference in found {
        assert!(known.contains(&reference), "{reference}");
    }
}

#[test]
fn an_organization_without_members_is_made_too() {
    let mut api = Api::with_members(0);
    for (_, path) in TARGETS {
        all_of(&mut api, path);
    }
}

#[test]
fn key_of_a_service_account_is_archived_with_the_account() {
    let mut api = Api::new();
    let key = api.find(KEYS, "name", "deploy agent");
    let id = key["principal"]["service_account_id"].as_str().unwrap().to_owned();
    let account = api.oauth("GET", &format!("/v1/organizations/service_accounts/{id}"), Value::Null).ok();
    assert_eq!(account["name"], "deploy-agent");
    api.oauth("POST", &format!("/v1/organizations/service_accounts/{id}/archive"), serde_json::json!({})).ok();
    assert_eq!(api.find(KEYS, "name", "deploy agent")["status"], "archived", "the key ends with it");
}

//! The API keys at the start: one of every kind and state.

use super::Seeder;
use super::members::Member;
use super::workspaces::{ARCHIVED, PRODUCTION, Workspace, scope_of};
use crate::rules::ApiKeys;
use serde_json::{Value, json};

/// The creator of a key, or the principal that it acts as.
#[derive(Clone, Copy)]
enum Who {
    Nobody,
    /// The member at this position in the list, modulo its length.
    Member(usize),
    ServiceAccount,
}

struct Key {
    name: &'static str,
    /// `None` for the whole organization.
    workspace: Option<&'static str>,
    status: &'static str,
    created_days_ago: i64,
    expires_in_days: Option<i64>,
    created_by: Who,
    principal: Who,
}

/// A plain key of the production workspace. The list contains only the differences.
const PLAIN: Key = Key {
    name: "",
    workspace: Some(PRODUCTION),
    status: "active",
    created_days_ago: 100,
    expires_in_days: None,
    created_by: Who::Member(1),
    principal: Who::Nobody,
};

/// From the oldest to the newest.
const KEYS: [Key; 12] = [
    Key { name: "legacy import", workspace: Some("Default"), created_days_ago: 710, created_by: Who::Nobody, ..PLAIN },
    Key { name: "prototype", workspace: Some(ARCHIVED), status: "archived", created_days_ago: 690, ..PLAIN },
    Key { name: "ci main", created_days_ago: 580, ..PLAIN },
    Key { name: "old gateway", status: "inactive", created_days_ago: 400, created_by: Who::Member(4), ..PLAIN },
    Key { name: "leaked 2025-03", status: "archived", created_days_ago: 380, created_by: Who::Member(9), ..PLAIN },
    Key { name: "nightly evaluation", workspace: Some("Research & <Evaluation>"), created_days_ago: 190, ..PLAIN },
    Key { name: "trial", workspace: Some("Staging"), created_days_ago: 120, expires_in_days: Some(-30), ..PLAIN },
    Key { name: "notebook", workspace: None, created_by: Who::Member(5), principal: Who::Member(5), ..PLAIN },
    Key { name: "=cmd|'/C calc'!A0", principal: Who::Member(1), created_days_ago: 60, ..PLAIN },
    Key { name: "support bot <@U012> *prod*", workspace: Some("Support bot"), created_days_ago: 40, ..PLAIN },
    Key {
        name: "deploy agent",
        workspace: None,
        created_days_ago: 30,
        expires_in_days: Some(335),
        created_by: Who::ServiceAccount,
        principal: Who::ServiceAccount,
        ..PLAIN
    },
    Key { name: "load test", workspace: Some("Staging"), created_days_ago: 20, expires_in_days: Some(7), ..PLAIN },
];

/// The key that the examples name.
const EXAMPLE: &str = "ci main";

impl Seeder<'_> {
    pub(super) fn api_keys(&mut self, workspaces: &[Workspace], members: &[Member], service_account: &str) {
        let person = |index: usize| members.get(index % members.len().max(1));
        for key in KEYS {
            let principal = match key.principal {
                Who::Nobody => Value::Null,
                Who::ServiceAccount => {
                    json!({ "type": "service_account_actor", "service_account_id": service_account })
                }
                Who::Member(index) => match person(index) {
                    Some(member) => json!({ "type": "user_actor", "user_id": member.id }),
                    // Without members, there are no personal keys.
                    None => continue,
                },
            };
            let created_by = match key.created_by {
                Who::Nobody => Value::Null,
                Who::ServiceAccount => json!({ "type": "service_account", "id": service_account }),
                Who::Member(index) => {
                    person(index).map_or(Value::Null, |member| json!({ "type": "user", "id": member.id }))
                }
            };
            let id = if key.name == EXAMPLE { self.example_id("apikey_") } else { self.ids.next("apikey_") };
            let hint = self.ids.next("");
            let expires_at = key.expires_in_days.map(|days| self.days_ago(-days).to_string());
            self.add(
                ApiKeys::PATH,
                json!({
                    "id": id,
                    "name": key.name,
                    "status": key.status,
                    "partial_key_hint": format!("sk-ant-api03-{}...{}", &hint[2..5], &hint[6..10]),
                    "created_at": self.days_ago(key.created_days_ago).to_string(),
                    "expires_at": expires_at,
                    "scope": scope_of(workspaces, key.workspace),
                    "created_by": created_by,
                    "principal": principal,
                }),
            );
        }
    }
}

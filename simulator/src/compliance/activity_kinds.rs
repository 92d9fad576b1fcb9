//! The activity of a request, and its fields.

use crate::Object;
use crate::rules::text;
use serde_json::{Value, json};

/// The source of the value of a field.
#[derive(Debug, Clone, Copy)]
enum Source {
    /// The parameter of the path at this place.
    Path(usize),
    /// A field of the reply, by JSON pointer.
    Reply(&'static str),
    /// The same field, as a list.
    Listed(&'static str),
    /// A field of the item before the change.
    Before(&'static str),
    /// A field of the parent item in the path.
    Parent(&'static str),
    /// The parameter of the path at this place, if it is a group.
    Group(usize),
    /// A field of the body.
    Sent(&'static str),
    /// The changed fields, out of these.
    Changes(&'static [&'static str]),
    /// A constant value.
    Word(&'static str),
    Number(i64),
    Truth,
    /// Whether the state in the reply is `enabled`.
    Enabled,
}

use Source::{Before, Changes, Enabled, Group, Listed, Number, Parent, Path, Reply, Sent, Truth, Word};

/// The fields of the activity of an action. Its type is in the package (`@activity`).
#[derive(Debug)]
pub(super) struct ActivityKind {
    action: &'static str,
    fields: &'static [(&'static str, Source)],
}

/// The data of a request that succeeded.
#[derive(Debug)]
pub(super) struct Evidence<'e> {
    pub(super) path: &'e [String],
    pub(super) before: Option<&'e Object>,
    pub(super) parent: Option<&'e Object>,
    pub(super) sent: &'e Value,
    pub(super) reply: &'e Value,
}

macro_rules! kinds {
    ($($action:literal { $($field:literal: $from:expr),* })*) => {
        &[$(ActivityKind { action: $action, fields: &[$(($field, $from)),*] }),*]
    };
}

/// Every action that is an activity.
static KINDS: &[ActivityKind] = kinds! {
    "users.list" {}
    "users.get" { "user_id": Path(0) }
    "users.update" {
        "user_id": Path(0), "user_email": Before("email"), "previous_role": Before("role"),
        "current_role": Reply("/role")
    }
    "users.remove" {
        "deleted_user_id": Path(0), "deleted_user_email": Before("email")
    }
    "users.sign-out" {
        "user_id": Path(0), "completed": Truth, "devices_revoked_count": Number(1), "sessions_revoked_count": Number(2)
    }
    "invites.list" {}
    "invites.get" { "invite_id": Path(0) }
    "invites.create" {
        "invited_email": Reply("/email"), "invited_role": Reply("/role"),
        "invited_rbac_group_ids": Reply("/rbac_group_ids")
    }
    "invites.delete" { "invite_id": Path(0) }
    "api-keys.update" {
        "api_key_id": Path(0), "updates": Changes(&["name", "status"])
    }
    "workspaces.create" { "workspace_id": Reply("/id") }
    "workspaces.update" {
        "workspace_id": Path(0), "updates": Changes(&["name", "display_color"])
    }
    "workspaces.archive" { "workspace_id": Path(0) }
    "workspace-members.list" { "workspace_id": Path(0) }
    "workspace-members.get" {
        "workspace_id": Path(0), "user_id": Path(1)
    }
    "workspace-members.add" {
        "workspace_id": Path(0), "user_id": Reply("/user_id")
    }
    "workspace-members.update" {
        "workspace_id": Path(0), "user_id": Path(1), "updates": Changes(&["workspace_role"])
    }
    "workspace-members.remove" {
        "workspace_id": Path(0), "user_id": Path(1)
    }
    "workspace-rate-limits.update" {
        "workspace_id": Path(0), "model_group": Path(1), "limiter_type": Reply("/limits/0/type"),
        "value": Reply("/limits/0/value")
    }
    "workspace-service-accounts.add" {
        "workspace_id": Path(0), "service_account_id": Reply("/service_account_id")
    }
    "workspace-service-accounts.update" {
        "workspace_id": Path(0), "service_account_id": Path(1), "updates": Changes(&["workspace_role"])
    }
    "workspace-service-accounts.remove" {
        "workspace_id": Path(0), "service_account_id": Path(1)
    }
    "service-accounts.update" {
        "service_account_id": Path(0), "updates": Changes(&["description", "organization_role"])
    }
    "service-accounts.archive" {
        "service_account_id": Path(0)
    }
    "service-account-workspaces.add" {
        "service_account_id": Path(0), "workspace_id": Sent("workspace_id")
    }
    "service-account-workspaces.remove" {
        "service_account_id": Path(0), "workspace_id": Path(1)
    }
    "federation-issuers.update" {
        "federation_issuer_id": Path(0), "updates": Changes(&["name", "issuer_url", "jwks_url", "check_jti"])
    }
    "federation-issuers.archive" {
        "federation_issuer_id": Path(0)
    }
    "federation-rules.update" {
        "federation_rule_id": Path(0),
        "updates": Changes(&["name", "description", "oauth_scope", "token_lifetime_seconds", "target_type"])
    }
    "federation-rules.archive" {
        "federation_rule_id": Path(0)
    }
    "federation-rule-workspaces.add" {
        "federation_rule_id": Path(0), "workspace_id": Sent("workspace_id")
    }
    "federation-rule-workspaces.remove" {
        "federation_rule_id": Path(0), "workspace_id": Path(1)
    }
    "external-keys.create" {
        "external_key_id": Reply("/id"), "provider": Sent("provider_config")
    }
    "external-keys.update" {
        "external_key_id": Path(0), "updates": Changes(&["display_name", "geo"])
    }
    "external-keys.delete" { "external_key_id": Path(0) }
    "external-keys.validate" {
        "external_key_id": Path(0), "validation_result": Word("success")
    }
    "compliance-settings.update" {
        "compliance_api_enabled": Enabled, "compliance_api_logging_enabled": Enabled
    }
    "groups.list" {}
    "groups.get" { "group_id": Path(0) }
    "group-members.list" { "group_id": Path(0) }
    "groups.create" { "group_id": Reply("/id"), "group_name": Reply("/name") }
    "groups.update" { "group_id": Path(0) }
    "groups.delete" { "group_id": Path(0) }
    "group-members.add" {
        "group_id": Path(0), "member_ids": Listed("/user_id")
    }
    "group-members.remove" {
        "group_id": Path(0), "member_ids": Listed("/user_id")
    }
    "spend-limits.set" {
        "spend_limit_id": Reply("/id"), "limit_type": Reply("/scope/type"), "user_id": Reply("/scope/user_id"),
        "is_enabled": Truth
    }
    "spend-limits.delete" { "spend_limit_id": Path(0) }
    "spend-requests.approve" {
        "spend_limit_increase_request_id": Path(0), "requester_user_id": Reply("/requester/user_id"),
        "spend_limit_id": Reply("/spend_limit_id")
    }
    "spend-requests.deny" {
        "spend_limit_increase_request_id": Path(0), "requester_user_id": Reply("/requester/user_id")
    }
    "marketplaces.update" { "marketplace_id": Path(0) }
    "plugins.create" {
        "plugin_id": Reply("/id"), "plugin_name": Reply("/name")
    }
    "plugins.update" {
        "plugin_id": Path(0), "plugin_name": Before("name")
    }
    "plugins.delete" {
        "plugin_id": Path(0), "plugin_name": Before("name")
    }
    "plugin-versions.create" { "plugin_id": Path(0) }
    "plugin-settings.set" {
        "marketplace_id": Parent("marketplace_id"), "plugin_name": Parent("name"), "action": Word("set"),
        "group_id": Group(1), "installation_preference": Sent("installation_preference")
    }
    "plugin-settings.remove" {
        "marketplace_id": Parent("marketplace_id"), "plugin_name": Parent("name"), "action": Word("cleared"),
        "group_id": Group(1)
    }
    "tunnels.archive" { "tunnel_id": Path(0) }
    "tunnel-certificates.create" {
        "tunnel_id": Path(0), "certificate_id": Reply("/id")
    }
    "tunnel-certificates.archive" {
        "tunnel_id": Path(0), "certificate_id": Path(1)
    }
    "tunnels.reveal-token" {
        "tunnel_id": Path(0), "tunnel_token_id": Reply("/id")
    }
    "tunnels.rotate-token" {
        "tunnel_id": Path(0), "tunnel_token_id": Reply("/id"), "reason": Sent("rotation_reason")
    }
    "usage.messages" {}
    "usage.claude-code" {}
    "cost.report" {}
    "compliance-chats.messages" { "claude_chat_id": Path(0) }
    "compliance-chats.delete" {
        "claude_chat_id": Path(0), "claude_project_id": Before("project_id")
    }
    "compliance-files.delete" {
        "claude_file_id": Path(0), "filename": Before("filename")
    }
    "compliance-projects.delete" { "claude_project_id": Path(0) }
    "compliance-projects.delete-document" {
        "claude_project_document_id": Path(0), "claude_project_id": Before("claude_project_id"),
        "filename": Before("filename")
    }
    "compliance-code-artifacts.delete" {
        "claude_published_artifact_id": Path(0)
    }
};

impl ActivityKind {
    /// The activity of an action.
    pub(super) fn of(action: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.action == action)
    }

    /// The fields of the activity; `None` if nothing was changed.
    pub(super) fn fields(&self, evidence: &Evidence<'_>) -> Option<Object> {
        let fields: Object =
            self.fields.iter().map(|(name, from)| ((*name).to_owned(), from.value(evidence))).collect();
        let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
        // A change without an effect is not an activity.
        let changed = self.fields.iter().all(|(name, from)| {
            !matches!(from, Changes(_)) || self.action == "workspaces.update" || !is_empty(&fields[*name])
        });
        changed.then_some(fields)
    }
}

impl Source {
    fn value(self, evidence: &Evidence<'_>) -> Value {
        match self {
            Path(place) => json!(evidence.path.get(place)),
            Reply(pointer) => evidence.reply.pointer(pointer).cloned().unwrap_or_default(),
            Listed(pointer) => json!([evidence.reply.pointer(pointer).cloned().unwrap_or_default()]),
            Before(field) => evidence.before.and_then(|item| item.get(field)).cloned().unwrap_or_default(),
            Parent(field) => evidence.parent.and_then(|item| item.get(field)).cloned().unwrap_or_default(),
            Group(place) => json!(evidence.path.get(place).filter(|target| target.starts_with("rbac_group_"))),
            // Of an object, only its kind is reported.
            Sent(field) => match evidence.sent.get(field) {
                Some(Value::Object(object)) => text(object, "type").into(),
                value => value.cloned().unwrap_or_default(),
            },
            Changes(fields) => changes(fields, evidence).into(),
            Word(word) => word.into(),
            Number(number) => number.into(),
            Truth => true.into(),
            Enabled => (evidence.reply.pointer("/state/type").and_then(Value::as_str) == Some("enabled")).into(),
        }
    }
}

/// The fields whose value changed.
fn changes(fields: &[&str], evidence: &Evidence<'_>) -> Vec<Value> {
    let shown = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(value) => value.to_string(),
    };
    let change = |field: &&str| {
        let previous = shown(evidence.before.and_then(|item| item.get(*field)));
        let current = shown(evidence.reply.get(*field));
        let is_sent = evidence.sent.get(*field).is_some();
        (is_sent && previous != current)
            .then(|| json!({ "type": field, "previous_value": previous, "current_value": current }))
    };
    fields.iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use claude_admin_catalog::{Action, Method};

    const TYPES: &str = include_str!("activity_types.txt");
    const NO_TYPE: &str = "no type of activity is known for it";
    const CHANGES_NOTHING: &str = "it only checks the sent data";

    /// The writes that are not in the feed, by interface or by action, and the reason.
    const NOT_IN_THE_FEED: [(&str, &str); 17] = [
        ("compliance-review-cases", "the feed has it as a request of the Compliance API"),
        ("external-storage", NO_TYPE),
        ("federation-issuers.create", NO_TYPE),
        ("federation-rules.create", NO_TYPE),
        ("google-data-controls", NO_TYPE),
        ("managed-settings", NO_TYPE),
        ("marketplaces.validate-archive", CHANGES_NOTHING),
        ("marketplaces.validate-repository", CHANGES_NOTHING),
        ("oauth.exchange", "it has no caller who could be the actor"),
        ("service-accounts.create", NO_TYPE),
        ("tag-bundle-targets", NO_TYPE),
        ("tag-bundles", NO_TYPE),
        ("tag-channels", NO_TYPE),
        ("tag-workspaces", NO_TYPE),
        ("telemetry", NO_TYPE),
        ("telemetry-workspaces", NO_TYPE),
        ("webhooks", NO_TYPE),
    ];

    #[test]
    fn every_action_with_a_type_of_activity_has_its_fields_once_and_a_known_type() {
        let routes = testing::routes();
        for action in &routes.catalog().actions {
            let fields = KINDS.iter().filter(|kind| kind.action == action.id).count();
            assert_eq!(fields, usize::from(action.activity.is_some()), "{}", action.id);
            let is_known = |name: &String| TYPES.lines().any(|known| known == name);
            assert!(action.activity.as_ref().is_none_or(is_known), "{}: {:?}", action.id, action.activity);
        }
        for kind in KINDS {
            assert!(routes.catalog().action(kind.action).is_some(), "{}", kind.action);
        }
    }

    #[test]
    fn every_write_is_in_the_feed_or_has_a_reason() {
        let routes = testing::routes();
        let names = |name: &str, action: &Action| name == action.interface || name == action.id;
        let mut used = Vec::new();
        for action in routes.catalog().actions.iter().filter(|action| action.http.method != Method::Get) {
            let reason = NOT_IN_THE_FEED.iter().find(|(name, _)| names(name, action));
            assert_ne!(action.activity.is_some(), reason.is_some(), "{}: {reason:?}", action.id);
            used.extend(reason.map(|(name, _)| *name));
        }
        for (name, _) in NOT_IN_THE_FEED {
            assert!(used.contains(&name), "{name} is not a write of the catalog");
        }
    }
}

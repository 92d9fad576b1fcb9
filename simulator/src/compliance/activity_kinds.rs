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

/// A kind of activity: the action that it is, its type, and its fields.
#[derive(Debug)]
pub(super) struct ActivityKind {
    action: &'static str,
    pub(super) name: &'static str,
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
    ($($action:literal $name:literal { $($field:literal: $from:expr),* })*) => {
        &[$(ActivityKind { action: $action, name: $name, fields: &[$(($field, $from)),*] }),*]
    };
}

/// Every action that is an activity. As far as is known, other actions are not in the feed.
static KINDS: &[ActivityKind] = kinds! {
    "users.list" "org_users_listed" {}
    "users.get" "org_user_viewed" { "user_id": Path(0) }
    "users.update" "claude_user_role_updated" {
        "user_id": Path(0), "user_email": Before("email"), "previous_role": Before("role"),
        "current_role": Reply("/role")
    }
    "users.remove" "org_user_deleted" {
        "deleted_user_id": Path(0), "deleted_user_email": Before("email")
    }
    "users.sign-out" "org_user_trusted_devices_revoked" {
        "user_id": Path(0), "completed": Truth, "devices_revoked_count": Number(1), "sessions_revoked_count": Number(2)
    }
    "invites.list" "org_invites_listed" {}
    "invites.get" "org_invite_viewed" { "invite_id": Path(0) }
    "invites.create" "org_user_invite_sent" {
        "invited_email": Reply("/email"), "invited_role": Reply("/role"),
        "invited_rbac_group_ids": Reply("/rbac_group_ids")
    }
    "invites.delete" "org_user_invite_deleted" { "invite_id": Path(0) }
    "api-keys.update" "platform_api_key_updated" {
        "api_key_id": Path(0), "updates": Changes(&["name", "status"])
    }
    "workspaces.create" "platform_workspace_created" { "workspace_id": Reply("/id") }
    "workspaces.update" "platform_workspace_updated" {
        "workspace_id": Path(0), "updates": Changes(&["name", "display_color"])
    }
    "workspaces.archive" "platform_workspace_archived" { "workspace_id": Path(0) }
    "workspace-members.list" "platform_workspace_members_listed" { "workspace_id": Path(0) }
    "workspace-members.get" "platform_workspace_member_viewed" {
        "workspace_id": Path(0), "user_id": Path(1)
    }
    "workspace-members.add" "platform_workspace_member_added" {
        "workspace_id": Path(0), "user_id": Reply("/user_id")
    }
    "workspace-members.update" "platform_workspace_member_updated" {
        "workspace_id": Path(0), "user_id": Path(1), "updates": Changes(&["workspace_role"])
    }
    "workspace-members.remove" "platform_workspace_member_removed" {
        "workspace_id": Path(0), "user_id": Path(1)
    }
    "workspace-rate-limits.update" "platform_workspace_rate_limit_updated" {
        "workspace_id": Path(0), "model_group": Path(1), "limiter_type": Reply("/limits/0/type"),
        "value": Reply("/limits/0/value")
    }
    "workspace-service-accounts.add" "platform_service_account_workspace_member_added" {
        "workspace_id": Path(0), "service_account_id": Reply("/service_account_id")
    }
    "workspace-service-accounts.update" "platform_service_account_workspace_member_updated" {
        "workspace_id": Path(0), "service_account_id": Path(1), "updates": Changes(&["workspace_role"])
    }
    "workspace-service-accounts.remove" "platform_service_account_workspace_member_removed" {
        "workspace_id": Path(0), "service_account_id": Path(1)
    }
    "service-accounts.update" "platform_service_account_updated" {
        "service_account_id": Path(0), "updates": Changes(&["description", "organization_role"])
    }
    "service-accounts.archive" "platform_service_account_archived" {
        "service_account_id": Path(0)
    }
    "service-account-workspaces.add" "platform_service_account_workspace_member_added" {
        "service_account_id": Path(0), "workspace_id": Sent("workspace_id")
    }
    "service-account-workspaces.remove" "platform_service_account_workspace_member_removed" {
        "service_account_id": Path(0), "workspace_id": Path(1)
    }
    "federation-issuers.update" "platform_federation_issuer_updated" {
        "federation_issuer_id": Path(0), "updates": Changes(&["name", "issuer_url", "jwks_url", "check_jti"])
    }
    "federation-issuers.archive" "platform_federation_issuer_archived" {
        "federation_issuer_id": Path(0)
    }
    "federation-rules.update" "platform_federation_rule_updated" {
        "federation_rule_id": Path(0),
        "updates": Changes(&["name", "description", "oauth_scope", "token_lifetime_seconds", "target_type"])
    }
    "federation-rules.archive" "platform_federation_rule_archived" {
        "federation_rule_id": Path(0)
    }
    "federation-rule-workspaces.add" "platform_federation_rule_workspace_added" {
        "federation_rule_id": Path(0), "workspace_id": Sent("workspace_id")
    }
    "federation-rule-workspaces.remove" "platform_federation_rule_workspace_removed" {
        "federation_rule_id": Path(0), "workspace_id": Path(1)
    }
    "external-keys.create" "org_external_key_created" {
        "external_key_id": Reply("/id"), "provider": Sent("provider_config")
    }
    "external-keys.update" "org_external_key_updated" {
        "external_key_id": Path(0), "updates": Changes(&["display_name", "geo"])
    }
    "external-keys.delete" "org_external_key_deleted" { "external_key_id": Path(0) }
    "external-keys.validate" "org_external_key_validated" {
        "external_key_id": Path(0), "validation_result": Word("success")
    }
    "compliance-settings.update" "org_compliance_api_settings_updated" {
        "compliance_api_enabled": Enabled, "compliance_api_logging_enabled": Enabled
    }
    "groups.list" "group_list_viewed" {}
    "groups.get" "group_viewed" { "group_id": Path(0) }
    "group-members.list" "group_member_list_viewed" { "group_id": Path(0) }
    "groups.create" "group_created" { "group_id": Reply("/id"), "group_name": Reply("/name") }
    "groups.update" "group_updated" { "group_id": Path(0) }
    "groups.delete" "group_deleted" { "group_id": Path(0) }
    "group-members.add" "group_member_added" {
        "group_id": Path(0), "member_ids": Listed("/user_id")
    }
    "group-members.remove" "group_member_removed" {
        "group_id": Path(0), "member_ids": Listed("/user_id")
    }
    "spend-limits.set" "extra_usage_spend_limit_updated" {
        "spend_limit_id": Reply("/id"), "limit_type": Reply("/scope/type"), "user_id": Reply("/scope/user_id"),
        "is_enabled": Truth
    }
    "spend-limits.delete" "extra_usage_spend_limit_deleted" { "spend_limit_id": Path(0) }
    "spend-requests.approve" "extra_usage_spend_limit_increase_request_approved" {
        "spend_limit_increase_request_id": Path(0), "requester_user_id": Reply("/requester/user_id"),
        "spend_limit_id": Reply("/spend_limit_id")
    }
    "spend-requests.deny" "extra_usage_spend_limit_increase_request_denied" {
        "spend_limit_increase_request_id": Path(0), "requester_user_id": Reply("/requester/user_id")
    }
    "marketplaces.update" "marketplace_updated" { "marketplace_id": Path(0) }
    "plugins.create" "claude_plugin_created" {
        "plugin_id": Reply("/id"), "plugin_name": Reply("/name")
    }
    "plugins.update" "claude_plugin_updated" {
        "plugin_id": Path(0), "plugin_name": Before("name")
    }
    "plugins.delete" "claude_plugin_deleted" {
        "plugin_id": Path(0), "plugin_name": Before("name")
    }
    "plugin-versions.create" "claude_plugin_replaced" { "plugin_id": Path(0) }
    "plugin-settings.set" "plugin_installation_preference_updated" {
        "marketplace_id": Parent("marketplace_id"), "plugin_name": Parent("name"), "action": Word("set"),
        "group_id": Group(1), "installation_preference": Sent("installation_preference")
    }
    "plugin-settings.remove" "plugin_installation_preference_updated" {
        "marketplace_id": Parent("marketplace_id"), "plugin_name": Parent("name"), "action": Word("cleared"),
        "group_id": Group(1)
    }
    "tunnels.archive" "tunnel_archived" { "tunnel_id": Path(0) }
    "tunnel-certificates.create" "tunnel_certificate_added" {
        "tunnel_id": Path(0), "certificate_id": Reply("/id")
    }
    "tunnel-certificates.archive" "tunnel_certificate_revoked" {
        "tunnel_id": Path(0), "certificate_id": Path(1)
    }
    "tunnels.reveal-token" "tunnel_token_revealed" {
        "tunnel_id": Path(0), "tunnel_token_id": Reply("/id")
    }
    "tunnels.rotate-token" "tunnel_token_rotated" {
        "tunnel_id": Path(0), "tunnel_token_id": Reply("/id"), "reason": Sent("rotation_reason")
    }
    "usage.messages" "platform_usage_report_messages_viewed" {}
    "usage.claude-code" "platform_usage_report_claude_code_viewed" {}
    "cost.report" "platform_cost_report_viewed" {}
    "compliance-chats.messages" "claude_chat_viewed" { "claude_chat_id": Path(0) }
    "compliance-chats.delete" "claude_chat_deleted" {
        "claude_chat_id": Path(0), "claude_project_id": Before("project_id")
    }
    "compliance-files.delete" "claude_file_deleted" {
        "claude_file_id": Path(0), "filename": Before("filename")
    }
    "compliance-projects.delete" "claude_project_deleted" { "claude_project_id": Path(0) }
    "compliance-projects.delete-document" "claude_project_document_deleted" {
        "claude_project_document_id": Path(0), "claude_project_id": Before("claude_project_id"),
        "filename": Before("filename")
    }
    "compliance-code-artifacts.delete" "claude_published_artifact_deleted" {
        "claude_published_artifact_id": Path(0)
    }
};

/// The kinds that only know keys, of any kind, have this prefix.
const OF_KEYS: &str = "extra_usage_";

impl ActivityKind {
    /// Whether the actor is reported as a generic key if it is an Admin API key.
    pub(super) fn knows_keys_only(&self) -> bool {
        self.name.starts_with(OF_KEYS)
    }

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
            !matches!(from, Changes(_)) || self.name == "platform_workspace_updated" || !is_empty(&fields[*name])
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
    fn every_kind_is_an_action_of_the_catalog_and_has_a_known_type() {
        let routes = testing::routes();
        for kind in KINDS {
            assert!(routes.catalog().action(kind.action).is_some(), "{}", kind.action);
            assert_eq!(KINDS.iter().filter(|other| other.action == kind.action).count(), 1, "{}", kind.action);
            assert!(TYPES.lines().any(|known| known == kind.name), "{}", kind.name);
        }
    }

    #[test]
    fn every_write_is_in_the_feed_or_has_a_reason() {
        let routes = testing::routes();
        let names = |name: &str, action: &Action| name == action.interface || name == action.id;
        let mut used = Vec::new();
        for action in routes.catalog().actions.iter().filter(|action| action.http.method != Method::Get) {
            let reason = NOT_IN_THE_FEED.iter().find(|(name, _)| names(name, action));
            assert_ne!(ActivityKind::of(&action.id).is_some(), reason.is_some(), "{}: {reason:?}", action.id);
            used.extend(reason.map(|(name, _)| *name));
        }
        for (name, _) in NOT_IN_THE_FEED {
            assert!(used.contains(&name), "{name} is not a write of the catalog");
        }
    }
}

//! Linked organizations with their members, roles and settings.
//!
//! The data about the organization is the data of the Admin API. A second organization of the same parent exists to
//! test that the two are distinguished.

use super::family::{captured, not_found};
use crate::Object;
use crate::error::ApiError;
use crate::memory;
use crate::query::Query;
use crate::reports::random::{id, salt};
use crate::reports::rows::Rows;
use crate::routes::Target;
use crate::rules::{Members, ORGANIZATION, Roles, View, text};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// The age of the organizations.
const AGE: SignedDuration = SignedDuration::from_hours(24 * 731);
const AGE_OF_SISTER: SignedDuration = SignedDuration::from_hours(24 * 300);
const SISTER_NAME: &str = "Acme Robotics Europe (simulated)";
/// The members of the second organization: name, local part of the address, role.
const SISTERS: [(&str, &str, &str); 3] = [
    ("Elke Baumann", "elke.baumann", "admin"),
    ("Paulo Teixeira", "paulo.teixeira", "developer"),
    ("Ingeborg Dahl", "ingeborg.dahl", "user"),
];

/// Settings that are on or off.
const SWITCHES: [(&str, bool); 12] = [
    ("chat_enabled", true),
    ("claude_ai_chat_sharing_enabled", true),
    ("claude_code_desktop_enabled", true),
    ("claude_code_web_enabled", true),
    ("claude_in_slack_enabled", true),
    ("code_execution_enabled", true),
    ("directory_sync_enabled", false),
    ("ip_allowlist_enabled", false),
    ("memory_enabled", true),
    ("public_projects_enabled", false),
    ("sso_enabled", true),
    ("web_search_enabled", true),
];

/// The differences between the two organizations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Organization {
    Own,
    Sister,
}

fn sister(view: View<'_>) -> String {
    crate::ids::Ids::new(memory::seed(view.store) ^ salt("sister")).uuid()
}

/// The organization that a path names.
fn organization(target: &Target<'_>, view: View<'_>) -> Result<Organization, ApiError> {
    let wanted = captured(target, 0);
    if Some(wanted) == view.organization_id() {
        Ok(Organization::Own)
    } else if wanted == sister(view) {
        Ok(Organization::Sister)
    } else {
        Err(not_found("organization", wanted))
    }
}

/// Whether a path names this organization, and not another one of the same parent.
pub(super) fn is_own(target: &Target<'_>, view: View<'_>) -> Result<bool, ApiError> {
    Ok(organization(target, view)? == Organization::Own)
}

fn ago(view: View<'_>, age: SignedDuration) -> String {
    memory::started_at(view.store).checked_sub(age).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

pub(super) fn organizations(_target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let own = view.store.singletons.get(ORGANIZATION);
    let own = own.map(|own| json!({ "uuid": own.get("id"), "name": own.get("name"), "created_at": ago(view, AGE) }));
    let sister = json!({ "uuid": sister(view), "name": SISTER_NAME, "created_at": ago(view, AGE_OF_SISTER) });
    Ok(Rows::cut(own.into_iter().chain([sister]).collect(), query)?.with_more())
}

pub(super) fn users(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let users: Vec<Value> = match organization(target, view)? {
        Organization::Own => {
            let mut members: Vec<&Object> = view.store.items(Members::PATH).collect();
            members.reverse();
            members
                .into_iter()
                .map(|member| {
                    json!({
                        "id": member.get("id"),
                        "full_name": member.get("name"),
                        "email": member.get("email"),
                        "organization_role": member.get("role"),
                        "created_at": member.get("added_at"),
                    })
                })
                .collect()
        }
        Organization::Sister => SISTERS
            .into_iter()
            .map(|(name, local, role)| {
                json!({
                    "id": id("user_", &[memory::seed(view.store), salt(local)]),
                    "full_name": name,
                    "email": format!("{local}@example.com"),
                    "organization_role": role,
                    "created_at": ago(view, AGE_OF_SISTER),
                })
            })
            .collect(),
    };
    Ok(Rows::cut(users, query)?.with_more())
}

/// Lists roles, or returns one.
pub(super) fn roles(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let is_own = organization(target, view)? == Organization::Own;
    if target.key.is_some() {
        return role(target, view).map(shown_role);
    }
    let is_custom = |role: &&Object| {
        role.get("source").and_then(|source| source.get("type")).and_then(Value::as_str) != Some("built_in")
    };
    let mut roles: Vec<Value> = view.store.items(Roles::PATH).filter(is_custom).map(shown_role).collect();
    roles.reverse();
    Ok(Rows::cut(if is_own { roles } else { Vec::new() }, query)?.with_more())
}

fn role<'s>(target: &Target<'_>, view: View<'s>) -> Result<&'s Object, ApiError> {
    let wanted = captured(target, 1);
    let is_own = organization(target, view)? == Organization::Own;
    view.store.item(Roles::PATH, wanted).filter(|_| is_own).ok_or_else(|| not_found("role", wanted))
}

fn shown_role(role: &Object) -> Value {
    let name = if text(role, "display_name").is_empty() { text(role, "name") } else { text(role, "display_name") };
    json!({
        "id": role.get("id"),
        "name": name,
        "description": text(role, "description"),
        "created_at": role.get("created_at"),
        "updated_at": role.get("updated_at"),
    })
}

pub(super) fn permissions(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let role = role(target, view)?;
    let path = Roles::permissions_of(text(role, "id"));
    let mut permissions: Vec<Value> = view.store.items(&path).map(permission).collect();
    permissions.reverse();
    Ok(Rows::cut(permissions, query)?.with_more())
}

/// In this response, the resource is a kind and an ID.
fn permission(permission: &Object) -> Value {
    let resource = permission.get("resource").and_then(Value::as_object);
    let ids = resource.into_iter().flatten().filter(|(name, _)| *name != "type").map(|(_, value)| value);
    let id = ids.filter_map(Value::as_str).next_back().unwrap_or_default();
    json!({
        "action": text(permission, "action"),
        "resource_type": resource.map(|resource| text(resource, "type")).unwrap_or_default(),
        "resource_id": id,
    })
}

pub(super) fn settings(target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    organization(target, view)?;
    let seed = memory::seed(view.store);
    let switches = SWITCHES.map(|(name, value)| json!({ "type": "boolean", "name": name, "value": value }));
    let others = [
        json!({ "type": "integer", "name": "account_session_duration_seconds", "value": 1_209_600 }),
        json!({ "type": "string_list", "name": "allowed_invite_domains", "value": ["example.com"] }),
        json!({ "type": "provisioning_mode", "name": "sso_provisioning_mode", "value": "jit_permissive" }),
        json!({
            "type": "data_retention",
            "name": "data_retention_periods",
            "value": {
                "chats": { "type": "fixed", "duration": 24, "timescale": "month" },
                "projects": { "type": "indefinite" },
            },
        }),
    ];
    let first = view.store.items(Members::PATH).last();
    Ok(json!({
        "type": "effective_organization_settings",
        "organization_id": captured(target, 0),
        "settings": switches.into_iter().chain(others).collect::<Vec<_>>(),
        "api_keys": [{
            "type": "compliance_api_key",
            "id": id("apikey_", &[seed, salt("compliance key")]),
            "name": "archive",
            "created_by_id": first.and_then(|member| member.get("id")),
            "is_active": true,
            "scopes": ["read:compliance_activities", "read:compliance_org_data", "read:compliance_user_data"],
            "expires_at": null,
            "created_at": ago(view, AGE_OF_SISTER),
        }],
    }))
}

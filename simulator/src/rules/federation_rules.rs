//! Federation rules, and their enabled workspaces.

use super::{
    Event, FederationIssuers, FederationRuleWorkspaces, Rules, ServiceAccounts, View, Workspaces, inner, is_archived,
    name_is_free, text,
};
use crate::Object;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) struct FederationRules;

/// The scopes that can be assigned to a rule through the API.
const WEAK_SCOPES: [&str; 2] = ["workspace:developer", "workspace:inference"];
/// Shared issuers: a rule must restrict their tokens to one tenant, with a subject prefix or claims.
const SHARED_ISSUERS: [&str; 3] =
    ["https://token.actions.githubusercontent.com", "https://gitlab.com", "https://accounts.google.com"];
/// The workspace that a change enables instead of the previous one. No reply contains it.
const ENABLED: &str = "enabled_workspace";

impl FederationRules {
    pub(crate) const PATH: &'static str = path_of!("federation-rules.list");

    /// The rules that are not archived.
    pub(crate) fn live(store: &Store) -> impl Iterator<Item = &Object> {
        store.items(Self::PATH).filter(|rule| !is_archived(rule))
    }

    /// Whether a rule grants more than access to workspaces.
    pub(super) fn is_strong(rule: &Object) -> bool {
        !WEAK_SCOPES.contains(&text(rule, "oauth_scope"))
    }

    /// The path of the workspaces of a rule.
    pub(crate) fn workspaces_of(rule: &str) -> String {
        FederationRuleWorkspaces::PATH.replace("{}", rule)
    }

    /// Enables a rule in a workspace.
    pub(crate) fn enable(store: &mut Store, rule: &str, workspace: &str, at: &str, by: &Value) {
        let enabled = json!({
            "federation_rule_id": rule, "workspace_id": workspace, "created_at": at, "created_by_actor_id": by,
        });
        if let Value::Object(enabled) = enabled {
            store.collection_mut(&Self::workspaces_of(rule)).insert(workspace, enabled);
        }
    }

    fn enabled(store: &Store, rule: &str) -> Vec<String> {
        let path = Self::workspaces_of(rule);
        let enabled = store.collection(&path).into_iter().flat_map(|all| all.oldest_first());
        enabled.map(|(key, _)| key.to_owned()).collect()
    }

    fn check(rule: &Object, view: View<'_>) -> Result<(), ApiError> {
        let issuer = text(rule, "issuer_id");
        let issuer_is = view.store.item(FederationIssuers::PATH, issuer).filter(|issuer| !is_archived(issuer));
        let Some(issuer_is) = issuer_is else {
            return Err(ApiError::invalid(format!("issuer_id: '{issuer}' is not a live issuer of the organization")));
        };
        let account = inner(rule, "target", "service_account_id");
        if !ServiceAccounts::is_live(view.store, account) {
            return Err(ApiError::invalid(format!(
                "target.service_account_id: '{account}' is not a live service account of the organization"
            )));
        }
        let subject = inner(rule, "match", "subject_prefix");
        let condition = inner(rule, "match", "condition");
        let claims = rule.get("match").and_then(|wanted| wanted.get("claims")).and_then(Value::as_object);
        let has_claims = claims.is_some_and(|claims| !claims.is_empty());
        let has_subject = !subject.trim_matches('*').is_empty();
        if !has_subject && !has_claims && condition.is_empty() {
            return Err(ApiError::invalid("match: it needs a subject_prefix, claims or a condition"));
        }
        if SHARED_ISSUERS.contains(&text(issuer_is, "issuer_url").trim_end_matches('/')) && !has_subject && !has_claims
        {
            return Err(ApiError::invalid(
                "match: this issuer is shared; pin the tenant with a subject_prefix or claims",
            ));
        }
        Ok(())
    }
}

impl Rules for FederationRules {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn derived(&self, field: &str, item: &Object, view: View<'_>) -> Option<Value> {
        let enabled = || Self::enabled(view.store, text(item, "id"));
        match field {
            "workspace_ids" => Some(enabled().into()),
            "workspace_id" => match enabled().as_slice() {
                [only] => Some(only.as_str().into()),
                _ => Some(Value::Null),
            },
            "issuer_name" => view.store.item(FederationIssuers::PATH, text(item, "issuer_id"))?.get("name").cloned(),
            "target" => {
                let mut target = item.get("target")?.clone();
                let account = view.store.item(ServiceAccounts::PATH, inner(item, "target", "service_account_id"))?;
                target["service_account_name"] = account.get("name")?.clone();
                Some(target)
            }
            _ => None,
        }
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        scope_is_weak(new)?;
        Self::check(new, view)?;
        match text(new, "workspace_id") {
            "" if new.get("applies_to_all_workspaces") != Some(&Value::Bool(true)) => {
                return Err(ApiError::invalid(
                    "workspace_id: Field required, unless applies_to_all_workspaces is true",
                ));
            }
            "" => {}
            workspace => Workspaces::takes_new(view.store, workspace)?,
        }
        name_is_free(view.store, Self::PATH, text(new, "name"), "")
    }

    fn before_update(&self, item: &Object, changes: &mut Object, view: View<'_>) -> Result<(), ApiError> {
        changes.retain(|name, value| !value.is_null() || name == "description");
        scope_is_weak(changes)?;
        // A field that is absent in the new match does not get the value of the old match.
        if let Some(Value::Object(wanted)) = changes.get_mut("match") {
            for name in ["audience", "claims", "condition", "subject_prefix"] {
                wanted.entry(name).or_insert(Value::Null);
            }
        }
        let mut after = item.clone();
        after.extend(changes.iter().map(|(name, value)| (name.clone(), value.clone())));
        Self::check(&after, view)?;
        let id = text(item, "id");
        let enabled = Self::enabled(view.store, id);
        if let Some(Value::String(workspace)) = changes.shift_remove("workspace_id") {
            if enabled.len() > 1 {
                return Err(ApiError::invalid("workspace_id: the rule is enabled in several workspaces"));
            }
            Workspaces::takes_new(view.store, &workspace)?;
            changes.insert(ENABLED.to_owned(), workspace.into());
        }
        let covers_none = enabled.is_empty() && !changes.contains_key(ENABLED);
        if covers_none && after.get("applies_to_all_workspaces") == Some(&Value::Bool(false)) {
            return Err(ApiError::invalid("applies_to_all_workspaces: no workspace would remain"));
        }
        name_is_free(view.store, Self::PATH, text(&after, "name"), id)
    }

    fn after(&self, event: Event<'_>, item: &Object, store: &mut Store) {
        let id = text(item, "id");
        let by = item.get("updated_by_actor_id").cloned().unwrap_or_default();
        match event {
            Event::Created => match text(item, "workspace_id") {
                "" => {}
                workspace => Self::enable(store, id, workspace, text(item, "created_at"), &by),
            },
            Event::Updated => {
                let replaced = store.item_mut(Self::PATH, id).and_then(|rule| rule.shift_remove(ENABLED));
                if let Some(Value::String(workspace)) = replaced {
                    store.remove_collection(&Self::workspaces_of(id));
                    Self::enable(store, id, &workspace, text(item, "updated_at"), &by);
                }
            }
            Event::Acted("federation-rules.archive") => store.remove_collection(&Self::workspaces_of(id)),
            _ => {}
        }
    }
}

fn scope_is_weak(sent: &Object) -> Result<(), ApiError> {
    match text(sent, "oauth_scope") {
        "" => Ok(()),
        scope if WEAK_SCOPES.contains(&scope) => Ok(()),
        scope => Err(ApiError::forbidden(format!(
            "oauth_scope: '{scope}' can be given in the Console only; here it is 'workspace:developer' or \
             'workspace:inference'"
        ))),
    }
}

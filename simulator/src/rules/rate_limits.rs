//! Rate limits of the organization, and the values that workspaces set instead.
//!
//! A workspace has an entry for every group of limits, with its own values. Entries without values are listed only with
//! the inherited values.

use super::{Rules, View, Workspaces, kind, text};
use crate::Object;
use crate::error::ApiError;
use crate::listing::{Listing, Order};
use crate::query::Query;
use crate::routes::Target;
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) struct RateLimits;
pub(crate) struct WorkspaceRateLimits;

/// The values that were set in a workspace, by type. No reply contains this field.
const OVERRIDES: &str = "overrides";
const GROUP_TYPE: &str = "group_type";

impl RateLimits {
    pub(crate) const PATH: &'static str = path_of!("rate-limits.list");

    fn has_model(entry: &Object, model: &str) -> bool {
        let models = entry.get("models").and_then(Value::as_array);
        models.into_iter().flatten().filter_map(Value::as_str).any(|known| {
            // An alias is the model name without its date.
            let alias = known.rsplit_once('-').map_or(known, |(alias, _)| alias);
            known == model || alias == model || format!("{alias}-latest") == model
        })
    }
}

impl Rules for RateLimits {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn listing(&self, _target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Listing, ApiError> {
        if let Some(model) = query.text("model")
            && !view.store.items(Self::PATH).any(|entry| Self::has_model(entry, model))
        {
            return Err(ApiError::not_found(format!("model: '{model}' is not a known model")));
        }
        Ok(Listing { order: Order::OldestFirst, ..Listing::default() })
    }

    fn fits(&self, parameter: &str, values: &[Value], item: &Object) -> Option<bool> {
        let wanted = values.first().and_then(Value::as_str)?;
        (parameter == "model").then(|| Self::has_model(item, wanted))
    }

    fn derived(&self, field: &str, item: &Object, _view: View<'_>) -> Option<Value> {
        (field == GROUP_TYPE).then(|| kind(item, "group").into())
    }

    fn hides(&self, field: &str, view: View<'_>) -> bool {
        field == GROUP_TYPE && !view.version.has_dropped_fields()
    }
}

impl WorkspaceRateLimits {
    const PATH: &'static str = path_of!("workspace-rate-limits.list");

    fn of(workspace: &str) -> String {
        Self::PATH.replace("{}", workspace)
    }

    /// Creates the entries of a workspace, without values.
    pub(crate) fn inherit_in(store: &mut Store, workspace: &str) {
        let limits: Vec<Object> = store.items(RateLimits::PATH).cloned().collect();
        for limit in limits.iter().rev() {
            let id = text(limit, "id");
            let entry = json!({
                "rate_limit_id": id,
                "workspace_id": workspace,
                "group": limit.get("group"),
                "models": limit.get("models"),
                OVERRIDES: {},
            });
            if let Value::Object(entry) = entry {
                store.collection_mut(&Self::of(workspace)).insert(id, entry);
            }
        }
    }

    /// Sets a value in a workspace.
    pub(crate) fn set(store: &mut Store, workspace: &str, limit: &str, kind: &str, value: i64) {
        let overrides = store.item_mut(&Self::of(workspace), limit).and_then(|entry| entry.get_mut(OVERRIDES));
        if let Some(overrides) = overrides {
            overrides[kind] = value.into();
        }
    }

    fn overrides(entry: &Object) -> Object {
        entry.get(OVERRIDES).and_then(Value::as_object).cloned().unwrap_or_default()
    }

    /// The values of the organization, by type.
    fn inherited(store: &Store, limit: &str) -> Vec<(String, Value)> {
        let limits =
            store.item(RateLimits::PATH, limit).and_then(|limit| limit.get("limits")).and_then(Value::as_array);
        let pair = |limit: &Value| Some((limit.get("type")?.as_str()?.to_owned(), limit.get("value")?.clone()));
        limits.into_iter().flatten().filter_map(pair).collect()
    }
}

impl Rules for WorkspaceRateLimits {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn listing(&self, _target: &Target<'_>, _query: &Query, _view: View<'_>) -> Result<Listing, ApiError> {
        Ok(Listing { order: Order::OldestFirst, ..Listing::default() })
    }

    fn lists(&self, item: &Object, query: &Query, _view: View<'_>) -> bool {
        query.is_set("include_inherited") || !Self::overrides(item).is_empty()
    }

    fn derived(&self, field: &str, item: &Object, _view: View<'_>) -> Option<Value> {
        (field == GROUP_TYPE).then(|| kind(item, "group").into())
    }

    fn hides(&self, field: &str, view: View<'_>) -> bool {
        field == GROUP_TYPE && !view.version.has_dropped_fields()
    }

    /// The set values and the inherited values: in a list that requests them, and after a change.
    fn shows(&self, item: &mut Object, query: Option<&Query>, view: View<'_>) {
        let overrides = Self::overrides(item);
        let shows_inherited = query.is_none_or(|query| query.is_set("include_inherited"));
        let limits: Vec<Value> = Self::inherited(view.store, text(item, "rate_limit_id"))
            .into_iter()
            .filter_map(|(kind, org)| match overrides.get(&kind) {
                Some(value) => Some(json!({
                    "type": kind, "org_limit": org, "source": { "type": "workspace" }, "value": value,
                })),
                None if shows_inherited => Some(json!({
                    "type": kind, "org_limit": org, "source": { "type": "organization" }, "value": org,
                })),
                None => None,
            })
            .collect();
        item.insert("limits".to_owned(), limits.into());
    }

    fn before_update(&self, item: &Object, changes: &mut Object, view: View<'_>) -> Result<(), ApiError> {
        let workspace = text(item, "workspace_id");
        if Workspaces::is_default(view.store, workspace) {
            return Err(ApiError::invalid("The default workspace takes no limits of its own."));
        }
        Workspaces::is_live(view.store, workspace)?;
        let known = Self::inherited(view.store, text(item, "rate_limit_id"));
        let mut overrides = Self::overrides(item);
        let mut seen = Vec::new();
        for change in changes.shift_remove("limits").as_ref().and_then(Value::as_array).into_iter().flatten() {
            let kind = change.get("type").and_then(Value::as_str).unwrap_or_default();
            if !known.iter().any(|(known, _)| known == kind) {
                return Err(ApiError::invalid(format!("limits: this group has no limit of type '{kind}'")));
            }
            if seen.contains(&kind) {
                return Err(ApiError::invalid(format!("limits: type '{kind}' is there twice")));
            }
            seen.push(kind);
            match change.get("value") {
                Some(Value::Null) | None => overrides.shift_remove(kind),
                Some(value) => overrides.insert(kind.to_owned(), value.clone()),
            };
        }
        changes.insert(OVERRIDES.to_owned(), overrides.into());
        Ok(())
    }
}

//! Spend limits.

use super::{Deletion, Existing, Members, Rules, View, Workspaces, inner, kind, text};
use crate::Object;
use crate::caller::OrganizationKind;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::listing::{Listing, Order};
use crate::operation::Operation;
use crate::query::Query;
use crate::rate_limit::Budget;
use crate::routes::Target;
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) struct SpendLimits;

/// The kinds of scopes in an Enterprise organization, in the order in which its limits are listed.
const ENTERPRISE: [&str; 5] = ["organization", "seat_tier", "rbac_group", "organization_service", "user"];
/// The kinds of scopes in a Console organization.
const CONSOLE: [&str; 3] = ["organization", "workspace", "usage_tier"];
const SCOPES: &str = "scope_type[]";

impl SpendLimits {
    pub(crate) const PATH: &'static str = path_of!("spend-limits.list");
    pub(crate) const CURRENCY: &'static str = "USD";

    /// The kinds of scopes that the caller can see.
    fn visible(view: View<'_>) -> Vec<&'static str> {
        match (view.caller.organization, view.caller.is_enterprise()) {
            (_, true) => ENTERPRISE.to_vec(),
            (OrganizationKind::Console, _) => CONSOLE.to_vec(),
            _ => [&ENTERPRISE[..], &CONSOLE[1..]].concat(),
        }
    }

    /// The limit of a scope and period.
    pub(super) fn find<'s>(store: &'s Store, scope: &Value, period: &str) -> Option<&'s Object> {
        store.items(Self::PATH).find(|limit| limit.get("scope") == Some(scope) && text(limit, "period") == period)
    }

    /// Sets the limit of a member.
    pub(super) fn set_user(
        store: &mut Store,
        ids: &mut Ids,
        user: &str,
        period: &str,
        amount: &str,
        now: &str,
    ) -> Object {
        let scope = json!({ "type": "user", "user_id": user });
        let mut limit = Self::find(store, &scope, period).cloned().unwrap_or_else(|| {
            Object::from_iter([
                ("id".to_owned(), ids.next("spl_").into()),
                ("scope".to_owned(), scope),
                ("currency".to_owned(), Self::CURRENCY.into()),
                ("is_enabled".to_owned(), true.into()),
                ("period".to_owned(), period.into()),
                ("created_at".to_owned(), now.into()),
            ])
        });
        limit.insert("amount".to_owned(), amount.into());
        limit.insert("updated_at".to_owned(), now.into());
        let id = text(&limit, "id").to_owned();
        store.collection_mut(Self::PATH).insert(&id, limit.clone());
        limit
    }

    /// Removes the limits whose scope names a deleted object.
    pub(super) fn end(store: &mut Store, field: &str, id: &str) {
        let of_it = |limit: &&Object| inner(limit, "scope", field) == id;
        let gone: Vec<String> =
            store.items(Self::PATH).filter(of_it).map(|limit| text(limit, "id").to_owned()).collect();
        for limit in gone {
            store.remove(Self::PATH, &limit);
        }
    }

    /// Which limits can be set depends on the kind of organization.
    fn check(sent: &Object, scope: &Value, view: View<'_>) -> Result<(), ApiError> {
        let scope_type = scope.get("type").and_then(Value::as_str).unwrap_or_default();
        let is_user = scope_type == "user";
        let refuse = |problem: &str| Err(ApiError::invalid(format!("scope: {problem}")));
        if !is_user && view.caller.is_enterprise() {
            return refuse("in an Enterprise organization only limits of members can be set");
        }
        if is_user && view.caller.organization == OrganizationKind::Console {
            return refuse("in a Console organization only limits of the organization and of workspaces can be set");
        }
        if !is_user {
            if text(sent, "period") != "monthly" {
                return Err(ApiError::invalid("period: this scope has monthly limits only"));
            }
            if sent.get("amount").is_none_or(Value::is_null) {
                return Err(ApiError::invalid("amount: this scope needs an amount"));
            }
        }
        let named = |field: &str| scope.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        match scope_type {
            "user" if view.store.item(Members::PATH, &named("user_id")).is_none() => {
                Err(ApiError::not_found(format!("No user with id '{}' was found.", named("user_id"))))
            }
            "workspace" if Workspaces::is_default(view.store, &named("workspace_id")) => {
                refuse("the default workspace cannot be limited")
            }
            "workspace" if view.store.item(Workspaces::PATH, &named("workspace_id")).is_none() => {
                Err(ApiError::not_found(format!("No workspace with id '{}' was found.", named("workspace_id"))))
            }
            "workspace" => Workspaces::is_live(view.store, &named("workspace_id")),
            _ => Ok(()),
        }
    }
}

impl Rules for SpendLimits {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn listing(&self, _target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Listing, ApiError> {
        let visible = Self::visible(view);
        let asked = query.values(SCOPES).unwrap_or_default().iter().filter_map(Value::as_str);
        if let Some(other) = asked.into_iter().find(|asked| !visible.contains(asked)) {
            return Err(ApiError::invalid(format!("{SCOPES}: '{other}' does not apply to this organization")));
        }
        if !view.caller.is_enterprise() {
            return Ok(Listing::default());
        }
        if query.text("workspace_id").is_some() {
            return Err(ApiError::invalid("workspace_id: an Enterprise organization has no limits of workspaces"));
        }
        let group = |limit: &Object| ENTERPRISE.iter().position(|group| *group == kind(limit, "scope"));
        let mut limits: Vec<&Object> = view.store.items(Self::PATH).collect();
        limits.sort_by_key(|limit| group(limit).unwrap_or(usize::MAX));
        let keys = limits.into_iter().map(|limit| text(limit, "id").to_owned()).collect();
        Ok(Listing { order: Order::Keys(keys), ..Listing::default() })
    }

    fn lists(&self, item: &Object, _query: &Query, view: View<'_>) -> bool {
        Self::visible(view).contains(&kind(item, "scope"))
    }

    fn fits(&self, parameter: &str, values: &[Value], item: &Object) -> Option<bool> {
        (parameter == "workspace_id").then(|| values.iter().any(|value| value == inner(item, "scope", "workspace_id")))
    }

    fn existing(&self, new: &Object, view: View<'_>) -> Option<Existing> {
        let limit = Self::find(view.store, new.get("scope")?, text(new, "period"))?;
        Some(Existing::Change(text(limit, "id").to_owned()))
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        Self::check(new, new.get("scope").unwrap_or(&Value::Null), view)?;
        new.insert("currency".to_owned(), Self::CURRENCY.into());
        new.insert("is_enabled".to_owned(), true.into());
        Ok(())
    }

    fn before_update(&self, item: &Object, changes: &mut Object, view: View<'_>) -> Result<(), ApiError> {
        Self::check(changes, item.get("scope").unwrap_or(&Value::Null), view)
    }

    fn before_delete(&self, item: &Object, view: View<'_>) -> Result<Deletion, ApiError> {
        let can_go = match kind(item, "scope") {
            "user" => view.caller.organization != OrganizationKind::Console,
            "organization" | "workspace" => !view.caller.is_enterprise(),
            _ => false,
        };
        if can_go { Ok(Deletion::Remove) } else { Err(ApiError::invalid("This spend limit cannot be removed here.")) }
    }

    fn budget(&self, _operation: &Operation) -> Option<Budget> {
        Some(Budget::SPEND_LIMITS)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn organization_is_the_one_scope_that_both_kinds_have() {
        let shared: Vec<_> = super::CONSOLE.iter().filter(|scope| super::ENTERPRISE.contains(scope)).collect();
        assert_eq!(shared, [&"organization"]);
    }
}

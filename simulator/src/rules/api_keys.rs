//! API keys.

use super::{Rules, View, Workspaces, has_passed, text};
use crate::Object;
use crate::error::ApiError;
use crate::store::Store;
use crate::version::ApiVersion;
use jiff::Timestamp;
use serde_json::Value;

pub(crate) struct ApiKeys;

impl ApiKeys {
    pub(crate) const PATH: &'static str = path_of!("api-keys.list");

    /// Marks a key without usage in the store; no reply shows it.
    pub(crate) const UNUSED_MARK: &'static str = "is_unused";

    /// The status of a key. `expired` is never stored; it depends on the clock.
    fn status(key: &Object, now: Timestamp) -> &str {
        match text(key, "status") {
            "archived" => "archived",
            _ if has_passed(key, "expires_at", now) => "expired",
            status => status,
        }
    }

    /// The workspace of a key, by its actual ID.
    fn workspace(key: &Object) -> Option<&str> {
        key.get("scope")?.get("workspace_id")?.as_str()
    }

    /// Archives the keys of a workspace.
    pub(super) fn archive_in(store: &mut Store, workspace: &str) {
        Self::archive(store, |key| Self::workspace(key) == Some(workspace));
    }

    /// Archives the keys that act as a member. Keys that the member only created keep working.
    pub(super) fn archive_personal(store: &mut Store, user: &str) {
        let acts_as = |key: &Object| key.get("principal")?.get("user_id")?.as_str().map(|id| id == user);
        Self::archive(store, |key| acts_as(key) == Some(true));
    }

    /// Archives the keys that act as a service account.
    pub(super) fn archive_of_account(store: &mut Store, account: &str) {
        Self::archive(store, |key| super::inner(key, "principal", "service_account_id") == account);
    }

    fn archive(store: &mut Store, wanted: impl Fn(&Object) -> bool) {
        for key in store.collection_mut(Self::PATH).values_mut().filter(|key| wanted(key)) {
            key.insert("status".to_owned(), "archived".into());
        }
    }
}

impl Rules for ApiKeys {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn fits(&self, parameter: &str, values: &[Value], item: &Object) -> Option<bool> {
        let is_wanted = |text: &str| values.iter().any(|value| value == text);
        match parameter {
            "workspace_id" => Some(Self::workspace(item).is_some_and(is_wanted)),
            "created_by_user_id" => {
                let creator = item.get("created_by").and_then(Value::as_object);
                Some(creator.is_some_and(|by| text(by, "type") == "user" && is_wanted(text(by, "id"))))
            }
            _ => None,
        }
    }

    fn derived(&self, field: &str, item: &Object, view: View<'_>) -> Option<Value> {
        match field {
            "status" => Some(Self::status(item, view.now).into()),
            "workspace_id" => {
                let workspace = Self::workspace(item).filter(|id| !Workspaces::is_default(view.store, id));
                Some(workspace.into())
            }
            _ => None,
        }
    }

    fn hides(&self, field: &str, view: View<'_>) -> bool {
        field == "workspace_id" && view.version >= ApiVersion::V2026_10_21
    }

    fn before_update(&self, item: &Object, changes: &mut Object, view: View<'_>) -> Result<(), ApiError> {
        let wanted = text(changes, "status");
        match Self::status(item, view.now) {
            "archived" if !wanted.is_empty() && wanted != "archived" => {
                Err(ApiError::invalid("status: an archived API key cannot be changed to another status"))
            }
            "expired" if !wanted.is_empty() && wanted != "archived" => {
                Err(ApiError::invalid("status: an expired API key can only be archived"))
            }
            _ => Ok(()),
        }
    }
}

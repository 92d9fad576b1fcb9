//! Encryption keys of the organization.

use super::{Deletion, Rules, Scene, View, Workspaces, inner, kind, text};
use crate::Object;
use crate::error::ApiError;
use crate::error_code::refusal;
use crate::ids::Ids;
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) struct ExternalKeys;

const GEO: &str = "us";

impl ExternalKeys {
    pub(crate) const PATH: &'static str = path_of!("external-keys.list");

    /// The field in the store with the reason why a key does not work. No reply contains it. The text `timeout` means a
    /// key that does not respond.
    pub(crate) const FAILURE: &'static str = "failure";

    fn is_attached(store: &Store, key: &str) -> bool {
        store.items(Workspaces::PATH).any(|workspace| text(workspace, "external_key_id") == key)
    }

    /// Checks the key and the profile that are assigned to a workspace.
    pub(super) fn fits_workspace(store: &Store, workspace: &Object, changes: &Object) -> Result<(), ApiError> {
        let of = |field| match text(changes, field) {
            "" => text(workspace, field),
            changed => changed,
        };
        let id = text(changes, "external_key_id");
        // A key that is already assigned was checked before.
        if !id.is_empty() && id != text(workspace, "external_key_id") {
            let Some(key) = store.item(Self::PATH, id) else {
                return Err(ApiError::invalid(format!("external_key_id: '{id}' is not an encryption key")));
            };
            match text(key, Self::FAILURE) {
                "" => {}
                "timeout" => return Err(refusal("external_key_validation_timed_out")),
                _ => return Err(refusal("external_key_validation_failed")),
            }
        }
        let bound_to = store.item(Self::PATH, of("external_key_id")).map_or("", |key| text(key, "user_profile_id"));
        if !bound_to.is_empty() && !of("user_profile_id").is_empty() && bound_to != of("user_profile_id") {
            return Err(refusal("key_profile_mismatch"));
        }
        Ok(())
    }
}

impl Rules for ExternalKeys {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn derived(&self, field: &str, item: &Object, view: View<'_>) -> Option<Value> {
        (field == "attachment").then(|| {
            let is_attached = Self::is_attached(view.store, text(item, "id"));
            json!({ "type": if is_attached { "attached" } else { "unattached" } })
        })
    }

    fn before_create(&self, new: &mut Object, _view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        geo_is_fixed(new)?;
        new.insert("geo".to_owned(), GEO.into());
        Ok(())
    }

    fn before_update(&self, item: &Object, changes: &mut Object, view: View<'_>) -> Result<(), ApiError> {
        geo_is_fixed(changes)?;
        let changed =
            |field: &str| changes.get(field).is_some_and(|value| !value.is_null() && Some(value) != item.get(field));
        if (changed("geo") || changed("provider_config")) && Self::is_attached(view.store, text(item, "id")) {
            return Err(refusal("external_key_in_workspace_policy"));
        }
        let is_same_gcp_key = kind(changes, "provider_config") == "gcp"
            && inner(changes, "provider_config", "key_name") == inner(item, "provider_config", "key_name");
        if changed("provider_config") && kind(item, "provider_config") == "gcp" && !is_same_gcp_key {
            return Err(ApiError::invalid(
                "provider_config: the provider and key_name of a Google Cloud key never change",
            ));
        }
        Ok(())
    }

    fn before_delete(&self, item: &Object, view: View<'_>) -> Result<Deletion, ApiError> {
        if Self::is_attached(view.store, text(item, "id")) {
            return Err(refusal("external_key_in_workspace_policy"));
        }
        Ok(Deletion::Remove)
    }

    fn act(&self, _: &str, item: &mut Object, _: &Object, _: &mut Scene<'_>) -> Result<Option<Object>, ApiError> {
        let failure = item.get(Self::FAILURE).cloned().unwrap_or_default();
        let status = if failure.is_null() { "success" } else { "failure" };
        Ok(json!({ "status": status, "error": failure }).as_object().cloned())
    }
}

fn geo_is_fixed(sent: &Object) -> Result<(), ApiError> {
    match text(sent, "geo") {
        "" | GEO => Ok(()),
        _ => Err(ApiError::invalid(format!("geo: Input should be '{GEO}'"))),
    }
}

//! The inference privacy of workspaces: human review, and the storage location of data.

use super::{ExternalStorage, View, text};
use crate::Object;
use crate::credential::CredentialKind;
use crate::error::ApiError;
use crate::error_code::refusal;
use crate::store::Store;
use crate::validate::at;
use serde_json::{Value, json};

/// The beta feature that adds the field.
pub(super) const BETA: &str = "efs-2026-10-01";
/// The field.
pub(super) const FIELD: &str = "inference_data_privacy";
/// The settings for the storage location of data.
const PLACES: [&str; 2] = ["safeguards_storage", "transcripts_storage"];
/// The storages that a workspace has ever had.
const HAD: &str = "storages_had";
/// The maximum number of these storages.
const MOST: usize = 100;

/// The settings of a workspace, with default values for unset ones.
pub(super) fn settings(workspace: &Object) -> Object {
    let mut settings = Object::from_iter([
        ("human_review".to_owned(), json!({ "type": "enabled" })),
        (PLACES[0].to_owned(), json!({ "type": "internal" })),
        (PLACES[1].to_owned(), json!({ "type": "internal" })),
    ]);
    settings.extend(workspace.get(FIELD).and_then(Value::as_object).cloned().unwrap_or_default());
    settings
}

/// The storages that a workspace uses.
pub(super) fn storages(workspace: &Object) -> impl Iterator<Item = &str> {
    let settings = workspace.get(FIELD);
    PLACES.into_iter().filter_map(move |place| settings?.get(place)?.get("external_storage_id")?.as_str())
}

/// Checks and completes the settings of a new workspace or of a change.
pub(super) fn check(workspace: &Object, sent: &mut Object, view: View<'_>) -> Result<(), ApiError> {
    let profile = match text(sent, "user_profile_id") {
        "" => text(workspace, "user_profile_id").to_owned(),
        changed => changed.to_owned(),
    };
    let Some(asked) = sent.get(FIELD).cloned() else {
        if profile != text(workspace, "user_profile_id") && storages(workspace).next().is_some() {
            return Err(refusal("storage_profile_still_required"));
        }
        return Ok(());
    };
    if !view.caller.has_beta(BETA) {
        return Err(at(FIELD, "Extra inputs are not permitted"));
    }
    if view.caller.kind == Some(CredentialKind::AdminKey) {
        return Err(ApiError::forbidden(
            "inference_data_privacy: Admin API keys cannot set this. Use a credential that belongs to a person or a service account.",
        ));
    }
    let Some(asked) = asked.as_object() else { return Err(at(FIELD, "Input should be a valid dictionary")) };
    if let Some((name, _)) = asked.iter().find(|(_, value)| value.is_null()) {
        return Err(at(&format!("{FIELD}.{name}"), "Input should be a valid dictionary"));
    }
    let mut settings = settings(workspace);
    settings.extend(asked.clone());
    let of = |field: &str| settings.get(field).and_then(|value| value.get("type")).and_then(Value::as_str);
    if of("safeguards_storage") == Some("external") && of("human_review") != Some("disabled") {
        return Err(refusal("human_review_on_with_external_storage").detail("field", format!("{FIELD}.human_review")));
    }
    for place in PLACES {
        let id = settings.get(place).and_then(|value| value.get("external_storage_id")).and_then(Value::as_str);
        // A storage that is already assigned was checked before.
        let is_new = id.is_some() && !storages(workspace).any(|used| Some(used) == id);
        if let (Some(id), true) = (id, is_new || profile != text(workspace, "user_profile_id")) {
            ExternalStorage::attachable(view.store, id, &profile, place)?;
        }
    }
    let had = had(workspace);
    let more = settings.values().filter_map(|value| value.get("external_storage_id")).filter(|id| !had.contains(id));
    if had.len() + more.count() > MOST {
        return Err(refusal("storage_attach_limit_reached"));
    }
    sent.insert(FIELD.to_owned(), settings.into());
    Ok(())
}

fn had(workspace: &Object) -> Vec<Value> {
    workspace.get(HAD).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Records the storages of a workspace, in the workspace and in the storages.
pub(super) fn note(workspace: &Object, path: &str, store: &mut Store) {
    let used: Vec<String> = storages(workspace).map(str::to_owned).collect();
    let mut had = had(workspace);
    for id in used {
        ExternalStorage::used(store, &id);
        if !had.contains(&json!(id)) {
            had.push(json!(id));
        }
    }
    if let Some(stored) = store.item_mut(path, text(workspace, "id")).filter(|_| !had.is_empty()) {
        stored.insert(HAD.to_owned(), had.into());
    }
}

/// Removes every storage from a workspace.
pub(super) fn detach(workspace: &mut Object) {
    if let Some(Value::Object(settings)) = workspace.get_mut(FIELD) {
        for place in PLACES {
            settings.insert(place.to_owned(), json!({ "type": "internal" }));
        }
    }
}

//! Workspaces.

use super::{
    ApiKeys, Event, ExternalKeys, Rules, Scene, View, WorkspaceMembers, WorkspaceRateLimits, inference_privacy,
    is_archived, text,
};
use crate::Object;
use crate::credential::CredentialKind;
use crate::error::ApiError;
use crate::error_code::refusal;
use crate::ids::Ids;
use crate::query::Query;
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) struct Workspaces;

/// The action that archives a workspace.
const ARCHIVE: &str = "workspaces.archive";
/// The maximum number of active workspaces in addition to the default one.
const LIMIT: usize = 100;
/// Tag keys that belong to Anthropic.
const RESERVED_TAGS: &str = "anthropic";
/// The location of data.
const GEO: &str = "us";

impl Workspaces {
    pub(crate) const PATH: &'static str = path_of!("workspaces.list");

    /// Marks the default workspace in the store; no reply shows it.
    pub(crate) const DEFAULT_MARK: &'static str = "is_default";

    pub(crate) fn is_default(store: &Store, id: &str) -> bool {
        store.item(Self::PATH, id).is_some_and(has_default_mark)
    }

    /// The id of the default workspace.
    pub(crate) fn default_id(store: &Store) -> Option<&str> {
        store.items(Self::PATH).find(|workspace| has_default_mark(workspace)).map(|workspace| text(workspace, "id"))
    }

    /// Returns an error if a workspace that a body names does not exist or is archived.
    pub(super) fn takes_new(store: &Store, id: &str) -> Result<(), ApiError> {
        match store.item(Self::PATH, id) {
            Some(_) => Self::is_live(store, id),
            None => Err(ApiError::invalid(format!("workspace_id: '{id}' is not a workspace of the organization"))),
        }
    }

    /// Returns an error for a change that an archived workspace does not allow.
    pub(super) fn is_live(store: &Store, id: &str) -> Result<(), ApiError> {
        match store.item(Self::PATH, id) {
            Some(workspace) if is_archived(workspace) => Err(ApiError::invalid("The workspace is archived.")),
            _ => Ok(()),
        }
    }
}

impl Rules for Workspaces {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn lists(&self, item: &Object, query: &Query, _view: View<'_>) -> bool {
        query.is_set("include_default") || !has_default_mark(item)
    }

    fn opens_fields(&self) -> Option<&'static str> {
        Some(inference_privacy::BETA)
    }

    fn hides(&self, field: &str, view: View<'_>) -> bool {
        field == inference_privacy::FIELD && !view.caller.has_beta(inference_privacy::BETA)
    }

    fn derived(&self, field: &str, item: &Object, _view: View<'_>) -> Option<Value> {
        (field == inference_privacy::FIELD).then(|| inference_privacy::settings(item).into())
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, ids: &mut Ids) -> Result<(), ApiError> {
        let live = |workspace: &&Object| !is_archived(workspace) && !has_default_mark(workspace);
        if view.store.items(Self::PATH).filter(live).count() >= LIMIT {
            return Err(ApiError::invalid(format!(
                "An organization can have at most {LIMIT} workspaces that are not archived."
            )));
        }
        check_tags(new)?;
        let given = new.get("data_residency").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut residency = default_residency();
        residency.extend(given.into_iter().filter(|(_, value)| !value.is_null()));
        check_residency(&residency)?;
        new.insert("data_residency".to_owned(), residency.into());
        new.insert("compartment_id".to_owned(), ids.uuid().into());
        ExternalKeys::fits_workspace(view.store, &Object::new(), new)?;
        inference_privacy::check(&Object::new(), new, view)
    }

    fn before_update(&self, item: &Object, changes: &mut Object, view: View<'_>) -> Result<(), ApiError> {
        check_tags(changes)?;
        ExternalKeys::fits_workspace(view.store, item, changes)?;
        inference_privacy::check(item, changes, view)?;
        if let (Some(now), Some(Value::Object(changed))) =
            (item.get("data_residency").and_then(Value::as_object), changes.get("data_residency"))
        {
            let mut residency = now.clone();
            residency.extend(changed.iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k.clone(), v.clone())));
            check_residency(&residency)?;
        }
        for field in ["external_key_id", "user_profile_id"] {
            let (now, wanted) = (text(item, field), text(changes, field));
            if !now.is_empty() && !wanted.is_empty() && now != wanted {
                return Err(ApiError::invalid(format!("{field}: it is set already and cannot be replaced")));
            }
        }
        if has_default_mark(item) {
            if changes.get("name").is_some_and(|name| Some(name) != item.get("name")) {
                return Err(ApiError::invalid("The default workspace cannot be renamed."));
            }
            if changes.contains_key("user_profile_id") {
                return Err(ApiError::invalid("The default workspace cannot have a user profile."));
            }
        }
        Ok(())
    }

    fn before_act(&self, act: &str, item: &Object, _view: View<'_>) -> Result<(), ApiError> {
        if act == ARCHIVE && has_default_mark(item) {
            return Err(ApiError::invalid("The default workspace cannot be archived."));
        }
        Ok(())
    }

    /// Archiving again detaches a storage that is still attached.
    fn archives_again(&self, item: &Object) -> bool {
        inference_privacy::storages(item).next().is_some()
    }

    /// Detaching a storage requires a credential with a principal. Without one, the workspace is still archived.
    fn act(
        &self,
        act: &str,
        item: &mut Object,
        _sent: &Object,
        scene: &mut Scene<'_>,
    ) -> Result<Option<Object>, ApiError> {
        if act != ARCHIVE || inference_privacy::storages(item).next().is_none() {
            return Ok(None);
        }
        if scene.caller.kind == Some(CredentialKind::AdminKey) {
            let id = text(item, "id").to_owned();
            scene.store.collection_mut(Self::PATH).insert(&id, item.clone());
            ApiKeys::archive_in(scene.store, &id);
            return Err(refusal("storage_attached_during_archive"));
        }
        inference_privacy::detach(item);
        Ok(None)
    }

    fn after(&self, event: Event<'_>, item: &Object, store: &mut Store) {
        let id = text(item, "id");
        if matches!(event, Event::Created | Event::Updated) {
            inference_privacy::note(item, Self::PATH, store);
        }
        match event {
            Event::Created => {
                WorkspaceMembers::inherit_in(store, id);
                WorkspaceRateLimits::inherit_in(store, id);
            }
            Event::Acted(ARCHIVE) => ApiKeys::archive_in(store, id),
            _ => {}
        }
    }
}

fn has_default_mark(workspace: &Object) -> bool {
    workspace.get(Workspaces::DEFAULT_MARK).is_some()
}

fn check_tags(object: &Object) -> Result<(), ApiError> {
    let tags = object.get("tags").and_then(Value::as_object);
    match tags.and_then(|tags| tags.keys().find(|key| key.starts_with(RESERVED_TAGS))) {
        Some(key) => Err(ApiError::invalid(format!("tags.{key}: Tag keys must not begin with '{RESERVED_TAGS}'"))),
        None => Ok(()),
    }
}

/// The default residency of a workspace.
pub(crate) fn default_residency() -> Object {
    Object::from_iter([
        ("allowed_inference_geos".to_owned(), "unrestricted".into()),
        ("default_inference_geo".to_owned(), "global".into()),
        ("workspace_geo".to_owned(), GEO.into()),
    ])
}

fn check_residency(residency: &Object) -> Result<(), ApiError> {
    if text(residency, "workspace_geo") != GEO {
        return Err(ApiError::invalid(format!("data_residency.workspace_geo: Input should be '{GEO}'")));
    }
    let default = &json!(text(residency, "default_inference_geo"));
    match residency.get("allowed_inference_geos").and_then(Value::as_array) {
        Some(allowed) if !allowed.contains(default) => {
            Err(ApiError::invalid("data_residency.default_inference_geo: it must be one of the allowed_inference_geos"))
        }
        _ => Ok(()),
    }
}

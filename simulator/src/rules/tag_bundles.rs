//! Bundles of Claude in Slack, and their attachments.

use super::{Existing, Rules, Scene, TagChannels, TagWorkspaces, View, text};
use crate::Object;
use crate::error::ApiError;
use crate::error_code::refusal;
use crate::store::Store;
use serde_json::Value;

pub(crate) struct TagBundles;
pub(crate) struct TagTargets;

/// The maximum length of instructions, in bytes.
const MAX_INSTRUCTIONS: usize = 10_000;
/// The place in the store of the IDs of pairs of bundle and place. If a pair is attached again, it gets the same ID. No
/// request can read them, so it is not a path.
const PAIRS: &str = "pairs of bundle and place";

impl TagBundles {
    pub(crate) const PATH: &'static str = path_of!("tag-bundles.list");

    /// The error code for a change of a bundle that is managed elsewhere. No reply contains the field.
    pub(crate) const MANAGED: &'static str = "managed_elsewhere";
}

impl Rules for TagBundles {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn before_update(&self, item: &Object, changes: &mut Object, _view: View<'_>) -> Result<(), ApiError> {
        match text(item, Self::MANAGED) {
            "" => {}
            code => return Err(refusal(code)),
        }
        match text(changes, "instructions") {
            "" => {
                if let Some(instructions) = changes.get_mut("instructions") {
                    *instructions = Value::Null;
                }
                Ok(())
            }
            instructions if instructions.len() > MAX_INSTRUCTIONS => {
                Err(ApiError::invalid(format!("instructions: at most {MAX_INSTRUCTIONS} bytes are allowed")))
            }
            _ => Ok(()),
        }
    }
}

impl TagTargets {
    const PATH: &'static str = path_of!("tag-bundle-targets.list");

    /// The path of the attachments of a bundle.
    pub(crate) fn of(bundle: &str) -> String {
        Self::PATH.replace("{}", bundle)
    }

    /// Stores the ID of a pair.
    pub(crate) fn remember(store: &mut Store, bundle: &str, place: &str, id: &str) {
        store.singletons.entry(PAIRS.to_owned()).or_default().insert(format!("{bundle} {place}"), id.into());
    }

    fn id_of(store: &Store, bundle: &str, place: &str) -> Option<String> {
        let id = store.singletons.get(PAIRS)?.get(&format!("{bundle} {place}"))?;
        id.as_str().map(str::to_owned)
    }

    fn place(target: &Object) -> &str {
        match text(target, "type") {
            "slack_channel" => text(target, "slack_channel_id"),
            _ => text(target, "slack_workspace_id"),
        }
    }

    /// Detaches every bundle from a deleted place.
    pub(super) fn end(store: &mut Store, place: &str) {
        let bundles: Vec<String> = store.items(TagBundles::PATH).map(|bundle| text(bundle, "id").to_owned()).collect();
        for bundle in bundles {
            if let Some(id) = Self::id_of(store, &bundle, place) {
                store.remove(&Self::of(&bundle), &id);
            }
        }
    }
}

impl Rules for TagTargets {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn prepares(&self, new: &mut Object, scene: &mut Scene<'_>) -> Result<(), ApiError> {
        let (bundle, place) = (text(new, "bundle_id").to_owned(), Self::place(new).to_owned());
        let path = if text(new, "type") == "slack_channel" { TagChannels::PATH } else { TagWorkspaces::PATH };
        if scene.store.item(path, &place).is_none() {
            return Err(ApiError::not_found(format!("There is no '{place}' to attach the bundle to.")));
        }
        let id = Self::id_of(scene.store, &bundle, &place).unwrap_or_else(|| {
            let id = scene.ids.next("btgt_");
            Self::remember(scene.store, &bundle, &place, &id);
            id
        });
        new.insert("id".to_owned(), id.into());
        Ok(())
    }

    fn existing(&self, new: &Object, view: View<'_>) -> Option<Existing> {
        let id = text(new, "id");
        view.store.item(&Self::of(text(new, "bundle_id")), id).map(|_| Existing::Keep(id.to_owned()))
    }
}

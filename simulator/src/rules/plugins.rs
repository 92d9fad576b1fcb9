//! Plugins.

use super::{Deletion, Event, Marketplaces, PluginSettings, PluginVersions, Rules, View, kind, text};
use crate::Object;
use crate::error::ApiError;
use crate::error_code::refusal;
use crate::ids::Ids;
use crate::query::Query;
use crate::routes::Target;
use crate::rules::upload::Upload;
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) struct Plugins;

/// The first version, before it is moved to its collection. No reply contains it.
const FIRST_VERSION: &str = "first_version";
pub(super) const SERVED: &str = "served_version_id";
pub(super) const PINNED: &str = "served_version_pinned";

impl Plugins {
    pub(crate) const PATH: &'static str = path_of!("plugins.list");

    pub(super) fn is_of_organization(store: &Store, id: &str) -> bool {
        store.item(Self::PATH, id).is_some_and(|plugin| kind(plugin, "owner") == "organization")
    }

    /// Returns an error for a change of a plugin of a member.
    pub(super) fn may_change(plugin: &Object) -> Result<(), ApiError> {
        if kind(plugin, "owner") == "organization" {
            Ok(())
        } else {
            Err(ApiError::forbidden("This plugin belongs to a member and cannot be changed here."))
        }
    }

    pub(super) fn is_manual(store: &Store, plugin: &Object) -> Result<(), ApiError> {
        match store.item(Marketplaces::PATH, text(plugin, "marketplace_id")) {
            Some(marketplace) if text(marketplace, "source") != "manual" => {
                Err(ApiError::invalid("This plugin is synchronized from a repository; change it there."))
            }
            _ => Ok(()),
        }
    }

    /// Returns an error for a skill that another plugin of the organization has.
    pub(super) fn skills_are_free(store: &Store, skills: &[String], own: &str) -> Result<(), ApiError> {
        let has = |plugin: &Object, skill: &str| {
            let components = plugin.get("components").and_then(Value::as_array).into_iter().flatten();
            components.into_iter().any(|part| part["type"] == "skill" && part["name"] == skill)
        };
        let others = || {
            store
                .items(Self::PATH)
                .filter(|plugin| text(plugin, "id") != own && kind(plugin, "owner") == "organization")
        };
        match skills.iter().find(|skill| others().any(|plugin| has(plugin, skill))) {
            Some(skill) => Err(refusal("skill_name_taken").detail("skill_name", skill.as_str())),
            None => Ok(()),
        }
    }

    /// The uploader.
    pub(super) fn uploader(view: View<'_>) -> Value {
        match view.caller.actor.as_deref().and_then(|id| view.store.item(super::Members::PATH, id)) {
            Some(member) => json!({
                "type": "user_actor", "user_id": member.get("id"), "email_address": member.get("email"),
            }),
            None => json!({ "type": "api_actor", "api_key_id": "apikey_simulator" }),
        }
    }
}

impl Rules for Plugins {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn allows(&self, _target: &Target<'_>, query: &Query, view: View<'_>) -> Result<(), ApiError> {
        Marketplaces::is_own(query, view)
    }

    fn fits(&self, parameter: &str, _values: &[Value], _item: &Object) -> Option<bool> {
        (parameter == "organization_id").then_some(true)
    }

    fn derived(&self, field: &str, item: &Object, view: View<'_>) -> Option<Value> {
        let own = || PluginSettings::of_organization(view.store, text(item, "id"));
        let of_marketplace = || {
            let marketplace = view.store.item(Marketplaces::PATH, text(item, "marketplace_id"));
            marketplace.and_then(|marketplace| marketplace.get("default_installation_preference")).cloned()
        };
        match field {
            "content_scan" => {
                let served = view.store.item(&PluginVersions::of(text(item, "id")), text(item, SERVED));
                served.map(|version| PluginVersions::scan(version, view.now))
            }
            "organization_installation_preference" if kind(item, "owner") == "organization" => {
                own().or_else(of_marketplace)
            }
            "organization_installation_preference_inherited" if kind(item, "owner") == "organization" => {
                Some(own().is_none().into())
            }
            _ => None,
        }
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, ids: &mut Ids) -> Result<(), ApiError> {
        let upload = Upload::take(new)?;
        let marketplace = match text(new, "marketplace_id") {
            "" => match Marketplaces::library(view.store) {
                Some(library) => text(library, "id").to_owned(),
                None => ids.next("marketplace_"),
            },
            given => {
                Marketplaces::takes_uploads(view.store, given)?;
                given.to_owned()
            }
        };
        let same =
            |plugin: &&Object| text(plugin, "name") == upload.name && text(plugin, "marketplace_id") == marketplace;
        if let Some(plugin) = view.store.items(Self::PATH).find(same) {
            return Err(refusal("plugin_name_taken").detail("plugin_id", text(plugin, "id")));
        }
        Self::skills_are_free(view.store, &upload.skills(), "")?;
        let (id, version) = (ids.next("plugin_"), ids.next("pluginver_"));
        let notes = new.shift_remove("release_notes");
        new.extend(upload.described());
        new.insert(
            FIRST_VERSION.to_owned(),
            PluginVersions::describe(&upload, &id, &version, notes.as_ref(), view).into(),
        );
        let more = json!({
            "id": id,
            "name": upload.name,
            "marketplace_id": marketplace,
            "owner": { "type": "organization" },
            "created_by": Self::uploader(view),
            "latest_version_id": version,
            SERVED: version,
            PINNED: false,
        });
        new.extend(more.as_object().cloned().unwrap_or_default());
        Ok(())
    }

    fn before_update(&self, item: &Object, changes: &mut Object, view: View<'_>) -> Result<(), ApiError> {
        Self::may_change(item)?;
        let wanted = text(changes, SERVED);
        let Some(version) = view.store.item(&PluginVersions::of(text(item, "id")), wanted) else {
            return Err(ApiError::invalid(format!("{SERVED}: '{wanted}' is not a version of this plugin")));
        };
        let scan = PluginVersions::scan(version, view.now);
        if scan["status"] == "processing" {
            return Err(refusal("scan_pending"));
        }
        if scan["assessment"] == "fail" {
            return Err(refusal("scan_failed"));
        }
        changes.insert(PINNED.to_owned(), true.into());
        Ok(())
    }

    fn before_delete(&self, item: &Object, view: View<'_>) -> Result<Deletion, ApiError> {
        Self::may_change(item)?;
        Self::is_manual(view.store, item)?;
        Ok(Deletion::Remove)
    }

    /// The first version is moved to the collection of versions. The library is created when it is first needed.
    fn after(&self, event: Event<'_>, item: &Object, store: &mut Store) {
        if event != Event::Created {
            return;
        }
        let id = text(item, "id");
        let first = store.item_mut(Self::PATH, id).and_then(|plugin| plugin.shift_remove(FIRST_VERSION));
        if let Some(Value::Object(version)) = first {
            let key = text(&version, "id").to_owned();
            store.collection_mut(&PluginVersions::of(id)).insert(&key, version);
        }
        let marketplace = text(item, "marketplace_id");
        if store.item(Marketplaces::PATH, marketplace).is_none() {
            let library = json!({
                "id": marketplace,
                "name": Marketplaces::LIBRARY,
                "owner": { "type": "organization" },
                "source": "manual",
                "created_at": item.get("created_at"),
            });
            if let Value::Object(library) = library {
                store.collection_mut(Marketplaces::PATH).insert(marketplace, library);
            }
        }
    }
}

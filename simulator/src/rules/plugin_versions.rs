//! Versions of plugins.

use super::plugins::{PINNED, SERVED};
use super::{Event, Marketplaces, Plugins, Rules, View, text};
use crate::Object;
use crate::archive::zip;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::operation::Operation;
use crate::query::Query;
use crate::reply::File;
use crate::routes::Target;
use crate::rules::upload::{Upload, stored_files};
use crate::store::Store;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(crate) struct PluginVersions;

/// The duration of the security scan of a new version.
const SCAN: SignedDuration = SignedDuration::from_secs(60);
/// Stored and never shown: the files, and the result of the scan.
pub(crate) const FILES: &str = "files";
pub(crate) const FAILS_SCAN: &str = "fails_scan";

impl PluginVersions {
    const PATH: &'static str = path_of!("plugin-versions.list");

    /// The path of the versions of a plugin.
    pub(crate) fn of(plugin: &str) -> String {
        Self::PATH.replace("{}", plugin)
    }

    /// A new version.
    pub(super) fn describe(upload: &Upload, plugin: &str, id: &str, notes: Option<&Value>, view: View<'_>) -> Object {
        let mut version = upload.described();
        let more = json!({
            "id": id,
            "plugin_id": plugin,
            "created_by": Plugins::uploader(view),
            "created_at": view.now.to_string(),
            "release_notes": notes,
            FILES: upload.stored(),
            FAILS_SCAN: upload.fails_scan(),
        });
        version.extend(more.as_object().cloned().unwrap_or_default());
        version
    }

    /// The scan of a version. It runs for one minute and is then complete.
    pub(super) fn scan(version: &Object, now: Timestamp) -> Value {
        let made: Option<Timestamp> = text(version, "created_at").parse().ok();
        if made.and_then(|made| made.checked_add(SCAN).ok()).is_some_and(|done| done > now) {
            return json!({ "status": "processing", "assessment": null, "reason": null });
        }
        if version.get(FAILS_SCAN) == Some(&Value::Bool(true)) {
            return json!({ "status": "completed", "assessment": "fail", "reason": "A file asks the simulator to fail." });
        }
        json!({ "status": "completed", "assessment": "pass", "reason": null })
    }
}

impl Rules for PluginVersions {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn allows(&self, target: &Target<'_>, query: &Query, view: View<'_>) -> Result<(), ApiError> {
        if *target.operation == Operation::Download && target.key.as_deref() == Some("latest") {
            return Err(ApiError::invalid("version: 'latest' cannot be downloaded; name a version"));
        }
        Marketplaces::is_own(query, view)
    }

    fn fits(&self, parameter: &str, _values: &[Value], _item: &Object) -> Option<bool> {
        (parameter == "organization_id").then_some(true)
    }

    fn resolve(&self, word: &str, target: &Target<'_>, view: View<'_>) -> Option<String> {
        let plugin = view.store.item(Plugins::PATH, &target.parents.first()?.key)?;
        (word == "latest").then(|| text(plugin, "latest_version_id").to_owned())
    }

    fn derived(&self, field: &str, item: &Object, view: View<'_>) -> Option<Value> {
        (field == "content_scan").then(|| Self::scan(item, view.now))
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, ids: &mut Ids) -> Result<(), ApiError> {
        let upload = Upload::take(new)?;
        let Some(plugin) = view.store.item(Plugins::PATH, text(new, "plugin_id")) else { return Ok(()) };
        Plugins::may_change(plugin)?;
        Plugins::is_manual(view.store, plugin)?;
        if upload.name != text(plugin, "name") {
            return Err(ApiError::invalid(format!(
                "files[]: the manifest names '{}', and the plugin is '{}'",
                upload.name,
                text(plugin, "name")
            )));
        }
        let id = text(plugin, "id");
        Plugins::skills_are_free(view.store, &upload.skills(), id)?;
        let notes = new.get("release_notes").cloned();
        new.extend(Self::describe(&upload, id, &ids.next("pluginver_"), notes.as_ref(), view));
        Ok(())
    }

    /// The newest version is served, unless another one is pinned.
    fn after(&self, event: Event<'_>, item: &Object, store: &mut Store) {
        let Some(plugin) = store.item_mut(Plugins::PATH, text(item, "plugin_id")).filter(|_| event == Event::Created)
        else {
            return;
        };
        plugin.insert("latest_version_id".to_owned(), text(item, "id").into());
        plugin.insert("updated_at".to_owned(), text(item, "created_at").into());
        if plugin.get(PINNED) != Some(&Value::Bool(true)) {
            plugin.insert(SERVED.to_owned(), text(item, "id").into());
            for field in ["display_name", "description", "manifest_version", "components", "reach"] {
                plugin.insert(field.to_owned(), item.get(field).cloned().unwrap_or_default());
            }
        }
    }

    fn content(&self, item: &Object, view: View<'_>) -> Option<Result<File, ApiError>> {
        let plugin = view.store.item(Plugins::PATH, text(item, "plugin_id"))?;
        let version = match text(item, "manifest_version") {
            "" => text(item, "id"),
            version => version,
        };
        Some(Ok(File {
            content_type: "application/zip".to_owned(),
            name: Some(format!("{}-{version}.zip", text(plugin, "name"))),
            content: zip(&stored_files(item.get(FILES))),
        }))
    }
}

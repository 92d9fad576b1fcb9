//! The installation settings of plugins, and the shares of members.

use super::{Groups, Marketplaces, Plugins, Rules, View, inner, kind, text};
use crate::Object;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::query::Query;
use crate::routes::Target;
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) struct PluginSettings;
pub(crate) struct PluginShares;

/// The target for the whole organization.
const ORGANIZATION: &str = "organization";

impl PluginSettings {
    const PATH: &'static str = path_of!("plugin-settings.list");

    /// The path of the settings of a plugin.
    pub(crate) fn of(plugin: &str) -> String {
        Self::PATH.replace("{}", plugin)
    }

    /// The settings of the organization for a plugin.
    pub(super) fn of_organization(store: &Store, plugin: &str) -> Option<Value> {
        store.item(&Self::of(plugin), ORGANIZATION)?.get("installation_preference").cloned()
    }

    /// Removes the settings of a deleted group.
    pub(super) fn end(store: &mut Store, group: &str) {
        let plugins: Vec<String> = store.items(Plugins::PATH).map(|plugin| text(plugin, "id").to_owned()).collect();
        for plugin in plugins {
            store.remove(&Self::of(&plugin), group);
        }
    }
}

/// Whether the plugin of a request belongs to the organization, not to a member.
fn is_of_organization(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<bool, ApiError> {
    Marketplaces::is_own(query, view)?;
    let plugin = target.parents.first().map_or("", |parent| &parent.key);
    Ok(Plugins::is_of_organization(view.store, plugin))
}

impl Rules for PluginSettings {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn allows(&self, target: &Target<'_>, query: &Query, view: View<'_>) -> Result<(), ApiError> {
        if is_of_organization(target, query, view)? {
            Ok(())
        } else {
            Err(ApiError::not_found("A plugin of a member has no installation settings."))
        }
    }

    fn fits(&self, parameter: &str, _values: &[Value], _item: &Object) -> Option<bool> {
        (parameter == "organization_id").then_some(true)
    }

    fn puts(&self) -> bool {
        true
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        let target = match text(new, "target") {
            ORGANIZATION => json!({ "type": ORGANIZATION }),
            group if view.store.item(Groups::PATH, group).is_some() => {
                json!({ "type": "rbac_group", "rbac_group_id": group })
            }
            other => {
                return Err(ApiError::not_found(format!("'{other}' is neither '{ORGANIZATION}' nor a group.")));
            }
        };
        new.insert("target".to_owned(), target);
        Ok(())
    }
}

impl PluginShares {
    const PATH: &'static str = path_of!("plugin-shares.list");

    /// The path of the shares of a plugin.
    pub(crate) fn of(plugin: &str) -> String {
        Self::PATH.replace("{}", plugin)
    }
}

impl Rules for PluginShares {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn allows(&self, target: &Target<'_>, query: &Query, view: View<'_>) -> Result<(), ApiError> {
        if is_of_organization(target, query, view)? {
            return Err(ApiError::not_found("A plugin of the organization is shared with nobody."));
        }
        Ok(())
    }

    fn fits(&self, parameter: &str, _values: &[Value], _item: &Object) -> Option<bool> {
        (parameter == "organization_id").then_some(true)
    }

    /// A share with a deleted group or member no longer exists.
    fn lists(&self, item: &Object, _query: &Query, view: View<'_>) -> bool {
        match kind(item, "target") {
            "rbac_group" => view.store.item(Groups::PATH, inner(item, "target", "rbac_group_id")).is_some(),
            "organization_member" => view.store.item(super::Members::PATH, inner(item, "target", "user_id")).is_some(),
            _ => true,
        }
    }
}

//! Managed settings of Claude Code: the delivery, the default, and the settings of groups.

use super::{Event, Groups, Rules, View, kind, text};
use crate::Object;
use crate::error::ApiError;
use crate::error_code::refusal;
use crate::ids::Ids;
use crate::listing::{Listing, Order};
use crate::query::Query;
use crate::routes::Target;
use crate::store::Store;
use crate::validate::at;
use serde_json::{Value, json};

/// The delivery of settings, and the order of groups.
pub(crate) struct SettingsConfiguration;
/// The settings of members without a group that has settings.
pub(crate) struct DefaultSettings;
/// The settings of groups.
pub(crate) struct GroupSettings;

/// The maximum size of a document as it is stored, in bytes.
const MAX_DOCUMENT: usize = 1024 * 1024;
/// The maximum number of groups with settings. The number is not documented.
const MAX_GROUPS: usize = 100;
const ORDER: &str = "rbac_group_order";
const VERSION: &str = "rbac_group_order_version";
const MODE: &str = "mode";

impl SettingsConfiguration {
    pub(crate) const PATH: &'static str = path_of!("managed-settings.get");

    /// The place in the store of the settings of the whole organization. They are created in the Console, and no
    /// operation returns them, so it is not a path.
    pub(crate) const ORGANIZATION: &'static str = "managed settings of the organization";

    fn order(store: &Store) -> Vec<String> {
        let order = store.singletons.get(Self::PATH).and_then(|configuration| configuration.get(ORDER));
        let ids = order.and_then(Value::as_array).into_iter().flatten();
        ids.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Replaces the order and sets a new version.
    fn reorder(store: &mut Store, order: Vec<String>) {
        if let Some(configuration) = store.singletons.get_mut(Self::PATH) {
            let version = next_version(text(configuration, VERSION));
            configuration.insert(ORDER.to_owned(), order.into());
            configuration.insert(VERSION.to_owned(), version.into());
        }
    }
}

fn next_version(version: &str) -> String {
    let number: u64 = version.trim_start_matches('v').parse().unwrap_or(0);
    format!("v{}", number + 1)
}

impl Rules for SettingsConfiguration {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn before_update(&self, item: &Object, changes: &mut Object, view: View<'_>) -> Result<(), ApiError> {
        match (changes.get(ORDER).and_then(Value::as_array), changes.get(VERSION).and_then(Value::as_str)) {
            (None, None) => {}
            (Some(_), None) => return Err(at(VERSION, "Field required, together with the order")),
            (None, Some(_)) => return Err(at(ORDER, "Field required, together with its version")),
            (Some(order), Some(version)) => {
                if version != text(item, VERSION) {
                    return Err(ApiError::conflict("The order has changed since this version was read."));
                }
                let mut wanted: Vec<&str> = order.iter().filter_map(Value::as_str).collect();
                let now = SettingsConfiguration::order(view.store);
                let mut known: Vec<&str> = now.iter().map(String::as_str).collect();
                wanted.sort_unstable();
                known.sort_unstable();
                if wanted != known {
                    return Err(at(ORDER, "it must hold every group that has settings, each once"));
                }
                changes.insert(VERSION.to_owned(), next_version(version).into());
            }
        }
        if changes.get(MODE).is_some_and(|mode| Some(mode) != item.get(MODE)) {
            changes.insert("mode_updated_at".to_owned(), view.now.to_string().into());
        }
        Ok(())
    }

    /// The first switch to groups starts with the settings of the organization.
    fn after(&self, _event: Event<'_>, item: &Object, store: &mut Store) {
        let has_groups = store.collection(GroupSettings::PATH).is_some_and(|groups| groups.len() > 0);
        let default = store.singletons.get(DefaultSettings::PATH).and_then(|default| default.get("settings"));
        let has_default = default.is_some_and(|settings| !settings.is_null());
        if kind(item, MODE) == "rbac_groups" && !has_groups && !has_default {
            let settings = store.singletons.get(Self::ORGANIZATION).and_then(|own| own.get("settings")).cloned();
            let default = json!({ "settings": settings, "updated_at": item.get("mode_updated_at") });
            if let Value::Object(default) = default {
                store.singletons.insert(DefaultSettings::PATH.to_owned(), default);
            }
        }
    }
}

impl DefaultSettings {
    pub(crate) const PATH: &'static str = path_of!("managed-settings.get-default");
}

impl Rules for DefaultSettings {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn max_body(&self) -> usize {
        2 * MAX_DOCUMENT
    }

    fn before_update(&self, _item: &Object, changes: &mut Object, _view: View<'_>) -> Result<(), ApiError> {
        check(changes)
    }
}

impl GroupSettings {
    pub(crate) const PATH: &'static str = path_of!("managed-settings.list-groups");
}

impl Rules for GroupSettings {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn max_body(&self) -> usize {
        2 * MAX_DOCUMENT
    }

    /// Settings with the highest precedence first. Cursors are valid for one version of the order.
    fn listing(&self, _target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<Listing, ApiError> {
        let configuration = view.store.singletons.get(SettingsConfiguration::PATH);
        let edition = configuration.map(|configuration| text(configuration, VERSION).to_owned());
        let order = Order::Keys(SettingsConfiguration::order(view.store));
        Ok(Listing { order, edition, ..Listing::default() })
    }

    fn not_found_code(&self) -> Option<&'static str> {
        Some("rbac_group_managed_settings_not_found")
    }

    fn puts(&self) -> bool {
        true
    }

    /// A deleted group has its settings until they are removed.
    fn derived(&self, field: &str, item: &Object, view: View<'_>) -> Option<Value> {
        (field == "rbac_group_status").then(|| {
            let is_there = view.store.item(Groups::PATH, text(item, "rbac_group_id")).is_some();
            json!({ "type": if is_there { "active" } else { "deleted" } })
        })
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        let group = text(new, "group_id").to_owned();
        if view.store.item(Groups::PATH, &group).is_none() {
            return Err(refusal("rbac_group_not_found"));
        }
        check(new)?;
        if SettingsConfiguration::order(view.store).len() >= MAX_GROUPS {
            return Err(refusal("rbac_group_order_limit_exceeded"));
        }
        new.insert("rbac_group_id".to_owned(), group.into());
        Ok(())
    }

    fn before_update(&self, _item: &Object, changes: &mut Object, _view: View<'_>) -> Result<(), ApiError> {
        check(changes)
    }

    fn after(&self, event: Event<'_>, item: &Object, store: &mut Store) {
        let group = text(item, "rbac_group_id");
        let mut order = SettingsConfiguration::order(store);
        match event {
            Event::Created => order.push(group.to_owned()),
            Event::Deleted => order.retain(|known| known != group),
            _ => return,
        }
        SettingsConfiguration::reorder(store, order);
    }
}

fn check(sent: &Object) -> Result<(), ApiError> {
    match sent.get("settings") {
        Some(settings @ Value::Object(_)) if settings.to_string().len() > MAX_DOCUMENT => {
            Err(refusal("settings_document_limit_exceeded"))
        }
        Some(Value::Object(_) | Value::Null) | None => Ok(()),
        Some(_) => Err(at("settings", "Input should be a valid dictionary")),
    }
}

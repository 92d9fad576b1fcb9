//! The rules that shapes cannot express, with one file for each family of objects.
//!
//! Without rules, a collection supports list, read, create, update, archive and delete. A family adds the other
//! behavior of the real API. It names an action of its collection, and `path_of!` takes the path of the collection from
//! the WIT package. A family is never used if the catalog does not declare its collection.

mod api_keys;
mod claude_tag;
mod computed;
mod external_keys;
mod external_storage;
mod federation_issuers;
mod federation_rule_workspaces;
mod federation_rules;
mod fields;
mod google_data_controls;
mod groups;
mod inference_privacy;
mod invites;
mod managed_settings;
mod marketplaces;
mod members;
mod plugin_settings;
mod plugin_versions;
mod plugins;
mod rate_limits;
mod service_account_places;
mod service_accounts;
mod spend_limits;
mod spend_requests;
mod spend_summaries;
mod tag_bundles;
mod telemetry;
mod telemetry_workspaces;
mod token_exchange;
mod tunnels;
mod upload;
mod webhooks;
mod workspace_members;
mod workspaces;

pub(crate) use api_keys::ApiKeys;
pub(crate) use claude_tag::{TagChannels, TagWorkspaces};
pub(crate) use computed::{Answer, Computed};
pub(crate) use external_keys::ExternalKeys;
pub(crate) use external_storage::ExternalStorage;
pub(crate) use federation_issuers::FederationIssuers;
pub(crate) use federation_rule_workspaces::FederationRuleWorkspaces;
pub(crate) use federation_rules::FederationRules;
pub(crate) use fields::{has_passed, inner, is_archived, kind, text};
pub(crate) use google_data_controls::GoogleDataControls;
pub(crate) use groups::{GroupMembers, Groups, RolePermissions, Roles};
pub(crate) use invites::Invites;
pub(crate) use managed_settings::{DefaultSettings, GroupSettings, SettingsConfiguration};
pub(crate) use marketplaces::{Marketplaces, ValidateArchive, ValidateRepository};
pub(crate) use members::Members;
pub(crate) use plugin_settings::{PluginSettings, PluginShares};
pub(crate) use plugin_versions::{FAILS_SCAN, FILES, PluginVersions};
pub(crate) use plugins::Plugins;
pub(crate) use rate_limits::{RateLimits, WorkspaceRateLimits};
pub(crate) use service_account_places::{PlacesOfAccount, ServiceAccountPlaces};
pub(crate) use service_accounts::ServiceAccounts;
pub(crate) use spend_limits::SpendLimits;
pub(crate) use spend_requests::SpendRequests;
pub(crate) use spend_summaries::{SpendSummaries, actor as spend_actor};
pub(crate) use tag_bundles::{TagBundles, TagTargets};
pub(crate) use telemetry::Telemetry;
pub(crate) use telemetry_workspaces::TelemetryWorkspaces;
pub(crate) use token_exchange::TokenExchange;
pub(crate) use tunnels::{TunnelCertificates, Tunnels};
pub(crate) use webhooks::Webhooks;
pub(crate) use workspace_members::WorkspaceMembers;
pub(crate) use workspaces::{Workspaces, default_residency};

use crate::Object;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::listing::Listing;
use crate::operation::Operation;
use crate::query::Query;
use crate::rate_limit::Budget;
use crate::reply::{File, Reply};
use crate::routes::Target;
use crate::store::Store;
use crate::version::ApiVersion;
use jiff::Timestamp;
use serde_json::Value;

/// The maximum size of a JSON body, in bytes, unless rules set another limit.
pub(crate) const MAX_JSON: usize = 1024 * 1024;
/// The path of the organization.
pub(crate) const ORGANIZATION: &str = path_of!("organization.me");

/// The data that rules can read.
#[derive(Clone, Copy)]
pub(crate) struct View<'s> {
    pub(crate) store: &'s Store,
    pub(crate) now: Timestamp,
    pub(crate) version: ApiVersion,
    pub(crate) caller: &'s Caller,
}

/// The data that rules can change.
pub(crate) struct Scene<'s> {
    pub(crate) organization_id: &'s str,
    pub(crate) store: &'s mut Store,
    pub(crate) ids: &'s mut Ids,
    pub(crate) now: Timestamp,
    pub(crate) caller: &'s Caller,
}

/// The handling of a new item if the same item already exists.
pub(crate) enum Existing {
    /// The existing item is unchanged, and is the reply.
    Keep(String),
    /// The existing item is changed.
    Change(String),
}

impl<'s> View<'s> {
    /// The organization.
    pub(crate) fn organization_id(self) -> Option<&'s str> {
        Some(text(self.store.singletons.get(ORGANIZATION)?, "id"))
    }
}

/// The change of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event<'e> {
    Created,
    Updated,
    Deleted,
    /// An act: the ID of its action, such as `workspaces.archive`.
    Acted(&'e str),
}

/// The effect of deleting an item.
pub(crate) enum Deletion {
    /// The item is removed.
    Remove,
    /// The item remains, with changes to these fields.
    Mark(Object),
}

/// The rules of one family. The default of every method is the behavior of a collection without rules.
pub(crate) trait Rules: Sync {
    /// The path of the collection, with `{}` for parameters.
    fn path(&self) -> &'static str;

    /// Whether an item is in lists.
    fn lists(&self, _item: &Object, _query: &Query, _view: View<'_>) -> bool {
        true
    }

    /// Whether an item matches a query parameter. `None` means a comparison with the field of that name.
    fn fits(&self, _parameter: &str, _values: &[Value], _item: &Object) -> Option<bool> {
        None
    }

    /// The value of a field that is not stored but derived from other data.
    fn derived(&self, _field: &str, _item: &Object, _view: View<'_>) -> Option<Value> {
        None
    }

    /// Whether a field is omitted in replies.
    fn hides(&self, _field: &str, _view: View<'_>) -> bool {
        false
    }

    /// The beta feature without which some fields of replies are absent. No operation of the family requires it.
    fn opens_fields(&self) -> Option<&'static str> {
        None
    }

    /// Checks a new item and completes it; it has the fields of the body and of the path.
    fn before_create(&self, _new: &mut Object, _view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        Ok(())
    }

    /// Checks changes to an item and completes them.
    fn before_update(&self, _item: &Object, _changes: &mut Object, _view: View<'_>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Checks whether an item can be deleted.
    fn before_delete(&self, _item: &Object, _view: View<'_>) -> Result<Deletion, ApiError> {
        Ok(Deletion::Remove)
    }

    /// Prepares a deletion. Changes made here remain, even if the deletion fails.
    fn prepares_delete(&self, _item: &Object, _scene: &mut Scene<'_>) {}

    /// Whether an archived item still has objects to archive, so the act runs again.
    fn archives_again(&self, _item: &Object) -> bool {
        false
    }

    /// Checks whether an act is allowed on an item, with the ID of its action.
    fn before_act(&self, _act: &str, _item: &Object, _view: View<'_>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Applies a change to other collections. The item is the one after the change. For a deleted item, it is the last
    /// known one.
    fn after(&self, _event: Event<'_>, _item: &Object, _store: &mut Store) {}

    /// Whether the operation is allowed at all. This is checked before the item is looked up.
    fn allows(&self, _target: &Target<'_>, _query: &Query, _view: View<'_>) -> Result<(), ApiError> {
        Ok(())
    }

    /// The options of a list, or the error.
    fn listing(&self, _target: &Target<'_>, _query: &Query, _view: View<'_>) -> Result<Listing, ApiError> {
        Ok(Listing::default())
    }

    /// The existing item that is the same as a new one.
    fn existing(&self, _new: &Object, _view: View<'_>) -> Option<Existing> {
        None
    }

    /// Whether a change to an item that does not exist creates it.
    fn puts(&self) -> bool {
        false
    }

    /// The replacement for an item that is not stored. `None` means 404.
    fn absent(&self, _target: &Target<'_>, _view: View<'_>) -> Result<Option<Object>, ApiError> {
        Ok(None)
    }

    /// The error code if an item does not exist.
    fn not_found_code(&self) -> Option<&'static str> {
        None
    }

    /// The key of an alias of an item.
    fn resolve(&self, _word: &str, _target: &Target<'_>, _view: View<'_>) -> Option<String> {
        None
    }

    /// Normalizes the fields of a body before they are checked.
    fn reads(&self, _fields: &mut Object) {}

    /// Completes an item for a reply, without storing it. `query` is set if the operation is a read.
    fn shows(&self, _item: &mut Object, _query: Option<&Query>, _view: View<'_>) {}

    /// Prepares the objects that a new item needs in other collections. Changes made here remain, even if the item is
    /// rejected.
    fn prepares(&self, _new: &mut Object, _scene: &mut Scene<'_>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Runs an act, with the ID of its action. The returned fields replace those of the item, only in the reply. `None`
    /// means the behavior without rules.
    fn act(
        &self,
        _act: &str,
        _item: &mut Object,
        _sent: &Object,
        _scene: &mut Scene<'_>,
    ) -> Result<Option<Object>, ApiError> {
        Ok(None)
    }

    /// Handles a call without a stored object. Without rules, it returns the sent fields.
    fn call(&self, sent: Object, _target: &Target<'_>, _scene: &mut Scene<'_>) -> Result<Object, ApiError> {
        Ok(sent)
    }

    /// The file of an item. `None` means that it is generated.
    fn content(&self, _item: &Object, _view: View<'_>) -> Option<Result<File, ApiError>> {
        None
    }

    /// Whether the seed of the family is complete, so no items are generated for its lists.
    fn is_seeded(&self) -> bool {
        false
    }

    /// The maximum size of a JSON body, in bytes.
    fn max_body(&self) -> usize {
        MAX_JSON
    }

    /// The complete reply if it is calculated and not read from a collection. This method is called first. `None` means
    /// the reply of the collection.
    fn computed(&self, _target: &Target<'_>, _query: &Query, _view: View<'_>) -> Option<Result<Reply, ApiError>> {
        None
    }

    /// The budget of an operation, if the family has its own. Otherwise the shared budget applies.
    fn budget(&self, _operation: &Operation) -> Option<Budget> {
        None
    }

    /// Whether every request of the family is recorded as an activity. This applies to the Compliance API.
    fn records_requests(&self) -> bool {
        false
    }
}

/// A collection without rules.
struct NoRules;

impl Rules for NoRules {
    fn path(&self) -> &'static str {
        ""
    }
}

/// Every family.
pub(crate) const ALL: &[&dyn Rules] = &[
    &ApiKeys,
    &TagChannels,
    &TagWorkspaces,
    &ExternalKeys,
    &ExternalStorage,
    &FederationIssuers,
    &FederationRuleWorkspaces,
    &FederationRules,
    &GoogleDataControls,
    &GroupMembers,
    &Groups,
    &RolePermissions,
    &Roles,
    &Invites,
    &DefaultSettings,
    &GroupSettings,
    &SettingsConfiguration,
    &Marketplaces,
    &ValidateArchive,
    &ValidateRepository,
    &Members,
    &PluginSettings,
    &PluginShares,
    &PluginVersions,
    &Plugins,
    &RateLimits,
    &WorkspaceRateLimits,
    &PlacesOfAccount,
    &ServiceAccountPlaces,
    &ServiceAccounts,
    &SpendLimits,
    &SpendRequests,
    &SpendSummaries,
    &TagBundles,
    &TagTargets,
    &Telemetry,
    &TelemetryWorkspaces,
    &TokenExchange,
    &TunnelCertificates,
    &Tunnels,
    &Webhooks,
    &WorkspaceMembers,
    &Workspaces,
];

/// Every family, with those of reports and of the Compliance API.
fn every_family() -> impl Iterator<Item = &'static dyn Rules> {
    ALL.iter().copied().chain(crate::reports::RULES).chain(crate::compliance::RULES)
}

/// The rules of the collection with this path.
pub(crate) fn of(path: &str) -> &'static dyn Rules {
    every_family().find(|rules| rules.path() == path).unwrap_or(&NoRules)
}

/// Returns an error for a name that another item of the collection has.
fn name_is_free(store: &Store, path: &str, name: &str, own: &str) -> Result<(), ApiError> {
    if store.items(path).any(|item| text(item, "name") == name && text(item, "id") != own) {
        return Err(ApiError::conflict(format!("name: '{name}' is taken")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Rules, every_family};
    use crate::testing;
    use std::collections::BTreeSet;

    /// The actions without rules, and the reason.
    const WITHOUT_RULES: [(&str, &str); 1] = [("organization.me", "the organization is stored and never changes")];

    #[test]
    fn every_family_attaches_to_a_collection_of_the_catalog() {
        let routes = testing::routes();
        let paths: BTreeSet<&str> = routes.each().map(|(_, _, rules)| rules.path()).collect();
        let mut families = BTreeSet::new();
        for rules in every_family() {
            assert!(paths.contains(rules.path()), "{}", rules.path());
            assert!(families.insert(rules.path()), "two families attach to {}", rules.path());
        }
    }

    #[test]
    fn every_action_has_rules_or_a_reason() {
        let routes = testing::routes();
        let mut without = Vec::new();
        for (action, _, rules) in routes.each() {
            if rules.path().is_empty() {
                without.push(action.id.as_str());
            }
        }
        assert_eq!(without, WITHOUT_RULES.map(|(id, _)| id));
        assert_eq!(routes.each().count(), routes.catalog().actions.len(), "every action has a route");
    }

    #[test]
    fn every_beta_of_fields_is_declared_by_an_action_of_the_family() {
        let routes = testing::routes();
        for rules in every_family() {
            let Some(beta) = rules.opens_fields() else { continue };
            let declares = |family: &dyn Rules, betas: &[String]| {
                family.path() == rules.path() && betas.iter().any(|known| known == beta)
            };
            assert!(routes.each().any(|(action, _, family)| declares(family, &action.betas)), "{}", rules.path());
        }
    }
}

//! The rules that shapes do not tell: one file for each family of objects.
//!
//! Without rules a collection can be listed, read, added to, changed, archived and emptied; a family attaches to a
//! collection by its path and adds what the real API does on top. A family whose collection the catalog does not
//! declare is never asked.

mod api_keys;
mod computed;
mod invites;
mod members;
mod workspace_members;
mod workspaces;

pub(crate) use api_keys::ApiKeys;
pub(crate) use computed::{Answer, Computed};
pub(crate) use invites::Invites;
pub(crate) use members::Members;
pub(crate) use workspace_members::WorkspaceMembers;
pub(crate) use workspaces::{Workspaces, default_residency};

use crate::Object;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::query::Query;
use crate::rate_limit::Budget;
use crate::resource::Operation;
use crate::routes::Target;
use crate::store::Store;
use crate::version::ApiVersion;
use jiff::Timestamp;
use serde_json::Value;

/// What rules may look at.
#[derive(Clone, Copy)]
pub(crate) struct View<'s> {
    pub(crate) store: &'s Store,
    pub(crate) now: Timestamp,
    pub(crate) version: ApiVersion,
}

impl<'s> View<'s> {
    /// The organization.
    pub(crate) fn organization_id(self) -> Option<&'s str> {
        Some(text(self.store.singletons.get("/v1/organizations/me")?, "id"))
    }
}

/// What happened to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event<'e> {
    Created,
    Updated,
    Deleted,
    /// An act of this name, such as `archive`.
    Acted(&'e str),
}

/// What deleting an item comes to.
pub(crate) enum Deletion {
    /// It is gone.
    Remove,
    /// It stays, with these fields changed.
    Mark(Object),
}

/// The rules of one family. Every method has the default of a collection without rules.
pub(crate) trait Rules: Sync {
    /// The path of the collection, with `{}` for parameters.
    fn path(&self) -> &'static str;

    /// Whether an item appears in a list at all.
    fn lists(&self, _item: &Object, _query: &Query, _view: View<'_>) -> bool {
        true
    }

    /// Whether an item fits a query parameter; `None` leaves it to a comparison with the field of that name.
    fn fits(&self, _parameter: &str, _values: &[Value], _item: &Object) -> Option<bool> {
        None
    }

    /// The value of a field that is not stored but follows from other things.
    fn derived(&self, _field: &str, _item: &Object, _view: View<'_>) -> Option<Value> {
        None
    }

    /// Whether a field is left out of replies.
    fn hides(&self, _field: &str, _view: View<'_>) -> bool {
        false
    }

    /// Checks a new item and completes it; it has the fields of the body and of the path.
    fn before_create(&self, _new: &mut Object, _view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        Ok(())
    }

    /// Checks changes to an item and completes them.
    fn before_update(&self, _item: &Object, _changes: &mut Object, _view: View<'_>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Checks that an item may be deleted.
    fn before_delete(&self, _item: &Object, _view: View<'_>) -> Result<Deletion, ApiError> {
        Ok(Deletion::Remove)
    }

    /// Checks that something may be done with an item.
    fn before_act(&self, _act: &str, _item: &Object, _view: View<'_>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Carries a change over to other collections. The item is the one after the change; a deleted one is the last
    /// that was known.
    fn after(&self, _event: Event<'_>, _item: &Object, _store: &mut Store) {}

    /// The whole reply to a read that is worked out from a query, not looked up in a collection; `None` leaves it to the
    /// collection.
    fn computed(&self, _target: &Target<'_>, _query: &Query, _view: View<'_>) -> Option<Result<Value, ApiError>> {
        None
    }

    /// The budget that an operation counts against; the shared one unless it has its own.
    fn budget(&self, _operation: &Operation) -> Option<Budget> {
        None
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
pub(crate) const ALL: [&dyn Rules; 5] = [&Members, &Invites, &ApiKeys, &Workspaces, &WorkspaceMembers];

/// Every family, with those of reports and of the Compliance API.
fn every_family() -> impl Iterator<Item = &'static dyn Rules> {
    ALL.into_iter().chain(crate::reports::RULES).chain(crate::compliance::RULES)
}

/// The rules of the collection with this path.
pub(crate) fn of(path: &str) -> &'static dyn Rules {
    every_family().find(|rules| rules.path() == path).unwrap_or(&NoRules)
}

/// The text of a field, empty when there is none.
pub(crate) fn text<'o>(object: &'o Object, field: &str) -> &'o str {
    object.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Whether the instant in a field has come.
pub(crate) fn has_passed(object: &Object, field: &str, now: Timestamp) -> bool {
    text(object, field).parse().is_ok_and(|instant: Timestamp| instant <= now)
}

#[cfg(test)]
mod tests {
    use crate::resource::anonymous;
    use crate::{Simulation, SimulatorConfig};
    use std::collections::BTreeSet;

    #[test]
    fn every_family_attaches_to_a_collection_of_the_catalog() {
        let simulation = Simulation::new(SimulatorConfig::default()).unwrap();
        let paths: BTreeSet<String> =
            simulation.catalog().actions.iter().map(|action| anonymous(action.http.path.segments())).collect();
        for rules in super::every_family() {
            // Some collections are never listed.
            let item = format!("{}/{{}}", rules.path());
            assert!(paths.contains(rules.path()) || paths.contains(&item), "{}", rules.path());
        }
    }
}

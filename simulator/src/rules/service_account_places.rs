//! Places of service accounts in workspaces, seen from both sides.
//!
//! A place is stored twice, under its workspace and under its account, so both lists need no special case. The
//! automatic place of every account in the default workspace is not stored.

use super::{Event, Rules, ServiceAccounts, View, Workspaces, is_archived, text};
use crate::Object;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::listing::Listing;
use crate::operation::Operation;
use crate::query::Query;
use crate::routes::Target;
use crate::rules::Existing;
use crate::store::Store;
use serde_json::{Value, json};

/// The places by workspace.
pub(crate) struct ServiceAccountPlaces;
/// The places by account.
pub(crate) struct PlacesOfAccount;

const ACCOUNT: &str = "service_account_id";
const WORKSPACE: &str = "workspace_id";

impl ServiceAccountPlaces {
    const PATH: &'static str = path_of!("workspace-service-accounts.list");

    fn in_workspace(workspace: &str) -> String {
        Self::PATH.replace("{}", workspace)
    }

    fn of_account(account: &str) -> String {
        PlacesOfAccount::PATH.replace("{}", account)
    }

    /// Adds a place.
    pub(crate) fn give(store: &mut Store, workspace: &str, account: &str, role: &str, by: &str) {
        let place = json!({
            ACCOUNT: account, WORKSPACE: workspace, "workspace_role": role, "implicit": false, "created_by_actor_id": by,
        });
        if let Value::Object(place) = place {
            store.collection_mut(&Self::in_workspace(workspace)).insert(account, place.clone());
            store.collection_mut(&Self::of_account(account)).insert(workspace, place);
        }
    }

    pub(super) fn leave_everywhere(store: &mut Store, account: &str) {
        let workspaces: Vec<String> =
            store.items(&Self::of_account(account)).map(|place| text(place, WORKSPACE).to_owned()).collect();
        for workspace in workspaces {
            store.remove(&Self::in_workspace(&workspace), account);
            store.remove(&Self::of_account(account), &workspace);
        }
    }

    /// Whether an account can work in a workspace. Every account can work in the default one.
    pub(crate) fn is_in(store: &Store, workspace: &str, account: &str) -> bool {
        Workspaces::is_default(store, workspace) || store.item(&Self::in_workspace(workspace), account).is_some()
    }

    /// The automatic place of an active account.
    fn implicit(store: &Store, workspace: &str, account: &str) -> Option<Object> {
        if !Workspaces::is_default(store, workspace) || !ServiceAccounts::is_live(store, account) {
            return None;
        }
        let place =
            json!({ ACCOUNT: account, WORKSPACE: workspace, "workspace_role": "workspace_user", "implicit": true });
        place.as_object().cloned()
    }

    fn check(place: &Object, view: View<'_>) -> Result<(), ApiError> {
        Workspaces::takes_new(view.store, text(place, WORKSPACE))?;
        let account = text(place, ACCOUNT);
        match view.store.item(ServiceAccounts::PATH, account) {
            None => {
                Err(ApiError::invalid(format!("{ACCOUNT}: '{account}' is not a service account of the organization")))
            }
            Some(account) if is_archived(account) => Err(ApiError::invalid("The service account is archived.")),
            Some(_) => Ok(()),
        }
    }

    /// Writes the other copy of a place.
    fn mirror(event: Event<'_>, place: &Object, store: &mut Store) {
        let (workspace, account) = (text(place, WORKSPACE), text(place, ACCOUNT));
        let (one, other) = (Self::in_workspace(workspace), Self::of_account(account));
        if event == Event::Deleted {
            store.remove(&one, account);
            store.remove(&other, workspace);
        } else {
            store.collection_mut(&one).insert(account, place.clone());
            store.collection_mut(&other).insert(workspace, place.clone());
        }
    }

    /// The replacement for a place that is not stored: removing it still succeeds.
    fn absent(target: &Target<'_>, view: View<'_>) -> Result<Option<Object>, ApiError> {
        let capture = |name: &str| target.captures.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let (Some(workspace), Some(account)) = (capture(WORKSPACE), capture(ACCOUNT)) else { return Ok(None) };
        let implicit = Self::implicit(view.store, workspace, account);
        match target.operation {
            Operation::Read => Ok(implicit),
            Operation::Update if implicit.is_some() => Err(ApiError::invalid(
                "The service account has this place by itself. Add it to the workspace to give it another role.",
            )),
            Operation::Delete if view.store.item(ServiceAccounts::PATH, account).is_some() => {
                Ok(json!({ ACCOUNT: account, WORKSPACE: workspace }).as_object().cloned())
            }
            _ => Ok(None),
        }
    }
}

impl Rules for ServiceAccountPlaces {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn allows(&self, target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<(), ApiError> {
        target.parents.first().map_or(Ok(()), |workspace| Workspaces::is_live(view.store, &workspace.key))
    }

    fn lists(&self, item: &Object, _query: &Query, view: View<'_>) -> bool {
        ServiceAccounts::is_live(view.store, text(item, ACCOUNT))
    }

    fn absent(&self, target: &Target<'_>, view: View<'_>) -> Result<Option<Object>, ApiError> {
        Self::absent(target, view)
    }

    fn existing(&self, new: &Object, view: View<'_>) -> Option<Existing> {
        let account = text(new, ACCOUNT);
        let place = view.store.item(&Self::in_workspace(text(new, WORKSPACE)), account);
        place.map(|_| Existing::Change(account.to_owned()))
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        new.insert("implicit".to_owned(), false.into());
        Self::check(new, view)
    }

    fn before_update(&self, item: &Object, _changes: &mut Object, view: View<'_>) -> Result<(), ApiError> {
        Self::check(item, view)
    }

    fn after(&self, event: Event<'_>, item: &Object, store: &mut Store) {
        Self::mirror(event, item, store);
    }
}

impl PlacesOfAccount {
    const PATH: &'static str = path_of!("service-account-workspaces.list");
}

impl Rules for PlacesOfAccount {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn listing(&self, target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<Listing, ApiError> {
        let mut listing = Listing::default();
        if let (Some(account), Some(workspace)) = (target.parents.first(), Workspaces::default_id(view.store)) {
            // An assigned place replaces the automatic one.
            if view.store.item(&target.path, workspace).is_none() {
                listing.head.extend(ServiceAccountPlaces::implicit(view.store, workspace, &account.key));
            }
        }
        Ok(listing)
    }

    fn absent(&self, target: &Target<'_>, view: View<'_>) -> Result<Option<Object>, ApiError> {
        ServiceAccountPlaces::absent(target, view)
    }

    fn existing(&self, new: &Object, view: View<'_>) -> Option<Existing> {
        let workspace = text(new, WORKSPACE);
        let place = view.store.item(&ServiceAccountPlaces::of_account(text(new, ACCOUNT)), workspace);
        place.map(|_| Existing::Change(workspace.to_owned()))
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        new.insert("implicit".to_owned(), false.into());
        ServiceAccountPlaces::check(new, view)
    }

    fn before_update(&self, item: &Object, _changes: &mut Object, view: View<'_>) -> Result<(), ApiError> {
        ServiceAccountPlaces::check(item, view)
    }

    fn after(&self, event: Event<'_>, item: &Object, store: &mut Store) {
        ServiceAccountPlaces::mirror(event, item, store);
    }
}

//! Service accounts.

use super::{ApiKeys, Event, FederationRules, Rules, ServiceAccountPlaces, View, is_archived, name_is_free, text};
use crate::Object;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::store::Store;

pub(crate) struct ServiceAccounts;

impl ServiceAccounts {
    pub(crate) const PATH: &'static str = path_of!("service-accounts.list");

    /// Whether the account exists and is not archived.
    pub(crate) fn is_live(store: &Store, id: &str) -> bool {
        store.item(Self::PATH, id).is_some_and(|account| !is_archived(account))
    }
}

impl Rules for ServiceAccounts {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        admin_needs_a_person(new, view)?;
        name_is_free(view.store, Self::PATH, text(new, "name"), "")?;
        no_null_description(new);
        new.entry("description").or_insert_with(|| "".into());
        Ok(())
    }

    fn before_update(&self, _item: &Object, changes: &mut Object, view: View<'_>) -> Result<(), ApiError> {
        admin_needs_a_person(changes, view)?;
        no_null_description(changes);
        Ok(())
    }

    fn before_act(&self, _act: &str, item: &Object, view: View<'_>) -> Result<(), ApiError> {
        if FederationRules::live(view.store)
            .any(|rule| super::inner(rule, "target", "service_account_id") == text(item, "id"))
        {
            return Err(ApiError::invalid("A federation rule that is not archived targets this service account."));
        }
        Ok(())
    }

    fn after(&self, event: Event<'_>, item: &Object, store: &mut Store) {
        if event == Event::Acted("service-accounts.archive") {
            let id = text(item, "id");
            ServiceAccountPlaces::leave_everywhere(store, id);
            ApiKeys::archive_of_account(store, id);
            store.tokens.revoke(id);
        }
    }
}

/// Only a person can set the role `admin`, even for an account that already has it.
fn admin_needs_a_person(sent: &Object, view: View<'_>) -> Result<(), ApiError> {
    if text(sent, "organization_role") == "admin" && !view.caller.interactive {
        return Err(ApiError::forbidden("organization_role: 'admin' needs an interactive credential"));
    }
    Ok(())
}

/// A removed description is stored as an empty one.
fn no_null_description(sent: &mut Object) {
    if let Some(description) = sent.get_mut("description").filter(|value| value.is_null()) {
        *description = "".into();
    }
}

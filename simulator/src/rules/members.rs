//! Members of the organization.

use super::{ApiKeys, Deletion, Event, Rules, View, WorkspaceMembers, text};
use crate::Object;
use crate::error::ApiError;
use crate::store::Store;
use serde_json::Value;

pub(crate) struct Members;

impl Members {
    pub(crate) const PATH: &'static str = "/v1/organizations/users";

    /// The member with this address, case and plus tags aside.
    pub(crate) fn with_email<'s>(store: &'s Store, email: &str) -> Option<&'s Object> {
        let wanted = normalized(email);
        store.items(Self::PATH).find(|member| normalized(text(member, "email")) == wanted)
    }
}

impl Rules for Members {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn fits(&self, parameter: &str, values: &[Value], item: &Object) -> Option<bool> {
        (parameter == "email").then(|| has_email(item, values))
    }

    fn before_update(&self, item: &Object, changes: &mut Object, _view: View<'_>) -> Result<(), ApiError> {
        if text(item, "role") == "admin" {
            return Err(ApiError::invalid("The role of an admin cannot be changed through the API."));
        }
        role_fits_console(changes)
    }

    fn before_delete(&self, item: &Object, view: View<'_>) -> Result<Deletion, ApiError> {
        if view.store.collection(Self::PATH).is_none_or(|members| members.len() <= 1) {
            return Err(ApiError::invalid("The last member of an organization cannot be removed.")
                .code("cannot_remove_last_member"));
        }
        if text(item, "role") == "admin" {
            return Err(ApiError::invalid("An admin cannot be removed through the API."));
        }
        Ok(Deletion::Remove)
    }

    fn after(&self, event: Event<'_>, item: &Object, store: &mut Store) {
        let id = text(item, "id");
        match event {
            Event::Deleted => {
                WorkspaceMembers::remove_everywhere(store, id);
                ApiKeys::archive_personal(store, id);
            }
            _ => WorkspaceMembers::inherit_everywhere(store, id, text(item, "role")),
        }
    }
}

/// Refuses the role that only Enterprise organizations have; the simulated organization is a Console organization.
pub(super) fn role_fits_console(object: &Object) -> Result<(), ApiError> {
    if text(object, "role") == "managed" {
        return Err(ApiError::invalid("role: 'managed' can only be given in Claude Enterprise organizations"));
    }
    Ok(())
}

/// Whether an item has one of these addresses, case and plus tags aside.
pub(super) fn has_email(item: &Object, values: &[Value]) -> bool {
    let email = normalized(text(item, "email"));
    values.iter().filter_map(Value::as_str).any(|value| normalized(value) == email)
}

/// An address as the API compares it: in lower case, without a plus tag.
pub(super) fn normalized(email: &str) -> String {
    let email = email.to_lowercase();
    match email.rsplit_once('@') {
        Some((local, domain)) => {
            let local = local.split('+').next().unwrap_or_default();
            format!("{local}@{domain}")
        }
        None => email,
    }
}

#[cfg(test)]
mod tests {
    use super::normalized;

    #[test]
    fn addresses_compare_without_case_and_plus_tag() {
        assert_eq!(normalized("Ada+News+2@Example.COM"), "ada@example.com");
        assert_ne!(normalized("ada@example.com"), normalized("ada@example.org"));
        assert_eq!(normalized("nonsense"), "nonsense");
    }
}

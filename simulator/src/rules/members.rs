//! Members of the organization.

use super::{ApiKeys, Deletion, Event, Groups, Rules, Scene, SpendLimits, View, WorkspaceMembers, text};
use crate::Object;
use crate::caller::OrganizationKind;
use crate::error::ApiError;
use crate::error_code::refusal;
use crate::store::Store;
use serde_json::Value;

pub(crate) struct Members;

/// The scope that a key needs to assign the permissions of groups.
pub(super) const GROUPS_SCOPE: &str = "write:rbac_groups";
/// Roles that the API cannot remove, and whose members it cannot remove.
const PRIVILEGED: [&str; 4] = ["admin", "owner", "primary_owner", "membership_admin"];

impl Members {
    pub(crate) const PATH: &'static str = path_of!("users.list");

    /// The member with this address, without case and plus tags.
    pub(crate) fn with_email<'s>(store: &'s Store, email: &str) -> Option<&'s Object> {
        let wanted = normalized(email);
        store.items(Self::PATH).find(|member| normalized(text(member, "email")) == wanted)
    }
}

impl Rules for Members {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn fits(&self, parameter: &str, values: &[Value], item: &Object) -> Option<bool> {
        (parameter == "email").then(|| has_email(item, values))
    }

    fn before_update(&self, item: &Object, changes: &mut Object, view: View<'_>) -> Result<(), ApiError> {
        if PRIVILEGED.contains(&text(item, "role")) {
            return Err(ApiError::invalid(format!(
                "The role of an {} cannot be changed through the API.",
                text(item, "role").replace('_', " ")
            )));
        }
        role_fits(changes, view)
    }

    fn before_delete(&self, item: &Object, view: View<'_>) -> Result<Deletion, ApiError> {
        if view.store.collection(Self::PATH).is_none_or(|members| members.len() <= 1) {
            return Err(ApiError::invalid("The last member of an organization cannot be removed.")
                .code("cannot_remove_last_member"));
        }
        if PRIVILEGED.contains(&text(item, "role")) {
            return Err(ApiError::invalid("A member with this role cannot be removed through the API."));
        }
        Ok(Deletion::Remove)
    }

    /// The primary owner and the requester are never signed out. Only a person can sign out other members with a strong
    /// role.
    fn before_act(&self, _act: &str, item: &Object, view: View<'_>) -> Result<(), ApiError> {
        let caller = view.caller;
        if caller.organization == OrganizationKind::Console {
            return Err(refusal("organization_not_enrolled_in_beta"));
        }
        let role = text(item, "role");
        if role == "primary_owner" {
            return Err(refusal("cannot_sign_out_primary_owner"));
        }
        if caller.actor.as_deref() == Some(text(item, "id")) {
            return Err(refusal("cannot_sign_out_self"));
        }
        match role {
            _ if caller.interactive => Ok(()),
            "owner" => Err(refusal("cannot_sign_out_owner")),
            "membership_admin" => Err(refusal("cannot_sign_out_membership_admin")),
            "admin" => Err(refusal("cannot_sign_out_privileged_member")),
            _ => Ok(()),
        }
    }

    fn act(&self, _: &str, _: &mut Object, _: &Object, _: &mut Scene<'_>) -> Result<Option<Object>, ApiError> {
        Ok(Some(Object::new()))
    }

    fn after(&self, event: Event<'_>, item: &Object, store: &mut Store) {
        let id = text(item, "id");
        match event {
            Event::Deleted => {
                WorkspaceMembers::remove_everywhere(store, id);
                ApiKeys::archive_personal(store, id);
                Groups::leave_everywhere(store, id);
                SpendLimits::end(store, "user_id", id);
                store.tokens.revoke(id);
            }
            Event::Acted("users.sign-out") => store.tokens.revoke(id),
            _ => WorkspaceMembers::inherit_everywhere(store, id, text(item, "role")),
        }
    }
}

/// Returns an error for a role that does not exist in organizations of this kind.
pub(super) fn role_fits(object: &Object, view: View<'_>) -> Result<(), ApiError> {
    match (text(object, "role"), view.caller.is_enterprise()) {
        ("managed", false) => {
            Err(ApiError::invalid("role: 'managed' can only be given in Claude Enterprise organizations"))
        }
        // Its permissions are those of groups, so the scope for assigning these is required.
        ("managed", true) => view.caller.needs(GROUPS_SCOPE),
        (role @ ("developer" | "billing" | "claude_code_user"), true) => {
            Err(ApiError::invalid(format!("role: '{role}' can only be given in Console organizations")))
        }
        _ => Ok(()),
    }
}

/// Whether an item has one of these addresses, without case and plus tags.
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

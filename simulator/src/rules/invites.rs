//! Invitations to the organization.

use super::members::{GROUPS_SCOPE, has_email, normalized, role_fits};
use super::{Deletion, Groups, Members, Rules, View, has_passed, text};
use crate::Object;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::operation::Operation;
use crate::query::Query;
use crate::rate_limit::Budget;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

pub(crate) struct Invites;

impl Invites {
    pub(crate) const PATH: &'static str = path_of!("invites.list");

    /// The lifetime of an invite.
    pub(crate) const LIFETIME: SignedDuration = SignedDuration::from_hours(21 * 24);

    /// The status of an invite. An invite that is not accepted in time expires automatically.
    fn status(invite: &Object, now: Timestamp) -> &str {
        match text(invite, "status") {
            "pending" if has_passed(invite, "expires_at", now) => "expired",
            status => status,
        }
    }
}

impl Rules for Invites {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn lists(&self, item: &Object, _query: &Query, _view: View<'_>) -> bool {
        text(item, "status") != "deleted"
    }

    fn fits(&self, parameter: &str, values: &[Value], item: &Object) -> Option<bool> {
        (parameter == "email").then(|| has_email(item, values))
    }

    fn derived(&self, field: &str, item: &Object, view: View<'_>) -> Option<Value> {
        (field == "status").then(|| Self::status(item, view.now).into())
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        role_fits(new, view)?;
        let groups = new.get("rbac_group_ids").and_then(Value::as_array);
        for group in groups.into_iter().flatten().filter_map(Value::as_str) {
            if !view.caller.is_enterprise() {
                return Err(ApiError::invalid("rbac_group_ids: groups exist only in Claude Enterprise organizations"));
            }
            view.caller.needs(GROUPS_SCOPE)?;
            if view.store.item(Groups::PATH, group).is_none() {
                return Err(ApiError::invalid(format!("rbac_group_ids: '{group}' is not a group")));
            }
            Groups::grants_nothing_of_owners(view.store, group)?;
        }
        let email = text(new, "email");
        if Members::with_email(view.store, email).is_some() {
            return Err(
                ApiError::invalid("This person is already a member of the organization.").code("already_member")
            );
        }
        let wanted = normalized(email);
        let is_open = |invite: &&Object| {
            Self::status(invite, view.now) == "pending" && normalized(text(invite, "email")) == wanted
        };
        if view.store.items(Self::PATH).any(|invite| is_open(&invite)) {
            return Err(ApiError::invalid("There is a pending invite for this address.").code("invite_already_exists"));
        }
        let expires_at = view.now.checked_add(Self::LIFETIME).unwrap_or(Timestamp::MAX);
        new.insert("status".to_owned(), "pending".into());
        new.insert("invited_at".to_owned(), view.now.to_string().into());
        new.insert("expires_at".to_owned(), expires_at.to_string().into());
        Ok(())
    }

    fn before_delete(&self, item: &Object, view: View<'_>) -> Result<Deletion, ApiError> {
        match Self::status(item, view.now) {
            "pending" => Ok(Deletion::Mark(Object::from_iter([("status".to_owned(), "deleted".into())]))),
            status => {
                Err(ApiError::invalid(format!("Only a pending invite can be deleted; this one has status '{status}'.")))
            }
        }
    }

    fn budget(&self, operation: &Operation) -> Option<Budget> {
        (*operation == Operation::Create).then_some(Budget {
            name: "invite creations",
            limit: 1200,
            window: SignedDuration::from_hours(1),
            is_announced: false,
        })
    }
}

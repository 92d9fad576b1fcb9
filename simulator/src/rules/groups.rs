//! Groups, their members, and the permissions of roles.

use super::{Deletion, Event, Members, PluginSettings, Rules, SpendLimits, View, text};
use crate::Object;
use crate::caller::OrganizationKind;
use crate::error::ApiError;
use crate::error_code::refusal;
use crate::ids::Ids;
use crate::listing::{Listing, Order};
use crate::query::Query;
use crate::routes::Target;
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) struct Groups;
pub(crate) struct GroupMembers;
pub(crate) struct Roles;
pub(crate) struct RolePermissions;

impl Groups {
    pub(crate) const PATH: &'static str = path_of!("groups.list");

    /// The path of the members of a group.
    pub(crate) fn members_of(group: &str) -> String {
        GroupMembers::PATH.replace("{}", group)
    }

    /// Returns an error if a directory manages the group, or if only owners can change it.
    fn may_change(store: &Store, group: &str) -> Result<(), ApiError> {
        match store.item(Self::PATH, group) {
            Some(group) if text(group, "source_type") == "scim" => {
                Err(ApiError::invalid("This group comes from a directory and cannot be changed here."))
            }
            Some(_) => Self::grants_nothing_of_owners(store, group),
            None => Ok(()),
        }
    }

    /// Returns an error for a group with roles of owners.
    pub(super) fn grants_nothing_of_owners(store: &Store, group: &str) -> Result<(), ApiError> {
        let roles = store.item(Self::PATH, group).and_then(|group| group.get("role_ids")).and_then(Value::as_array);
        let is_strong = |role: &Value| {
            let role = role.as_str().and_then(|id| store.item(Roles::PATH, id));
            role.is_some_and(|role| role.contains_key(Roles::OWNER_MARK))
        };
        if roles.into_iter().flatten().any(is_strong) {
            return Err(refusal("rbac_group_grants_owner_access"));
        }
        Ok(())
    }

    /// The groups of a member.
    pub(super) fn of_member(store: &Store, user: &str) -> Vec<String> {
        let ids = store.items(Self::PATH).map(|group| text(group, "id").to_owned());
        ids.filter(|group| store.item(&Self::members_of(group), user).is_some()).collect()
    }

    /// Removes a member from every group.
    pub(super) fn leave_everywhere(store: &mut Store, user: &str) {
        for group in Self::of_member(store, user) {
            store.remove(&Self::members_of(&group), user);
        }
    }
}

impl Rules for Groups {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn derived(&self, field: &str, item: &Object, _view: View<'_>) -> Option<Value> {
        (field == "roles").then(|| item.get("role_ids").cloned().unwrap_or_default())
    }

    fn hides(&self, field: &str, view: View<'_>) -> bool {
        field == "roles" && !view.version.has_dropped_fields()
    }

    fn before_create(&self, new: &mut Object, _view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        new.insert("source_type".to_owned(), "direct".into());
        new.insert("role_ids".to_owned(), json!([]));
        Ok(())
    }

    fn before_update(&self, item: &Object, _changes: &mut Object, view: View<'_>) -> Result<(), ApiError> {
        match text(item, "source_type") {
            "scim" => Self::may_change(view.store, text(item, "id")),
            _ => Ok(()),
        }
    }

    fn before_delete(&self, item: &Object, view: View<'_>) -> Result<Deletion, ApiError> {
        Self::may_change(view.store, text(item, "id")).map(|()| Deletion::Remove)
    }

    fn after(&self, event: Event<'_>, item: &Object, store: &mut Store) {
        if event == Event::Deleted {
            let id = text(item, "id");
            SpendLimits::end(store, "rbac_group_id", id);
            PluginSettings::end(store, id);
        }
    }
}

impl GroupMembers {
    const PATH: &'static str = path_of!("group-members.list");
}

impl Rules for GroupMembers {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    /// The oldest membership is first.
    fn listing(&self, _target: &Target<'_>, _query: &Query, _view: View<'_>) -> Result<Listing, ApiError> {
        Ok(Listing { order: Order::OldestFirst, ..Listing::default() })
    }

    fn derived(&self, field: &str, item: &Object, _view: View<'_>) -> Option<Value> {
        (field == "group_id").then(|| item.get("rbac_group_id").cloned().unwrap_or_default())
    }

    fn hides(&self, field: &str, view: View<'_>) -> bool {
        field == "group_id" && !view.version.has_dropped_fields()
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        let (group, user) = (text(new, "group_id").to_owned(), text(new, "user_id"));
        Groups::may_change(view.store, &group)?;
        let Some(member) = view.store.item(Members::PATH, user) else {
            return Err(ApiError::not_found(format!("No user with id '{user}' was found.")));
        };
        if view.store.item(&Groups::members_of(&group), user).is_some() {
            return Err(ApiError::invalid("This person is a member of the group already."));
        }
        let email = member.get("email").cloned().unwrap_or_default();
        new.insert("email".to_owned(), email);
        new.insert("rbac_group_id".to_owned(), group.into());
        Ok(())
    }

    fn before_delete(&self, item: &Object, view: View<'_>) -> Result<Deletion, ApiError> {
        Groups::may_change(view.store, text(item, "rbac_group_id")).map(|()| Deletion::Remove)
    }
}

impl Roles {
    pub(crate) const PATH: &'static str = path_of!("roles.list");

    /// The path of the permissions of a role.
    pub(crate) fn permissions_of(role: &str) -> String {
        RolePermissions::PATH.replace("{}", role)
    }

    /// Marks a role of owners in the store. No reply contains it.
    pub(crate) const OWNER_MARK: &'static str = "is_of_owners";

    fn exist(view: View<'_>) -> Result<(), ApiError> {
        match view.caller.organization {
            OrganizationKind::Console => Err(refusal("organization_type_not_supported")),
            _ => Ok(()),
        }
    }
}

impl Rules for Roles {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn allows(&self, _target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<(), ApiError> {
        Self::exist(view)
    }

    fn not_found_code(&self) -> Option<&'static str> {
        Some("rbac_role_not_found")
    }

    fn derived(&self, field: &str, item: &Object, _view: View<'_>) -> Option<Value> {
        (field == "name").then(|| item.get("display_name").cloned().unwrap_or_default())
    }

    fn hides(&self, field: &str, view: View<'_>) -> bool {
        field == "name" && !view.version.has_dropped_fields()
    }
}

impl RolePermissions {
    const PATH: &'static str = path_of!("roles.permissions");
}

impl Rules for RolePermissions {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn allows(&self, _target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<(), ApiError> {
        Roles::exist(view)
    }

    fn listing(&self, _target: &Target<'_>, _query: &Query, _view: View<'_>) -> Result<Listing, ApiError> {
        Ok(Listing { order: Order::OldestFirst, ..Listing::default() })
    }
}

//! Places in workspaces.
//!
//! Org admins and billing users have an inherited place in every workspace. Such places are stored like others, so
//! lists and pages need no special case. Two fields that no reply contains separate the assigned role from the
//! inherited role.

use super::{Deletion, Members, Rules, View, Workspaces, text};
use crate::Object;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) struct WorkspaceMembers;

/// The role that was assigned in the workspace.
const GIVEN: &str = "given_role";
/// The role that is inherited from the organization role.
const INHERITED: &str = "inherited_role";
/// The field in replies.
const ROLE: &str = "workspace_role";

const ADMIN: &str = "workspace_admin";
const BILLING: &str = "workspace_billing";

impl WorkspaceMembers {
    const PATH: &'static str = path_of!("workspace-members.list");

    /// The collection of one workspace.
    pub(crate) fn path_in(workspace: &str) -> String {
        Self::PATH.replace("{}", workspace)
    }

    /// Assigns a place in a workspace, or removes the assigned one.
    pub(crate) fn give(store: &mut Store, workspace: &str, user: &str, role: Option<&str>) {
        Self::change(store, workspace, user, GIVEN, role);
    }

    /// Updates the inherited places of a member for an organization role.
    pub(super) fn inherit_everywhere(store: &mut Store, user: &str, organization_role: &str) {
        for workspace in Self::workspaces(store) {
            Self::change(store, &workspace, user, INHERITED, inherited_role(organization_role));
        }
    }

    /// Adds the inherited places of members in one workspace.
    pub(crate) fn inherit_in(store: &mut Store, workspace: &str) {
        let heirs: Vec<(String, &str)> = store
            .items(Members::PATH)
            .filter_map(|member| Some((text(member, "id").to_owned(), inherited_role(text(member, "role"))?)))
            .collect();
        // The store returns the newest first. Places are added in the order in which members joined.
        for (user, role) in heirs.iter().rev() {
            Self::change(store, workspace, user, INHERITED, Some(role));
        }
    }

    pub(super) fn remove_everywhere(store: &mut Store, user: &str) {
        for workspace in Self::workspaces(store) {
            store.collection_mut(&Self::path_in(&workspace)).remove(user);
        }
    }

    fn workspaces(store: &Store) -> Vec<String> {
        store.items(Workspaces::PATH).map(|workspace| text(workspace, "id").to_owned()).collect()
    }

    /// Changes the assigned or the inherited role. A place without either is removed.
    fn change(store: &mut Store, workspace: &str, user: &str, which: &str, role: Option<&str>) {
        let places = store.collection_mut(&Self::path_in(workspace));
        let mut place = places.get(user).cloned().unwrap_or_else(|| {
            Object::from_iter([("user_id".to_owned(), user.into()), ("workspace_id".to_owned(), workspace.into())])
        });
        place.insert(which.to_owned(), role.into());
        match effective_role(text(&place, GIVEN), text(&place, INHERITED)) {
            "" => {
                places.remove(user);
            }
            role => {
                let role = role.to_owned();
                place.insert(ROLE.to_owned(), role.into());
                places.insert(user, place);
            }
        }
    }
}

impl Rules for WorkspaceMembers {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        let (workspace, user) = (text(new, "workspace_id"), text(new, "user_id"));
        Workspaces::is_live(view.store, workspace)?;
        if view.store.item(Members::PATH, user).is_none() {
            return Err(ApiError::invalid(format!("user_id: '{user}' is not a member of the organization")));
        }
        if view.store.item(&Self::path_in(workspace), user).is_some() {
            return Err(ApiError::invalid("This person is a member of the workspace already."));
        }
        let role = new.get(ROLE).cloned();
        new.insert(GIVEN.to_owned(), role.unwrap_or_default());
        Ok(())
    }

    fn before_update(&self, item: &Object, changes: &mut Object, view: View<'_>) -> Result<(), ApiError> {
        Workspaces::is_live(view.store, text(item, "workspace_id"))?;
        let (inherited, wanted) = (text(item, INHERITED), text(changes, ROLE));
        if wanted == BILLING && inherited != BILLING {
            return Err(ApiError::invalid(format!(
                "{ROLE}: '{BILLING}' cannot be given; billing users of the organization have it by inheritance"
            )));
        }
        if effective_role(wanted, inherited) != wanted {
            return Err(ApiError::invalid(
                "This role is inherited from the organization role and cannot be lowered in a workspace.",
            ));
        }
        // An inherited role is not also assigned. Otherwise it would remain after the organization role changes.
        let given = if wanted == inherited { Value::Null } else { json!(wanted) };
        changes.insert(GIVEN.to_owned(), given);
        Ok(())
    }

    fn before_delete(&self, item: &Object, view: View<'_>) -> Result<Deletion, ApiError> {
        Workspaces::is_live(view.store, text(item, "workspace_id"))?;
        if !text(item, INHERITED).is_empty() {
            return Err(ApiError::invalid(
                "Members who inherit their place from the organization role cannot be removed from a workspace.",
            ));
        }
        Ok(Deletion::Remove)
    }
}

/// The workspace role that an organization role includes.
fn inherited_role(organization_role: &str) -> Option<&'static str> {
    match organization_role {
        "admin" => Some(ADMIN),
        "billing" => Some(BILLING),
        _ => None,
    }
}

/// The effective role: the inherited one, unless a role above billing was assigned.
fn effective_role<'r>(given: &'r str, inherited: &'r str) -> &'r str {
    match (given, inherited) {
        (given, "") => given,
        (ADMIN, _) => ADMIN,
        (_, inherited) => inherited,
    }
}

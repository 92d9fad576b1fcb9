//! The names of members and of workspaces.

use crate::pages::{Listed, by_id};
use crate::world::claude::admin::users::{self, User};
use crate::world::claude::admin::workspaces::{self, Workspace};
use std::collections::BTreeMap;

/// Every member.
pub(crate) fn members() -> Result<Vec<User>, String> {
    by_id("The list of members", |page| {
        let found = users::list(None, &[], page)?;
        Ok(Listed { data: found.data, has_more: found.has_more, last_id: found.last_id })
    })
}

/// Every workspace; archived ones too if `archived` is set.
pub(crate) fn workspaces(archived: bool) -> Result<Vec<Workspace>, String> {
    by_id("The list of workspaces", |page| {
        let found = workspaces::list(&[], archived.then_some(true), None, page)?;
        Ok(Listed { data: found.data, has_more: found.has_more, last_id: found.last_id })
    })
}

/// The name of a workspace, else its ID.
pub(crate) fn workspace_name(workspace: &Workspace) -> String {
    workspace.name.clone().unwrap_or_else(|| workspace.id.clone())
}

/// The names of all workspaces by ID.
pub(crate) fn workspace_names() -> Result<BTreeMap<String, String>, String> {
    Ok(workspaces(true)?.into_iter().map(|workspace| (workspace.id.clone(), workspace_name(&workspace))).collect())
}

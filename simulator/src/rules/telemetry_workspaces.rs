//! The workspaces on the list of a telemetry destination.

use super::{Rules, View, Workspaces, kind, text};
use crate::Object;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::operation::Operation;
use crate::query::Query;
use crate::routes::Target;
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) struct TelemetryWorkspaces;

impl TelemetryWorkspaces {
    /// The maximum number of workspaces in a list.
    pub(super) const LIMIT: usize = 1000;

    const PATH: &'static str = path_of!("telemetry-workspaces.list");

    /// The path of the list of a destination.
    pub(super) fn of(destination: &str) -> String {
        Self::PATH.replace("{}", destination)
    }

    pub(crate) fn put(store: &mut Store, destination: &str, workspace: &str, at: &str) {
        let entry = json!({ "telemetry_destination_id": destination, "workspace_id": workspace, "created_at": at });
        if let Value::Object(entry) = entry {
            store.collection_mut(&Self::of(destination)).insert(workspace, entry);
        }
    }

    pub(super) fn full() -> ApiError {
        ApiError::invalid(format!("A destination can list at most {} workspaces.", Self::LIMIT))
    }
}

impl Rules for TelemetryWorkspaces {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    /// A destination for all workspaces has no list to change.
    fn allows(&self, target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<(), ApiError> {
        let destination = target.parents.first().and_then(|parent| view.store.item(&parent.path, &parent.key));
        let covers_all = destination.is_some_and(|destination| kind(destination, "workspaces") == "all");
        if covers_all && *target.operation != Operation::List {
            return Err(ApiError::invalid("This destination covers every workspace and has no list."));
        }
        Ok(())
    }

    fn puts(&self) -> bool {
        true
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        let workspace = text(new, "workspace_id");
        if view.store.item(Workspaces::PATH, workspace).is_none() {
            return Err(ApiError::not_found(format!("No workspace with id '{workspace}' was found.")));
        }
        Workspaces::is_live(view.store, workspace)?;
        let destination = text(new, "destination_id").to_owned();
        if view.store.collection(&Self::of(&destination)).is_some_and(|list| list.len() >= Self::LIMIT) {
            return Err(Self::full());
        }
        new.insert("telemetry_destination_id".to_owned(), destination.into());
        Ok(())
    }
}

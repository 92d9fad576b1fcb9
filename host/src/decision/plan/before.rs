//! The state of what a write is done to, read before it is decided on.

use crate::audit::redact_json;
use crate::command::{Arguments, Invocation};
use claude_admin_catalog::{Action, Catalog, Method, Place, Types};
use claude_admin_chat::cap::cap_large;
use claude_admin_chat::document::without_secrets;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a write is done to, as it was when the plan was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Before {
    /// The API has no way to show it: a thing that is made has no state before.
    Nothing,
    /// Whoever asks may not read it, so that nobody looked.
    NotAllowed {
        /// The action that would have read it.
        action: String,
    },
    /// As it was.
    Read {
        /// The action that read it.
        action: String,
        /// The value, with the API's own field names; secrets are taken out.
        value: Value,
    },
}

/// Finds the action that shows what a write is done to: the `GET` whose path is the longest beginning of the path of the
/// write, and names something in it.
#[must_use]
pub fn before_action<'c>(catalog: &'c Catalog, action: &Action) -> Option<&'c Action> {
    let path = action.http.path.segments();
    let shows = |candidate: &&Action| {
        candidate.http.method == Method::Get
            && candidate.paging.is_none()
            && !candidate.sensitive
            && candidate.http.path.params().next().is_some()
            && path.starts_with(candidate.http.path.segments())
            && candidate.result.as_ref().is_some_and(|result| catalog.types.record(result).is_some())
    };
    catalog.actions.iter().filter(shows).max_by_key(|candidate| candidate.http.path.segments().len())
}

/// Whether what is read before a write is the very thing that it changes, and not what that stands in: a new member of a
/// workspace changes nothing of the workspace itself.
#[must_use]
pub fn reads_the_target(catalog: &Catalog, action: &Action) -> bool {
    let path = &action.http.path;
    let is_collection = |candidate: &&Action| candidate.http.method == Method::Get && candidate.http.path == *path;
    before_action(catalog, action).is_some_and(|before| {
        let shows_it = before.http.path == *path;
        shows_it || !catalog.actions.iter().any(|candidate| is_collection(&candidate))
    })
}

/// The invocation that reads what a write is done to.
pub(in crate::decision) fn read_before(catalog: &Catalog, action: &Action, write: &Invocation) -> Option<Invocation> {
    let read = before_action(catalog, action)?;
    let mut arguments = Arguments::new();
    for input in read.inputs.iter().filter(|input| input.place == Place::Path) {
        arguments.insert(input.name.clone(), write.arguments.get(&input.name)?.clone());
    }
    Some(Invocation { action: read.id.clone(), arguments })
}

impl Before {
    /// What was read, where anything was.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Read { value, .. } => Some(value),
            Self::Nothing | Self::NotAllowed { .. } => None,
        }
    }

    /// What an action read.
    pub(in crate::decision) fn read(types: &Types, action: &Action, value: &Value) -> Self {
        // What is recorded is redacted; the plan must be the same before and after.
        let mut value = redact_json(without_secrets(types, action, value).into_owned());
        cap_large(&mut value);
        Self::Read { action: action.id.clone(), value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::catalog;

    #[test]
    fn a_write_finds_the_read_that_shows_its_target() {
        let catalog = catalog();
        let found = |id: &str| before_action(catalog, catalog.action(id).unwrap()).map(|read| read.id.as_str());
        assert_eq!(found("users.remove"), Some("users.get"));
        assert_eq!(found("api-keys.update"), Some("api-keys.get"));
        assert_eq!(found("workspaces.archive"), Some("workspaces.get"));
        assert_eq!(found("workspace-members.remove"), Some("workspace-members.get"));
        assert_eq!(found("workspace-members.add"), Some("workspaces.get"));
        assert_eq!(found("invites.create"), None);
    }

    #[test]
    fn a_read_of_what_a_thing_stands_in_does_not_tell_whether_it_was_done() {
        let catalog = catalog();
        let tells = |id: &str| reads_the_target(catalog, catalog.action(id).unwrap());
        assert!(tells("users.remove") && tells("api-keys.update") && tells("workspaces.archive"));
        assert!(!tells("workspace-members.add") && !tells("invites.create"));
    }

    #[test]
    fn every_write_that_names_something_can_be_read_before() {
        let catalog = catalog();
        for action in catalog.actions.iter().filter(|action| action.writes()) {
            let names = action.http.path.params().next().is_some();
            // The API shows these only in a list.
            let shown = !["compliance-chats.delete", "compliance-code-artifacts.delete"].contains(&action.id.as_str());
            assert_eq!(before_action(catalog, action).is_some(), names && shown, "{}", action.id);
        }
    }
}

//! The state of the target of a write, read before the decision.

use super::difference::differences;
use claude_admin_audit::{Code, Difference, redact_json};
use claude_admin_catalog::{Action, Types};
use claude_admin_chat::cap::cap_large;
use claude_admin_chat::document::without_secrets;
use claude_admin_chat::strict_json::MAX_DEPTH;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The target of a write, as it was when the plan was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Before {
    /// The API cannot show the target: for example, an object that is created has no state before.
    Nothing,
    /// The requester cannot read the target, so it was not read.
    NotAllowed {
        /// The action that would have read it.
        action: String,
    },
    /// The target was read.
    Read {
        /// The action that read it.
        action: String,
        /// The value, with the field names of the API and without secrets.
        value: Value,
    },
}

impl Before {
    /// The value that was read, if there is one.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Read { value, .. } => Some(value),
            Self::Nothing | Self::NotAllowed { .. } => None,
        }
    }

    /// The value that an action read.
    pub(crate) fn read(types: &Types, action: &Action, value: &Value) -> Self {
        // The recorded value is redacted and can be read again. The plan must be the same before and after recording.
        let mut value = redact_json(without_secrets(types, action, value).into_owned());
        cap_large(&mut value);
        summarize_below(&mut value, MAX_DEPTH);
        Self::Read { action: action.id.clone(), value }
    }

    /// The value in a list. `read` would return the same value.
    pub(crate) fn listed(types: &Types, read: &Action, list: &Action, item: &Value) -> Self {
        match Self::read(types, read, item) {
            Self::Read { value, .. } => Self::Read { action: list.id.clone(), value },
            other => other,
        }
    }

    /// The differences to the state now. A list can leave out fields of an item, and these are not compared.
    pub(crate) fn differences(&self, now: &Self) -> Vec<Difference> {
        match (self, now) {
            (
                Self::Read { action, value: Value::Object(shown) },
                Self::Read { action: by, value: Value::Object(now) },
            ) if action != by => {
                let known = now.iter().filter(|(field, _)| shown.contains_key(*field));
                let known: Map<String, Value> = known.map(|(field, value)| (field.clone(), value.clone())).collect();
                differences(&Value::from(shown.clone()), &Value::from(known))
            }
            (Self::Read { value: shown, .. }, Self::Read { value: now, .. }) => differences(shown, now),
            (shown, now) if shown == now => Vec::new(),
            _ => vec![Difference::Other(Code::new("other-permission").into())],
        }
    }
}

/// Replaces a value that is nested too deeply to be recorded with a digest. So a change inside it is still a
/// difference.
fn summarize_below(value: &mut Value, levels: usize) {
    match value {
        Value::Array(_) | Value::Object(_) if levels == 0 => {
            let digest = format!("{:x}", Sha256::digest(value.to_string()));
            *value = Value::from(format!("[nested too deeply to be shown; SHA-256 {digest}]"));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| summarize_below(item, levels - 1)),
        Value::Object(members) => members.values_mut().for_each(|member| summarize_below(member, levels - 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use claude_admin_catalog::testing::catalog;

    #[test]
    fn a_write_finds_the_read_that_shows_its_target() {
        let catalog = catalog();
        let found = |id: &str| catalog.before_action(catalog.action(id).unwrap()).map(|read| read.id.as_str());
        assert_eq!(found("users.remove"), Some("users.get"));
        assert_eq!(found("api-keys.update"), Some("api-keys.get"));
        assert_eq!(found("workspaces.archive"), Some("workspaces.get"));
        assert_eq!(found("workspace-members.remove"), Some("workspace-members.get"));
        assert_eq!(found("workspace-members.add"), Some("workspaces.get"));
        assert_eq!(found("invites.create"), None);
    }

    #[test]
    fn read_of_the_parent_does_not_count_as_read_of_the_target() {
        let catalog = catalog();
        let tells = |id: &str| catalog.reads_the_target(catalog.action(id).unwrap());
        assert!(tells("users.remove") && tells("api-keys.update") && tells("workspaces.archive"));
        assert!(!tells("workspace-members.add") && !tells("invites.create"));
    }

    #[test]
    fn every_write_with_a_readable_target_has_a_before_action() {
        // These settings belong to the whole organization, and have no ID.
        const SETTINGS: [&str; 3] =
            ["compliance-settings.update", "managed-settings.update", "managed-settings.update-default"];
        let catalog = catalog();
        for action in catalog.actions.iter().filter(|action| action.writes()) {
            let names = action.http.path.params().next().is_some() || SETTINGS.contains(&action.id.as_str());
            // The API shows these only in a list.
            let shown = !["compliance-chats.delete", "compliance-code-artifacts.delete"].contains(&action.id.as_str());
            assert_eq!(catalog.before_action(action).is_some(), names && shown, "{}", action.id);
        }
    }
}

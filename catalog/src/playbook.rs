//! Playbooks, as users call them. They are not in the WIT text: the host adds those that it has loaded.

use serde::{Deserialize, Serialize};

/// A playbook: a job that reads, and proposes actions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaybookForm {
    /// The name: one word, or a noun and a verb.
    pub name: String,
    /// The job, as a phrase in the imperative.
    pub summary: String,
    /// The arguments. Required ones are also positional.
    pub parameters: Vec<PlaybookParameter>,
    /// SHA-256 of its component, in hexadecimal.
    pub digest: String,
}

/// An argument of a playbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaybookParameter {
    /// The name, in kebab case.
    pub name: String,
    /// The meaning, as a phrase.
    pub summary: String,
    /// Whether it must be given.
    pub required: bool,
    /// Whether it can have several values.
    pub repeats: bool,
    /// The allowed values; empty where any text is allowed.
    pub values: Vec<String>,
}

impl PlaybookForm {
    /// The group of all playbooks in policies: `Action::"playbook"`.
    pub const GROUP: &str = "playbook";

    /// The ID in policies and in the audit log, such as `playbooks.offboard`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("playbooks.{}", self.name.replace(' ', "."))
    }

    /// As a user types it: `offboard <who>… [--keys personal|keep]`.
    #[must_use]
    pub fn usage(&self) -> String {
        let mut usage = self.name.clone();
        for parameter in &self.parameters {
            let values = match parameter.values.is_empty() {
                true => parameter.name.to_uppercase().replace('-', "_"),
                false => parameter.values.join("|"),
            };
            let more = if parameter.repeats { "…" } else { "" };
            usage.push_str(&match parameter.required {
                true => format!(" <{}>{more}", parameter.name),
                false => format!(" [--{} {values}]{more}", parameter.name),
            });
        }
        usage
    }
}

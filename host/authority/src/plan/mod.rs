//! What would be done, before it is done: resolved targets, the state of the target, effect, risk, canonical command.
//!
//! An approval belongs to a plan, by its hash: whatever is different when it is to run is asked about again.

mod before;
mod difference;
mod futility;
mod impact;
mod lookup;
mod resolve;
mod secrets;

pub use before::Before;
pub use futility::{NOTHING_TO_CHANGE, Pointless, REFUSED_IN_THIS_STATE, code_of, outcome_of};
pub use impact::{Dependent, Dependents, DependentsFound, dependents};
pub use lookup::{Unlisted, list_invocation, read_items};
pub use resolve::{MAX_REFERENCES, ResolveError, Target, resolve};
pub use secrets::SecretArguments;

pub(super) use before::read_before;

use claude_admin_audit::{Difference, Entry};
use claude_admin_catalog::{Action, Types};
use claude_admin_chat::command::{Arguments, Invocation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What would be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The id of the action.
    pub action: String,
    /// The arguments, with every ID resolved and without secrets.
    pub arguments: Arguments,
    /// A digest of the secret arguments, under a key that ends with this process: the plan is about these values and no
    /// others, and nobody can guess them from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets: Option<String>,
    /// The command in its canonical form.
    pub command: String,
    /// Whether every page of a list is read, and not only one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// The columns that are shown of the result; the usual ones, where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// What it does, in a sentence.
    pub summary: String,
    /// What it brings about.
    pub effect: Option<String>,
    /// How much it can harm: the word of the WIT annotation.
    pub risk: String,
    /// Ids that were looked up.
    pub targets: Vec<Target>,
    /// What it is done to, as it is now.
    pub before: Before,
}

impl Plan {
    /// Says that an entry is about an operation with this plan.
    #[must_use]
    pub fn note(&self, operation: &str, entry: Entry) -> Entry {
        Entry {
            operation: Some(operation.to_owned()),
            action: Some(self.action.clone()),
            command: Some(self.command.clone()),
            resolved: self.targets.iter().map(Target::to_string).collect(),
            ..entry
        }
    }

    /// Makes the plan of an invocation.
    #[must_use]
    pub fn new(action: &Action, invocation: &Invocation, types: &Types, targets: Vec<Target>, before: Before) -> Self {
        let shown = invocation.shown(action, types);
        Self {
            action: action.id.clone(),
            secrets: (shown != *invocation).then(|| secrets::digest(&invocation.arguments)),
            arguments: shown.arguments,
            command: invocation.canonical(action, types),
            all: false,
            columns: Vec::new(),
            summary: action.summary().to_owned(),
            effect: action.effect_of(|name| invocation.arguments.get(name)).map(|effect| effect.text.clone()),
            risk: action.risk.to_string(),
            targets,
            before,
        }
    }

    /// Says how much of the result is wanted: every page of a list, and which columns.
    #[must_use]
    pub fn showing(mut self, all: bool, columns: &[String]) -> Self {
        if all {
            self.command.push_str(" --all");
        }
        if !columns.is_empty() {
            self.command.push_str(&format!(" --columns {}", columns.join(",")));
        }
        Self { all, columns: columns.to_vec(), ..self }
    }

    /// The invocation that the plan is about, without secrets.
    #[must_use]
    pub fn invocation(&self) -> Invocation {
        Invocation { action: self.action.clone(), arguments: self.arguments.clone() }
    }

    /// The SHA-256 of the plan as JSON with sorted names: 64 hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> String {
        // A plan is made of texts, maps and lists, which always have a JSON form.
        let mut json = serde_json::to_value(self).unwrap_or_default();
        json.sort_all_objects();
        format!("{:x}", Sha256::digest(json.to_string().as_bytes()))
    }

    /// What is different in another plan of the same command, for a person: `role: developer → billing`.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        let json = |plan: &Self| serde_json::to_value(plan).unwrap_or_default();
        difference::differences(&json(self), &json(other))
    }
}

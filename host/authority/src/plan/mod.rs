//! The plan of a command, before it runs: steps with resolved targets, the state of the target, effect, risk and
//! canonical command.
//!
//! An approval belongs to a plan, by its hash: a plan that is different when it is about to run needs a new decision.

mod before;
mod difference;
mod futility;
mod impact;
mod lookup;
mod read_before;
mod resolve;
mod secrets;
mod step;

pub use before::Before;
pub use futility::{NOTHING_TO_CHANGE, Pointless, REFUSED_IN_THIS_STATE, code_of, outcome_of};
pub use impact::{Dependent, Dependents, DependentsFound, dependents};
pub use lookup::{Unlisted, list_invocation, read_items};
pub use resolve::{MAX_REFERENCES, ResolveError, Target, resolve};
pub use secrets::SecretArguments;
pub use step::Step;

pub(crate) use read_before::before;

use claude_admin_audit::{Code, Difference, Entry};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A plan: steps, of which there is at least one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Recorded")]
pub struct Plan {
    steps: Vec<Step>,
}

/// A plan as it is recorded. Earlier versions recorded a plan of one step as that step.
#[derive(Deserialize)]
#[serde(untagged)]
enum Recorded {
    Steps { steps: Vec<Step> },
    One(Box<Step>),
}

/// A recorded plan without a step.
#[derive(Debug, thiserror::Error)]
#[error("a plan without a step")]
struct NoStep;

impl TryFrom<Recorded> for Plan {
    type Error = NoStep;

    fn try_from(recorded: Recorded) -> Result<Self, NoStep> {
        match recorded {
            Recorded::Steps { steps } if steps.is_empty() => Err(NoStep),
            Recorded::Steps { steps } => Ok(Self { steps }),
            Recorded::One(step) => Ok(Self::of(*step)),
        }
    }
}

impl Plan {
    /// A plan of one step.
    #[must_use]
    pub fn of(step: Step) -> Self {
        Self { steps: vec![step] }
    }

    /// The steps, in the order in which they run.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The first step, which is the only one of a command.
    #[must_use]
    pub fn first(&self) -> &Step {
        // No constructor makes a plan without one.
        &self.steps[0]
    }

    /// Adds to an entry the action of the plan, if it has one step.
    #[must_use]
    pub fn note(&self, operation: &str, entry: Entry) -> Entry {
        let entry = Entry { operation: Some(operation.to_owned()), ..entry };
        match &self.steps[..] {
            [only] => only.note(entry),
            _ => entry,
        }
    }

    /// The SHA-256 of the plan as JSON with sorted names: 64 hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> String {
        hash(self)
    }

    /// Whether a recorded hash is that of this plan. Earlier versions recorded the hash of the only step.
    #[must_use]
    pub fn has_hash(&self, recorded: &str) -> bool {
        self.hash() == recorded || matches!(&self.steps[..], [only] if hash(only) == recorded)
    }

    /// The differences to another plan for the same purpose: `role: developer → billing`.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        let json = |step: &Step| serde_json::to_value(step).unwrap_or_default();
        if self.steps.len() != other.steps.len() {
            return vec![Difference::Other(Code::new("other-steps").into())];
        }
        let pairs = self.steps.iter().zip(&other.steps);
        let differences = |(old, new): (&Step, &Step)| {
            let mut new = json(new);
            // Earlier versions did not record the operation.
            if let (None, Some(new)) = (old.operation, new.as_object_mut()) {
                new.remove("operation");
            }
            difference::differences(&json(old), &new)
        };
        pairs.flat_map(differences).collect()
    }
}

fn hash(value: &impl Serialize) -> String {
    // A plan is made of texts, maps and lists, which always have a JSON form.
    let mut json = serde_json::to_value(value).unwrap_or_default();
    json.sort_all_objects();
    format!("{:x}", Sha256::digest(json.to_string().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn recorded() -> serde_json::Value {
        json!({
            "action": "users.remove", "arguments": {"user-id": "user_1"}, "command": "users remove user_1", "summary": "s",
            "effect": null, "risk": "irreversible", "targets": [], "before": {"kind": "nothing"}
        })
    }

    #[test]
    fn plan_of_an_earlier_version_is_read_as_one_step() {
        let step: Step = serde_json::from_value(recorded()).unwrap();
        let old: Plan = serde_json::from_value(recorded()).unwrap();
        let new: Plan = serde_json::from_value(json!({ "steps": [recorded()] })).unwrap();
        assert_eq!((&old, &new), (&Plan::of(step.clone()), &old));
        assert_ne!(hash(&step), old.hash());
        assert!(old.has_hash(&hash(&step)) && old.has_hash(&old.hash()) && !old.has_hash(""));
        let two: Plan = serde_json::from_value(json!({ "steps": [recorded(), recorded()] })).unwrap();
        assert!(!two.has_hash(&hash(&step)) && !two.has_hash(&old.hash()));
        assert_eq!(old.differences(&two)[0].to_string(), "other-steps");
        assert!(serde_json::from_value::<Plan>(json!({ "steps": [] })).is_err());
    }
}

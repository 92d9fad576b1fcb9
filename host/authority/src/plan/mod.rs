//! The plan of a command, before it runs: steps with resolved targets, the state of the target, effect, risk and
//! canonical command.
//!
//! An approval belongs to a plan, by its hash: a plan that is different when it is about to run needs a new decision.

mod before;
mod difference;
mod fill;
mod futility;
mod impact;
mod lookup;
mod of_list;
mod read_before;
mod resolve;
mod secrets;
mod step;

pub use before::Before;
pub use fill::{Fill, Results};
pub use futility::{NOT_PERMITTED, NOTHING_TO_CHANGE, Pointless, REFUSED_IN_THIS_STATE, code_of, outcome_of};
pub use impact::{Dependent, Dependents, DependentsFound, dependents};
pub use lookup::{Unlisted, list_invocation, read_items};
pub use of_list::{ListError, of_list};
pub use resolve::{MAX_REFERENCES, ResolveError, Target, resolve};
pub use secrets::SecretArguments;
pub use step::{Selection, Step};

pub(crate) use lookup::Lookups;
pub(crate) use read_before::before;
pub(crate) use resolve::resolve_with;

use crate::policy::InPlaybook;
use claude_admin_audit::{Cause, Code, Difference, Entry};
use claude_admin_chat::command::Invocation;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// A plan: steps, of which there is at least one. Optional steps are part of it, and run only if they are selected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Recorded")]
pub struct Plan {
    steps: Vec<Step>,
    /// Commands of the same request that are not steps, because they have nothing to change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unneeded: Vec<Unneeded>,
    /// The playbook that proposed the steps, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
}

/// The playbook that proposed the steps of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The name.
    pub playbook: String,
    /// SHA-256 of its component, in hexadecimal.
    pub digest: String,
    /// The command that ran it, in its canonical form.
    pub command: String,
    /// The result in a few sentences, as the playbook wrote it.
    pub summary: String,
}

impl Origin {
    /// The playbook with a number of steps, as policies see it.
    #[must_use]
    pub fn with_steps(&self, steps: usize) -> InPlaybook {
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        InPlaybook { name: self.playbook.clone(), digest: self.digest.clone(), steps }
    }
}

/// A requested command that has nothing to change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unneeded {
    /// The command in its canonical form.
    pub command: String,
    /// The reason.
    pub why: Cause,
}

/// A plan as it is recorded. Earlier versions recorded a plan of one step as that step.
#[derive(Deserialize)]
#[serde(untagged)]
enum Recorded {
    Steps {
        steps: Vec<Step>,
        #[serde(default)]
        unneeded: Vec<Unneeded>,
        #[serde(default)]
        origin: Option<Origin>,
    },
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
            Recorded::Steps { steps, unneeded, origin } => Self::of_several(steps, unneeded, origin).ok_or(NoStep),
            Recorded::One(step) => Ok(Self::of(*step)),
        }
    }
}

impl Plan {
    /// The playbook that proposed the steps, as policies see it.
    #[must_use]
    pub fn in_playbook(&self) -> Option<InPlaybook> {
        self.origin.as_ref().map(|origin| origin.with_steps(self.steps().count()))
    }

    /// A plan of one step.
    #[must_use]
    pub fn of(step: Step) -> Self {
        Self { steps: vec![step], unneeded: Vec::new(), origin: None }
    }

    /// A plan of several steps; none if there is no step.
    #[must_use]
    pub fn of_several(steps: Vec<Step>, unneeded: Vec<Unneeded>, origin: Option<Origin>) -> Option<Self> {
        (!steps.is_empty()).then_some(Self { steps, unneeded, origin })
    }

    /// The playbook that proposed the steps, if one did.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// Commands of the same request that are not steps, because they have nothing to change.
    #[must_use]
    pub fn unneeded(&self) -> &[Unneeded] {
        &self.unneeded
    }

    /// The only step; none if there are several, or if a playbook proposed it.
    #[must_use]
    pub fn only(&self) -> Option<&Step> {
        match &self.steps[..] {
            [only] if self.origin.is_none() => Some(only),
            _ => None,
        }
    }

    /// The command, in its canonical form: that of the playbook, if one proposed the steps. For several steps without a
    /// playbook: the actions, each with the number of its steps.
    #[must_use]
    pub fn command(&self) -> String {
        match self.only() {
            Some(only) => only.command.clone(),
            None if self.origin.is_some() => {
                self.origin.as_ref().map(|origin| origin.command.clone()).unwrap_or_default()
            }
            None => {
                let actions = self.actions().into_iter();
                let counted = actions.map(|(action, count)| format!("{} ({count})", action.replace('.', " ")));
                counted.collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// The IDs of the actions of the steps that run, in the order in which they occur, each with the number of its steps.
    #[must_use]
    pub fn actions(&self) -> Vec<(&str, usize)> {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for step in self.steps() {
            match counts.iter_mut().find(|(action, _)| *action == step.action) {
                Some((_, count)) => *count += 1,
                None => counts.push((&step.action, 1)),
            }
        }
        counts
    }

    /// A step by its number, from 1.
    #[must_use]
    pub fn step(&self, number: u32) -> Option<&Step> {
        self.steps.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// The steps that run, with their numbers.
    pub fn numbered(&self) -> impl Iterator<Item = (u32, &Step)> {
        self.all_numbered().filter(|(_, step)| step.selection != Selection::Offered)
    }

    /// The steps that run, in this order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.numbered().map(|(_, step)| step)
    }

    /// Every step with its number, from 1. Optional ones that are not selected are among them.
    pub fn all_numbered(&self) -> impl Iterator<Item = (u32, &Step)> {
        (1..).zip(&self.steps)
    }

    /// The numbers of the optional steps.
    pub fn options(&self) -> impl Iterator<Item = u32> {
        self.all_numbered().filter(|(_, step)| step.selection != Selection::Required).map(|(number, _)| number)
    }

    /// The numbers of the optional steps that are selected.
    pub fn selected(&self) -> impl Iterator<Item = u32> {
        self.all_numbered().filter(|(_, step)| step.selection == Selection::Selected).map(|(number, _)| number)
    }

    /// The plan with these optional steps, and no others, selected.
    ///
    /// # Errors
    ///
    /// The first number that is not an optional step.
    pub fn selecting(&self, numbers: &BTreeSet<u32>) -> Result<Self, u32> {
        let is_optional = |number: &u32| self.step(*number).is_some_and(|step| step.selection != Selection::Required);
        if let Some(wrong) = numbers.iter().find(|number| !is_optional(number)) {
            return Err(*wrong);
        }
        let select = |(number, step): (u32, &Step)| {
            let selection = match (step.selection, numbers.contains(&number)) {
                (Selection::Required, _) => Selection::Required,
                (_, true) => Selection::Selected,
                (_, false) => Selection::Offered,
            };
            Step { selection, ..step.clone() }
        };
        Ok(Self { steps: self.all_numbered().map(select).collect(), ..self.clone() })
    }

    /// The plan in which a step has the arguments of an invocation.
    pub(crate) fn with_arguments(mut self, step: &Step, invocation: &Invocation) -> Self {
        if let Some(found) = self.steps.iter_mut().find(|one| *one == step) {
            found.arguments.clone_from(&invocation.arguments);
        }
        self
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
        match self.only() {
            Some(only) => only.note(entry),
            None => entry,
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
        self.hash() == recorded || self.only().is_some_and(|only| hash(only) == recorded)
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

//! One policy that was read.

use super::requirement::Demands;
use cedar_policy::{Effect, Policy};

/// One policy, with the parts of its text that are needed later.
#[derive(Debug)]
pub(super) struct LoadedPolicy {
    /// The value of `@id`, or `policy at line N`.
    pub(super) id: String,
    /// The line where it begins, from 1.
    pub(super) line: usize,
    /// The value of `@description`.
    pub(super) description: Option<String>,
    /// The requirements of its annotations.
    pub(super) demands: Demands,
    /// The texts of its `when` and `unless` clauses.
    pub(super) conditions: Vec<ConditionText>,
    /// Whether it permits only as a part of a playbook.
    pub(super) delegates: bool,
    /// The policy itself.
    pub(super) cedar: Policy,
}

/// The text of a `when` or `unless` clause.
#[derive(Debug)]
pub(super) struct ConditionText {
    /// Whether it is a `when` clause.
    pub(super) when: bool,
    /// The complete text, with the word and the braces.
    pub(super) text: String,
    /// The groups that it names.
    pub(super) groups: Vec<String>,
    /// The users that it names.
    pub(super) users: Vec<String>,
}

impl LoadedPolicy {
    /// Whether it permits, and not only as a part of a playbook.
    pub(super) fn permits(&self) -> bool {
        self.cedar.effect() == Effect::Permit && !self.delegates
    }
}

//! The types of the exports of a playbook.

use wasmtime::component::{ComponentType, Lift};

/// The interface that a playbook exports.
pub(super) const INTERFACE: &str = "claude:playbook/playbooks@0.1.0";

/// An argument of a playbook.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift)]
#[component(record)]
pub struct Parameter {
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

/// The description of a playbook.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift)]
#[component(record)]
pub struct Manifest {
    /// The name: one word, or a noun and a verb.
    pub name: String,
    /// The job, as a phrase in the imperative.
    pub summary: String,
    /// The arguments.
    pub parameters: Vec<Parameter>,
}

/// An action that a playbook proposes.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift)]
#[component(record)]
pub struct ProposedStep {
    /// The name of the step in its proposal.
    pub id: String,
    /// The ID of the action.
    pub action: String,
    /// The arguments by the name of their input, as a JSON object.
    pub arguments: String,
    /// The reason for the step, as a phrase.
    pub why: String,
    /// Whether it runs only if it is selected.
    pub optional: bool,
}

/// A table that is shown with the steps.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift)]
#[component(record)]
pub struct ProposedTable {
    /// The content, as a phrase.
    pub caption: String,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
}

/// The result of a playbook.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift)]
#[component(record)]
pub struct Proposal {
    /// The result in a few sentences.
    pub summary: String,
    /// The objects that were found.
    pub tables: Vec<ProposedTable>,
    /// The proposed actions.
    pub steps: Vec<ProposedStep>,
}

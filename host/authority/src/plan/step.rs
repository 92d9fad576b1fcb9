//! One step of a plan: one write, or one read that needs a decision.

use super::{Before, Fill, Target, secrets};
use claude_admin_audit::{Effect, Entry};
use claude_admin_catalog::Catalog;
use claude_admin_chat::command::{Arguments, Invocation};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The ID of the action.
    pub action: String,
    /// The arguments, with every ID resolved and without secrets.
    pub arguments: Arguments,
    /// A digest of the secret arguments, with a key that exists only in one process. The plan is about exactly these
    /// values, and they cannot be guessed from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets: Option<String>,
    /// The command in its canonical form.
    pub command: String,
    /// Whether every page of a list is read, and not only one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// The columns of the result that are shown; the default ones if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The summary of the action, in a sentence.
    pub summary: String,
    /// The consequences, in a sentence.
    pub effect: Option<String>,
    /// The effect on the objects of the API; none in a step of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Effect>,
    /// The risk: the word of the WIT annotation.
    pub risk: String,
    /// IDs that were looked up.
    pub targets: Vec<Target>,
    /// The target as it is now.
    pub before: Before,
    /// The reason for the step, as a playbook wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Arguments whose values are in the results of earlier steps. Until then, they are shown as `{step 1: id}`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fills: Vec<Fill>,
    /// Whether the step runs.
    #[serde(default, skip_serializing_if = "Selection::is_required")]
    pub selection: Selection,
}

/// Whether a step of a plan runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// It runs.
    #[default]
    Required,
    /// It is optional, and does not run.
    Offered,
    /// It is optional, and was selected: it runs.
    Selected,
}

impl Selection {
    fn is_required(&self) -> bool {
        *self == Self::Required
    }
}

impl Step {
    /// Creates the step of an invocation.
    #[must_use]
    pub fn new(catalog: &Catalog, invocation: &Invocation, targets: Vec<Target>, before: Before) -> Self {
        let (action, types) = (&invocation.action, &catalog.types);
        let shown = invocation.shown(types);
        Self {
            action: action.id.clone(),
            secrets: (shown != *invocation).then(|| secrets::digest(&invocation.arguments)),
            arguments: shown.arguments,
            command: invocation.canonical(types),
            all: false,
            columns: Vec::new(),
            summary: action.summary().to_owned(),
            effect: action.effect_of(|name| invocation.arguments.get(name)).map(|effect| effect.text.clone()),
            operation: Some(Effect::of(catalog, action)),
            risk: action.risk.to_string(),
            targets,
            before,
            why: None,
            fills: Vec::new(),
            selection: Selection::Required,
        }
    }

    /// Sets the part of the result that is wanted: every page of a list, and the columns.
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

    /// The invocation of the step, without secrets; none if the component does not have its action.
    #[must_use]
    pub fn invocation(&self, catalog: &Catalog) -> Option<Invocation> {
        let action = Arc::clone(catalog.action(&self.action)?);
        Some(Invocation { action, arguments: self.arguments.clone() })
    }

    /// Adds to an entry the action of the step.
    #[must_use]
    pub fn note(&self, entry: Entry) -> Entry {
        Entry {
            action: Some(self.action.clone()),
            effect: self.operation,
            command: Some(self.command.clone()),
            resolved: self.targets.iter().map(Target::to_string).collect(),
            ..entry
        }
    }
}

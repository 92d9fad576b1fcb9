//! A proposal while it is written.

use crate::world::exports::claude::playbook::playbooks::{Proposal, Step, Table};
use serde_json::{Map, Value};

/// A proposal while it is written.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    summary: Vec<String>,
    tables: Vec<Table>,
    steps: Vec<Step>,
}

impl Draft {
    /// Adds a sentence to the summary.
    pub(crate) fn say(&mut self, sentence: impl Into<String>) {
        self.summary.push(sentence.into());
    }

    /// Adds a table, if it has rows.
    pub(crate) fn table(&mut self, caption: &str, columns: &[&str], rows: Vec<Vec<String>>) {
        if !rows.is_empty() {
            let columns = columns.iter().map(|column| (*column).to_owned()).collect();
            self.tables.push(Table { caption: caption.to_owned(), columns, rows });
        }
    }

    /// Adds a step.
    pub(crate) fn step(&mut self, action: &str, arguments: &[(&str, &str)], why: impl Into<String>) {
        let arguments = arguments.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
        self.step_with(action, arguments.collect(), why);
    }

    /// Adds a step with arguments of any type.
    pub(crate) fn step_with(&mut self, action: &str, arguments: Map<String, Value>, why: impl Into<String>) {
        self.steps.push(Step {
            id: format!("step-{}", self.steps.len() + 1),
            action: action.to_owned(),
            arguments: Value::Object(arguments).to_string(),
            why: why.into(),
            optional: false,
        });
    }

    /// Adds a step that runs only if it is selected.
    pub(crate) fn option(&mut self, action: &str, arguments: &[(&str, &str)], why: impl Into<String>) {
        self.step(action, arguments, why);
        if let Some(step) = self.steps.last_mut() {
            step.optional = true;
        }
    }

    /// The number of steps so far.
    pub(crate) fn steps(&self) -> usize {
        self.steps.len()
    }

    /// Whether it has no step.
    pub(crate) fn is_without_steps(&self) -> bool {
        self.steps.is_empty()
    }

    pub(crate) fn finish(self) -> Proposal {
        Proposal { summary: self.summary.join(" "), tables: self.tables, steps: self.steps }
    }
}

//! What was typed, before what stands for an id is looked up.

use super::value::any;
use super::{Invocation, Reference};
use claude_admin_catalog::{Action, Types};

/// An invocation in which addresses and mentions may still stand for ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The invocation; where `references` points, it holds the text that was written.
    pub invocation: Invocation,
    /// Texts that must be looked up, in the order of the inputs.
    pub references: Vec<Reference>,
}

impl Draft {
    /// Puts any value of its type where a required argument is missing, for a question that is about the others. Returns
    /// the names of what was missing.
    pub fn fill(&mut self, action: &Action, types: &Types) -> Vec<String> {
        let missing = self.invocation.missing(action);
        for input in &missing {
            self.invocation.arguments.insert(input.name.clone(), any(types, &input.ty, input.range));
        }
        missing.into_iter().map(|input| input.name.clone()).collect()
    }
}

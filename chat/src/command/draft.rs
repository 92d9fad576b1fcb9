//! A parsed command before its references are looked up.

use super::value::any;
use super::{Invocation, Reference};
use claude_admin_catalog::{Input, Types};

/// An invocation that can still contain addresses and mentions instead of IDs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The invocation. At the positions in `references`, it contains the original text.
    pub invocation: Invocation,
    /// Texts that must be looked up, in the order of the inputs.
    pub references: Vec<Reference>,
}

impl Draft {
    /// Fills each missing required argument with a value of its type, for a question about the other arguments. Returns
    /// the names of the missing arguments.
    pub fn fill(&mut self, types: &Types) -> Vec<String> {
        let missing: Vec<Input> = self.invocation.missing().into_iter().cloned().collect();
        for input in &missing {
            self.invocation.arguments.insert(input.name.clone(), any(types, &input.ty, input.range));
        }
        missing.into_iter().map(|input| input.name).collect()
    }
}

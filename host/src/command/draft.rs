//! What was typed, before what stands for an id is looked up.

use super::{Invocation, Reference};
use indexmap::IndexMap;

/// An invocation in which addresses and mentions may still stand for ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The invocation; an argument that is named in `references` holds what was written.
    pub invocation: Invocation,
    /// What must be looked up, by the name of its input.
    pub references: IndexMap<String, Reference>,
}

//! The description of the actions for programs: JSON Schema, derived from the catalog.

mod json_schema;
mod openapi;
mod tool;

#[cfg(test)]
mod tests;

pub use openapi::openapi;
pub use tool::{Tool, action_of, playbook_tool, tools};

use json_schema::{Direction, Schemas};

//! Playbooks: components that read and propose steps, and can do nothing else.
//!
//! A playbook imports functions of the WIT package that read. The caller handles each read, and decides whether the
//! user is permitted to read this. The proposal is data: this module runs none of its steps.

mod arguments;
mod engine;
mod error;
mod exports;
mod fit;
mod host_audit;
mod library;
mod load;
mod run;

pub use engine::{PlaybookEngine, PlaybookLimits};
pub use error::{PlaybookError, PlaybookLimit};
pub use exports::{Manifest, Parameter, Proposal, ProposedStep, ProposedTable};
pub use host_audit::AuditWrite;
pub use library::Library;
pub use load::Playbook;
pub use run::{Answer, AuditAnswer, Reads};

#[cfg(test)]
mod tests;

//! The reference host of claude-admin.
//!
//! A command passes these rooms, one after the other: a frontend proves who asks, [`command`] reads it, [`decision`]
//! decides and has it decided, [`sandbox`] runs the component, [`egress`] lets out the one request that the action
//! declares, [`document`] holds the result and [`render`] writes it. Every step leaves a record in [`audit`], which
//! [`store`] keeps. [`service`] is the corridor that connects them. [`contract`] tells programs what can be asked for.

pub mod audit;
pub mod config;
pub mod conformance;
pub mod contract;
pub mod decision;
pub mod document;
pub mod egress;
pub mod embedded;
pub mod frontend;
mod operation_id;
mod private_folder;
pub mod render;
pub mod sandbox;
pub mod service;
pub mod store;
#[cfg(test)]
mod test_support;

pub use claude_admin_chat::{Choice, command, identity};

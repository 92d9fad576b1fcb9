//! The reference host of claude-admin.
//!
//! A command passes these rooms, one after the other: a frontend proves who asks, [`command`] reads it, [`decision`]
//! decides and has it decided, [`sandbox`] runs the component, [`egress`] lets out the one request that the action
//! declares, [`document`] holds the result and [`render`] writes it. Every step leaves a record in [`audit`], which
//! [`store`] keeps. [`service`] is the corridor that connects them. [`contract`] tells programs what can be asked for.

pub mod conformance;
pub mod contract;
pub mod document;
pub mod frontend;
pub mod render;
pub mod service;

pub use claude_admin_audit::{self as audit, store};
pub use claude_admin_authority as decision;
pub use claude_admin_chat::{Choice, command, identity};
pub use claude_admin_runtime::{egress, embedded, sandbox};

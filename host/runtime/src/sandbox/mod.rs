//! The component: loaded once, called within limits, in a fresh instance each time unless the operator says otherwise.
//!
//! [`Plugin::call`] takes only an [`Authorized`](claude_admin_authority::Authorized) invocation, and everything that the
//! component sends passes the egress rule of that invocation.

mod call;
mod compiled;
mod engine;
mod error;
mod instance;
mod instance_pool;
mod interface_check;
mod limits;
mod plugin;
mod slots;
mod values;

pub use claude_admin_authority::execute::{Answer, CallError, Held, LimitKind, Misreport};
pub use engine::{Sandbox, SandboxError};
pub use error::LoadError;
pub use limits::{Isolation, Limits, after};
pub use plugin::{ALLOWED_IMPORTS, Export, Plugin, catalog_of, check_digest, digest};
pub use values::{from_val, to_val};

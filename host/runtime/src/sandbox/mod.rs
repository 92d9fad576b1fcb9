//! The component: loaded once, called within limits, in a new instance for each call unless the host administrator
//! configures another isolation.
//!
//! [`Plugin::call`] requires an [`Authorized`](claude_admin_authority::Authorized) invocation. Everything that the
//! component sends is checked against the expected request of that invocation.

mod call;
pub(crate) mod compiled;
pub(crate) mod engine;
mod error;
mod instance;
mod instance_pool;
mod interface_check;
pub(crate) mod limits;
mod plugin;
mod slots;
mod values;

pub(crate) use call::is_copy_limit;
pub use claude_admin_authority::execute::{Answer, CallError, Held, LimitKind, Misreport};
pub use engine::{Sandbox, SandboxError};
pub use error::LoadError;
pub use limits::{Isolation, Limits, after};
pub use plugin::{ALLOWED_IMPORTS, Export, Plugin, catalog_of, check_digest, digest};
pub use values::{from_val, to_val};

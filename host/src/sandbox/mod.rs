//! The component: loaded once, called within limits, in a fresh instance each time unless the operator says otherwise.
//!
//! [`Plugin::call`] takes only an [`Authorized`](crate::decision::Authorized) invocation, and everything that the
//! component sends passes the egress rule of that invocation.

mod call;
mod compiled;
mod engine;
mod error;
mod held;
mod instance;
mod interface_check;
mod kept;
mod limits;
mod plugin;
mod slots;
mod values;

pub use call::Answer;
pub use engine::{Sandbox, SandboxError};
pub use error::{CallError, LoadError, Misreport};
pub use held::Held;
pub(crate) use limits::after;
pub use limits::{Isolation, LimitKind, Limits};
pub use plugin::{ALLOWED_IMPORTS, Export, Plugin, catalog_of, check_digest, digest};
pub use values::{from_val, to_val};

//! The decision: is this user permitted to run this command here, and were all required decisions made?
//!
//! [`policy`] contains the permissions and requirements. [`plan`] describes exactly what a command would do.
//! [`operation`] has the pending, running and ended operations. [`approval`] decides them. Only this crate can
//! construct an [`Authorized`] value, and it cannot run a command: the runtime implements [`execute::Execute`], which
//! accepts no other value.

pub mod approval;
pub mod cause;
mod decider;
pub mod execute;
mod live_policy;
pub mod operation;
pub mod operation_id;
pub mod plan;
mod policy_state;
mod reader;

pub use approval::Authorized;
pub use claude_admin_policy::{self as policy, directory, groups, people};
pub use decider::{Decider, Person};
pub use live_policy::{Change, LivePolicy};
pub use policy_state::PolicyState;
pub use reader::Reader;

//! The decision: may this person do this here, and has everything been decided that must be?
//!
//! [`policy`] says who may do what and what it takes; [`plan`] says what exactly would be done; [`operation`] knows what
//! waits, runs and ended; [`approval`] settles it. This is the one crate that makes an [`Authorized`] value, and it cannot
//! run anything: whoever does implements [`execute::Execute`], which takes nothing else.

pub mod approval;
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

//! The decision: may this person do this here, and has everything been decided that must be?
//!
//! [`policy`] says who may do what and what it takes; [`plan`] says what exactly would be done; [`operation`] knows what
//! waits, runs and ended; [`approval`] settles it. Nothing is executed without them: this is the one place where an
//! [`Authorized`] value comes from, and the sandbox takes nothing else.

pub mod approval;
mod decider;
pub mod directory;
pub mod groups;
pub mod operation;
pub mod plan;
pub mod policy;
mod reader;

pub use approval::Authorized;
pub use decider::{Decider, Person};
pub use reader::Reader;

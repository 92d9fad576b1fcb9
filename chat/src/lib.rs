//! What people and programs say to an administrator, and how the answer is written.
//!
//! [`slack`] proves who asks, [`command`] reads what was typed into an action with checked arguments, [`document`] holds
//! what came of it, and [`render`] writes that. Nothing here does anything: there is no clock, no network and no file, so
//! that all of it runs in a host and inside a component alike. What there is to be done comes from the catalog.

mod answer;
pub mod cap;
mod choice;
pub mod command;
pub mod document;
mod effect;
pub mod identity;
pub mod operation_id;
mod outcome;
pub mod paging;
pub mod render;
mod secret_text;
pub mod slack;
pub mod strict_json;
#[cfg(test)]
mod test_support;

pub use answer::Answer;
pub use choice::Choice;
pub use effect::{CHANGED_NOTHING, Changed, Effect, Exchange, NO_CHANGES_YET, Report, retry_after};
pub use outcome::{Outcome, is_gone, is_missing};
pub use secret_text::{find_secret, replace_secrets};

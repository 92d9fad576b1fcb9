//! The commands of an administrator, from people and programs, and the output of their results.
//!
//! [`slack`] authenticates the requests of Slack. [`command`] parses a command into an action with checked arguments.
//! [`document`] contains the result, and [`render`] writes it. This crate has no side effects: it uses no clock, no
//! network and no file, so all of it runs in a host and inside a component. The catalog supplies the actions.

mod answer;
pub mod cap;
mod choice;
pub mod command;
pub mod document;
mod grouped;
pub mod help;
mod hidden;
pub mod identity;
pub mod operation_id;
mod outcome;
pub mod outside_text;
pub mod paging;
mod redact;
pub mod render;
pub mod retry_after;
pub mod slack;
pub mod strict_json;
#[cfg(test)]
mod test_support;
mod verdict;

pub use answer::Answer;
pub use choice::Choice;
pub use hidden::{find_hidden, is_hidden};
pub use outcome::{Outcome, is_gone, is_missing};
pub use redact::{find_secret, has_secret, redact_value, redacted, replace_secrets};
pub use verdict::{CHANGED_NOTHING, Changed, Exchange, NO_CHANGES_YET, Report, Verdict, wait_before_retry};

//! From what a person typed to an action with checked arguments.
//!
//! The signature is the grammar: the interface is the noun, the function the verb; required inputs are positional in
//! WIT order and may also be named; optional ones are flags; lists repeat or use commas; words of a set are bare.

mod arguments;
mod error;
mod help;
mod invocation;
mod normalize;
mod options;
mod parse;
mod secrets;
mod structured;
mod suggest;
mod token;
mod usage;
mod value;

pub use error::{CommandError, CommandErrorKind};
pub use help::{action_help, noun_help, overview};
pub use invocation::{Arguments, Invocation};
pub use options::{Format, Options};
pub use parse::{Command, HelpTopic, Markup, parse, parse_words};
pub use secrets::refuse as refuse_secrets;
pub use structured::from_json;
pub use usage::usage;

/// The most characters of a command.
pub const MAX_CHARS: usize = 3000;
/// The most words of a command.
pub const MAX_WORDS: usize = 200;

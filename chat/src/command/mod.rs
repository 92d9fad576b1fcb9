//! From the input of a person to an action with checked arguments.
//!
//! The signature is the grammar: the interface is the noun, the function the verb. Required inputs are positional in
//! WIT order and can also be named. Optional inputs are flags. Lists repeat or use commas. Allowed values need no
//! quotes.

mod arguments;
mod check;
mod complete;
mod condition;
mod draft;
mod error;
mod flag;
mod form;
mod format;
mod host_command;
mod invocation;
mod normalize;
mod options;
mod parse;
mod period;
mod playbook;
mod reason;
mod reference;
mod rows;
mod secrets;
mod several;
mod spell;
mod structured;
mod suggest;
mod time;
mod token;
mod usage;
mod value;

pub use complete::{Candidate, complete};
pub use condition::greatest;
pub use draft::Draft;
pub use error::{CommandError, CommandErrorKind, MissingArgument};
pub use flag::{FLAGS, Flag, FlagEffect, FlagKey, Sender};
pub use form::{Field, FieldKind, Form};
pub use host_command::{
    AuditCommand, AuditSearch, AuditVerb, HOST_COMMANDS, HostArgument, HostCommand, HostCommandForm, HostCommandInfo,
    HostCommandKey, HostFlag,
};
pub use invocation::{Arguments, Invocation};
pub(crate) use invocation::{quoted, spelled};
pub use options::{Format, Options};
pub use parse::{Command, HelpTopic, Markup, ReadFile, parse, parse_with, parse_words, parse_words_with};
pub use period::{before as period_before, read_span};
pub use playbook::{PlaybookCall, playbook_call, playbook_problem};
pub use reason::Reason;
pub use reference::{Reference, alternatives, described, folded, is_address, references, same_name};
pub use rows::MAX_FILE;
pub use secrets::{refuse as refuse_secrets, refuse_in as refuse_secrets_in};
pub use several::Several;
pub use structured::from_json;
pub use suggest::nearest;
pub use usage::usage;
pub(crate) use usage::{placeholder, short_usage};

/// The maximum number of characters of a command.
pub const MAX_CHARS: usize = 3000;
/// The maximum number of words of a command.
pub const MAX_WORDS: usize = 200;

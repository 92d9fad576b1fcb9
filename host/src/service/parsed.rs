//! A command that was read once: what frontend and service look at is the same.

use super::Service;
use crate::command::{self, Command, CommandError, HostCommand, HostCommandInfo, Markup, Options};
use serde_json::{Map, Value};

/// A command that was read, or the error why it was not.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// What was typed or sent.
    pub(super) typed: String,
    /// Whether it was sent with typed arguments.
    pub(super) is_typed: bool,
    /// The command.
    pub command: Result<Box<Command>, CommandError>,
}

impl Parsed {
    /// A command that a program calls by name. `typed` is the same as a user types it.
    #[must_use]
    pub fn new(typed: String, command: Command) -> Self {
        Self::of(typed, Ok(command))
    }

    fn of(typed: String, command: Result<Command, CommandError>) -> Self {
        Self { typed, is_typed: false, command: command.map(Box::new) }
    }
}

impl Service {
    /// Reads a line that a person typed.
    #[must_use]
    pub fn parse_line(&self, line: String, markup: Markup) -> Parsed {
        let command = command::parse(self.catalog(), &line, markup, self.api_now());
        Parsed::of(line, command)
    }

    /// Reads words that a shell has already split.
    #[must_use]
    pub fn parse_words(&self, words: &[String]) -> Parsed {
        Parsed::of(words.join(" "), command::parse_words(self.catalog(), words, self.api_now()))
    }

    /// Checks an action with its arguments.
    #[must_use]
    pub fn parse_action(&self, id: String, arguments: Map<String, Value>, options: Options) -> Parsed {
        let command = command::from_json(self.catalog(), &id, &arguments, self.api_now());
        let typed = format!("{id} {}", Value::Object(arguments));
        Parsed { is_typed: true, ..Parsed::of(typed, command.map(|draft| Command::Run(draft, options))) }
    }

    /// Reads the argument of a command of the host.
    #[must_use]
    pub fn parse_host_command(&self, info: &HostCommandInfo, argument: Option<&str>) -> Parsed {
        let command = HostCommand::with_argument(self.catalog(), info, argument, self.api_now());
        let typed = [info.name].into_iter().chain(argument).collect::<Vec<_>>().join(" ");
        Parsed::of(typed, command.map(Command::Host))
    }
}

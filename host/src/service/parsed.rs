//! A command that is parsed once, so the frontend and the service use the same result.

use super::Service;
use crate::command::{
    self, Command, CommandError, Form, HostCommand, HostCommandInfo, Markup, Options, ReadFile, Several,
};
use claude_admin_chat::strict_json::Object;
use serde_json::{Map, Value};

/// A parsed command, or the error of the parser.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The text that was typed or sent.
    pub(super) typed: String,
    /// Whether it was sent with typed arguments.
    pub(super) is_typed: bool,
    /// The command.
    pub command: Result<Box<Command>, CommandError>,
}

impl Parsed {
    /// A command that a program calls by name. `typed` is the equivalent text of a user.
    #[must_use]
    pub fn new(typed: String, command: Command) -> Self {
        Self::of(typed, Ok(command))
    }

    /// The same command, with another text in the audit log.
    #[must_use]
    pub fn recorded_as(self, typed: String) -> Self {
        Self { typed, ..self }
    }

    fn of(typed: String, command: Result<Command, CommandError>) -> Self {
        Self { typed, is_typed: false, command: command.map(Box::new) }
    }
}

impl Service {
    /// Parses a line that a person typed.
    #[must_use]
    pub fn parse_line(&self, line: String, markup: Markup) -> Parsed {
        let command = command::parse(self.catalog(), &line, markup, self.api_now());
        Parsed::of(line, command)
    }

    /// The form for a line in which required arguments are missing.
    #[must_use]
    pub fn form(&self, line: &str, markup: Markup) -> Option<Form> {
        Form::of(self.catalog(), line, markup, self.api_now())
    }

    /// Parses words that a shell has already split.
    #[must_use]
    pub fn parse_words(&self, words: &[String]) -> Parsed {
        Parsed::of(words.join(" "), command::parse_words(self.catalog(), words, self.api_now()))
    }

    /// Parses a line or words that a person typed on a terminal, where `--from` reads a file.
    #[must_use]
    pub fn parse_typed(&self, words: Vec<String>, file: ReadFile<'_>) -> Parsed {
        self.parse_typed_with(words, &[], file)
    }

    /// Parses a line with the values of further arguments by name, as a form has them.
    #[must_use]
    pub fn parse_filled(&self, line: String, markup: Markup, added: &[(String, String)]) -> Parsed {
        let command = command::parse_with(self.catalog(), &line, markup, self.api_now(), added, None);
        Parsed::of(with_added(line, added), command)
    }

    /// Parses a line or words that a person typed on a terminal, with the values of further arguments by name.
    #[must_use]
    pub fn parse_typed_with(&self, words: Vec<String>, added: &[(String, String)], file: ReadFile<'_>) -> Parsed {
        let (catalog, now) = (self.catalog(), self.api_now());
        // One argument with spaces is a line. Several arguments are used as words, as the shell split them.
        let command = match words.as_slice() {
            [line] if line.contains(' ') => command::parse_with(catalog, line, Markup::None, now, added, Some(file)),
            words => command::parse_words_with(catalog, words, now, added, Some(file)),
        };
        Parsed::of(with_added(words.join(" "), added), command)
    }

    /// Checks an action, or a playbook, with its arguments.
    #[must_use]
    pub fn parse_action(&self, id: String, arguments: Map<String, Value>, options: Options) -> Parsed {
        let playbook = self.catalog().playbooks.iter().find(|form| form.id() == id);
        let command = match playbook {
            Some(form) => command::playbook_call(form, &arguments).map(|call| Command::Playbook(call, options)),
            None => {
                let draft = command::from_json(self.catalog(), &id, &arguments, self.api_now());
                draft.map(|draft| Command::Run(draft, options))
            }
        };
        let typed = format!("{id} {}", Value::Object(arguments));
        Parsed { is_typed: true, ..Parsed::of(typed, command) }
    }

    /// Checks an action with the arguments of several commands.
    #[must_use]
    pub fn parse_rows(&self, id: &str, common: &Map<String, Value>, rows: Vec<Object>, options: Options) -> Parsed {
        let typed = format!("{id} {} with {} rows", Value::Object(common.clone()), rows.len());
        let several = Several::from_json(self.catalog(), id, common, rows, self.api_now());
        Parsed { is_typed: true, ..Parsed::of(typed, several.map(|several| Command::RunSeveral(several, options))) }
    }

    /// Parses the argument of a command of the host.
    #[must_use]
    pub fn parse_host_command(&self, info: &HostCommandInfo, argument: Option<&str>) -> Parsed {
        let command = HostCommand::with_argument(self.catalog(), info, argument, self.api_now());
        let typed = [info.name].into_iter().chain(argument).collect::<Vec<_>>().join(" ");
        Parsed::of(typed, command.map(Command::Host))
    }
}

/// The text of a command with further arguments, for the audit log.
fn with_added(line: String, added: &[(String, String)]) -> String {
    added.iter().fold(line, |line, (name, value)| format!("{line} --{name}={value}"))
}

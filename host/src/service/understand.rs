//! What a request asks for.

use super::{Input, Service};
use crate::command::{self, Command, CommandError, Format, HostCommand};
use crate::decision::approval::Vote;
use serde_json::Value;

/// What was understood.
pub(super) enum Understood {
    Command(Box<Command>),
    Vote(Vote),
}

/// The operation that a command decides about, else the command itself.
pub(super) fn about<'a>(understood: &'a Result<Understood, CommandError>, id: &'a str) -> &'a str {
    match understood {
        Ok(Understood::Vote(vote)) => &vote.operation,
        Ok(Understood::Command(command)) => match &**command {
            Command::Host(HostCommand::Decide { operation, .. }) => operation,
            _ => id,
        },
        Err(_) => id,
    }
}

/// Whether a command works without a policy and without an audit trail.
pub(super) fn harmless(understood: &Result<Understood, CommandError>) -> bool {
    match understood {
        Err(_) => true,
        Ok(Understood::Vote(_)) => false,
        Ok(Understood::Command(command)) => {
            matches!(**command, Command::Help(_) | Command::Host(HostCommand::WhoAmI | HostCommand::Status(None)))
        }
    }
}

/// Whether a command is an action.
pub(super) fn runs(understood: &Result<Understood, CommandError>) -> bool {
    matches!(understood, Ok(Understood::Command(command)) if matches!(**command, Command::Run(..)))
}

/// What was typed, for the record; no more of it than a command may have.
pub(super) fn typed(input: &Input) -> Option<String> {
    let typed = match input {
        Input::Text { line, .. } => Some(line.clone()),
        Input::Words(words) => Some(words.join(" ")),
        Input::Operation { id, arguments, .. } => Some(format!("{id} {}", Value::Object(arguments.clone()))),
        Input::Vote(vote) => {
            let version = vote.version.map(|version| format!(".{version}")).unwrap_or_default();
            Some(format!("{} {}{version} (button)", vote.choice.as_str(), vote.operation))
        }
    };
    typed.map(|text| text.chars().take(command::MAX_CHARS).collect())
}

impl Service {
    /// Whether a command is an action that changes nothing, and whose result nobody must be kept from.
    pub(super) fn only_reads(&self, understood: &Result<Understood, CommandError>) -> bool {
        let Ok(Understood::Command(command)) = understood else { return false };
        let Command::Run(draft, _) = &**command else { return false };
        self.catalog()
            .action(&draft.invocation.action)
            .is_some_and(|action| !action.writes() && !action.sensitive && !action.is_confidential())
    }

    /// Reads what a request asks for.
    pub(super) fn understand(&self, input: Input, format: Option<Format>) -> Result<Understood, CommandError> {
        let catalog = self.catalog();
        let now = self.api_now();
        let mut command = match input {
            Input::Text { line, markup } => command::parse(catalog, &line, markup, now)?,
            Input::Words(words) => command::parse_words(catalog, &words, now)?,
            Input::Operation { id, arguments, options } => {
                Command::Run(command::from_json(catalog, &id, &arguments, now)?, options)
            }
            Input::Vote(vote) => return Ok(Understood::Vote(vote)),
        };
        if let Command::Run(_, options) = &mut command {
            options.format = options.format.or(format);
        }
        Ok(Understood::Command(Box::new(command)))
    }
}

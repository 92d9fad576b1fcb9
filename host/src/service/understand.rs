//! Parses the input of a request.

use super::{Input, Parsed, Service};
use crate::command::{self, Command, CommandError, Format, HostCommand};
use crate::decision::approval::Vote;

/// A parsed input.
pub(super) enum Understood {
    Command(Box<Command>),
    Vote(Vote),
}

/// The ID of the operation that a command decides about, else the ID of the command.
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

/// Whether a command runs without a policy and without an audit log. Such a command changes nothing.
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
    matches!(understood, Ok(Understood::Command(command)) if matches!(**command, Command::Run(..) | Command::RunSeveral(..) | Command::Playbook(..)))
}

impl Service {
    /// Whether a command is an action that changes nothing and has no secret and no confidential content in its result.
    pub(super) fn only_reads(&self, understood: &Result<Understood, CommandError>) -> bool {
        let Ok(Understood::Command(command)) = understood else { return false };
        let Command::Run(draft, _) = &**command else { return false };
        let action = &draft.invocation.action;
        !action.writes() && !action.sensitive && !action.is_confidential()
    }

    /// Parses an input. Returns the text to record, before secrets are removed, and the command.
    pub(super) fn understand(
        &self,
        input: Input,
        format: Option<Format>,
    ) -> (String, Result<Understood, CommandError>) {
        let Parsed { typed, command, .. } = match input {
            Input::Parsed(parsed) => parsed,
            Input::Text { line, markup } => self.parse_line(line, markup),
            Input::Words(words) => self.parse_words(&words),
            Input::Operation { id, arguments, options } => self.parse_action(id, arguments, options),
            Input::Vote(vote) => {
                let version = vote.version.map(|version| format!(".{version}")).unwrap_or_default();
                let typed = format!("{} {}{version} (button)", vote.choice.as_str(), vote.operation);
                return (typed, Ok(Understood::Vote(vote)));
            }
        };
        let command = command.map(|mut command| {
            if let Command::Run(_, options) | Command::RunSeveral(_, options) | Command::Playbook(_, options) =
                &mut *command
            {
                options.format = options.format.or(format);
            }
            Understood::Command(command)
        });
        (typed.chars().take(command::MAX_CHARS).collect(), command)
    }
}

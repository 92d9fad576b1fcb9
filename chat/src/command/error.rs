//! Why a command was not understood, and what to type instead.

use std::fmt;

/// What kind of mistake it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum CommandErrorKind {
    TooLong,
    Hidden,
    UnclosedQuote,
    Secret,
    DisguisedLink,
    UnknownNoun,
    UnknownVerb,
    UnknownFlag,
    MissingArgument,
    ExtraArgument,
    RepeatedArgument,
    BadValue,
}

/// A command that was not understood. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandError {
    /// The kind of mistake.
    pub kind: CommandErrorKind,
    /// What is wrong.
    pub message: String,
    /// What to type instead.
    pub hint: Option<String>,
}

impl CommandError {
    pub(super) fn new(kind: CommandErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, " {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CommandError {}

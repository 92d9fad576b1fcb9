//! The errors of a command, with the correction.

use std::fmt;

/// The kind of the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are self-explanatory")]
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

/// An invalid command. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandError {
    /// The kind of the error.
    pub kind: CommandErrorKind,
    /// The problem.
    pub message: String,
    /// The correction.
    pub hint: Option<String>,
    /// The required arguments that are missing, if nothing else is known to be wrong.
    pub missing: Vec<MissingArgument>,
    /// The argument with the problem, if it is known.
    pub argument: Option<String>,
}

/// A required argument that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingArgument {
    /// Its name: `--NAME` gives it.
    pub name: String,
    /// Its possible values.
    pub description: String,
}

impl CommandError {
    pub(super) fn new(kind: CommandErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, missing: Vec::new(), argument: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl CommandError {
    pub(super) fn about(self, argument: &str) -> Self {
        Self { argument: Some(argument.to_owned()), ..self }
    }

    pub(super) fn missing(mut self, missing: impl IntoIterator<Item = (String, String)>) -> Self {
        let missing = missing.into_iter().map(|(name, description)| MissingArgument { name, description });
        self.missing = missing.collect();
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

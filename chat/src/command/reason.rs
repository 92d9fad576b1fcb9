//! The reason of a request: a text that is shown and recorded.

use super::normalize::normalize;
use super::{CommandError, CommandErrorKind, secrets};
use std::fmt;

/// The maximum number of characters of a reason.
const MAX_CHARS: usize = 500;

/// The reason of a request. It is read like any other text: normalized, without secrets, and never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// Reads a reason.
    ///
    /// # Errors
    ///
    /// [`CommandError`] for a text that is empty, is too long, or contains text that looks like a secret.
    pub fn new(text: &str) -> Result<Self, CommandError> {
        secrets::refuse(text)?;
        let text = normalize(text)?;
        if text.is_empty() || text.starts_with("--") {
            return Err(CommandError::new(CommandErrorKind::MissingArgument, "--reason needs a text.")
                .hint("Write for example --reason \"leaver, ticket HR-4411\"."));
        }
        if text.chars().count() > MAX_CHARS {
            let message = format!("--reason is longer than {MAX_CHARS} characters.");
            return Err(
                CommandError::new(CommandErrorKind::TooLong, message).hint("Name a ticket that contains the details.")
            );
        }
        Ok(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reason_is_trimmed_and_empty_long_or_secret_one_is_invalid() {
        assert_eq!(Reason::new("  leaver  ").unwrap().as_str(), "leaver");
        let long = "x".repeat(MAX_CHARS + 1);
        for text in ["", "  ", "\u{200b}", "--yes", "a\nb", "sk-ant-admin01-simulator-0", &long] {
            assert!(Reason::new(text).is_err(), "{text:?}");
        }
    }
}

//! Blocks text that looks like a credential: it must not be stored, logged or echoed.

use super::{CommandError, CommandErrorKind};
use crate::{find_secret, has_secret};
use serde_json::Value;

/// Looks for credentials anywhere in a line.
///
/// # Errors
///
/// [`CommandError`] without a trace of the text.
pub fn refuse(text: &str) -> Result<(), CommandError> {
    refuse_where(find_secret(text).is_some())
}

/// Looks for credentials in the names and values of arguments.
///
/// # Errors
///
/// [`CommandError`] without a trace of the text.
pub fn refuse_in<'a>(arguments: impl IntoIterator<Item = (&'a String, &'a Value)>) -> Result<(), CommandError> {
    let mut arguments = arguments.into_iter();
    refuse_where(arguments.any(|(name, value)| find_secret(name).is_some() || has_secret(value)))
}

fn refuse_where(found: bool) -> Result<(), CommandError> {
    if !found {
        return Ok(());
    }
    Err(CommandError::new(
        CommandErrorKind::Secret,
        "The input contains text that looks like a secret. It was not stored or forwarded, but it is exposed: rotate it now.",
    )
    .hint("Commands never accept secrets. Name an API key by its ID, such as `apikey_…`."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credential_anywhere_in_the_input_is_invalid() {
        for text in [
            "keys get sk-ant-admin01-simulator-0000",
            "keys list --name=SK-ANT-api03-x",
            "say \"xoxb-123-456\"",
            "x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x",
            "(sk-ant-oat01-x)",
            "whsec_abc",
            "ghs_simulator0000",
            "AKIASIMULATOR0000000",
        ] {
            let error = refuse(text).unwrap_err();
            assert_eq!(error.kind, CommandErrorKind::Secret, "{text}");
            let secret = text.split([' ', '=', '"', '(']).max_by_key(|word| word.len()).unwrap();
            assert!(!error.to_string().contains(secret), "echoed: {error}");
        }
    }

    #[test]
    fn words_that_only_resemble_one_pass() {
        for text in [
            "users list --email task-ant-hill@example.com",
            "keys get apikey_01",
            "get sk-ant-",
            "eyjafjallajökull",
            "users list --email eyjolfur.gunnarsson.hr@example.com",
            "approve eyj3ctftqtct12rtsj83jgtyma.1",
        ] {
            refuse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }
}

//! Refuses text that looks like a credential: it must not be stored, logged or echoed.

use super::{CommandError, CommandErrorKind};

/// How credentials begin: Anthropic keys and tokens, Slack tokens, webhook and GitHub secrets.
const PREFIXES: [&str; 13] = [
    "sk-ant-",
    "xoxa-",
    "xoxb-",
    "xoxc-",
    "xoxd-",
    "xoxe-",
    "xoxp-",
    "xoxr-",
    "xoxs-",
    "xapp-",
    "whsec_",
    "ghp_",
    "github_pat_",
];
/// How a JSON web token begins, and the least length at which it is taken for one.
const JWT: (&str, usize) = ("eyj", 20);

/// Looks for credentials anywhere in a line.
///
/// # Errors
///
/// [`CommandError`] without a trace of the text.
pub fn refuse(text: &str) -> Result<(), CommandError> {
    let lower = text.to_ascii_lowercase();
    let known = PREFIXES.iter().any(|prefix| {
        lower.match_indices(prefix).any(|(start, _)| {
            let before = lower[..start].chars().next_back();
            let after = lower[start + prefix.len()..].chars().next();
            // A word that merely contains the letters, such as `task-ant-hill`, is none.
            before.is_none_or(|c| !c.is_ascii_alphanumeric()) && after.is_some_and(|c| c.is_ascii_alphanumeric())
        })
    });
    let token = lower
        .split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
        .any(|word| word.starts_with(JWT.0) && word.len() >= JWT.1);
    if known || token {
        return Err(CommandError::new(
            CommandErrorKind::Secret,
            "That looks like a secret. It was not stored and not sent on; but it has left its safe place: rotate it now.",
        )
        .hint("Commands never take secrets; API keys are named by their id, such as `apikey_…`."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_refused_wherever_they_stand() {
        for text in [
            "keys get sk-ant-admin01-simulator-0000",
            "keys list --name=SK-ANT-api03-x",
            "say \"xoxb-123-456\"",
            "x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x",
            "(sk-ant-oat01-x)",
            "whsec_abc",
        ] {
            let error = refuse(text).unwrap_err();
            assert_eq!(error.kind, CommandErrorKind::Secret, "{text}");
            let secret = text.split([' ', '=', '"', '(']).max_by_key(|word| word.len()).unwrap();
            assert!(!error.to_string().contains(secret), "echoed: {error}");
        }
    }

    #[test]
    fn words_that_only_resemble_one_pass() {
        for text in
            ["users list --email task-ant-hill@example.com", "keys get apikey_01", "get sk-ant-", "eyjafjallajökull"]
        {
            refuse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }
}

//! Requests that are sent again: by what they are known, and what is said of the first one.

use crate::Choice;
use crate::service::{Input, Outcome};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use claude_admin_chat::Effect;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The header that marks the answer to a request that was received before.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// What is said of a first request that came to nothing so far.
pub(super) const NOTHING_CAME_OF_IT: &str = "A request with this `Idempotency-Key` was already received and has no status \
    yet: the host is still reading it, or stopped before reading it. This command changed nothing. Try again in a moment to \
    see its status, or use a new key.";
/// What is said where a key was used for something else.
pub(super) const ANOTHER_REQUEST: &str =
    "This `Idempotency-Key` was used for another request. This command changed nothing. Use a new key.";
/// The longest key.
const MAX_KEY_CHARS: usize = 255;

/// The key of a request, where it has one.
///
/// # Errors
///
/// What a key is.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<&str>, &'static str> {
    let mut keys = headers.get_all("idempotency-key").iter();
    match (keys.next().map(HeaderValue::to_str), keys.next()) {
        (None, _) => Ok(None),
        (Some(Ok(key)), None) if !key.is_empty() && key.len() <= MAX_KEY_CHARS => Ok(Some(key)),
        _ => Err("`Idempotency-Key` is one header of 1 to 255 visible characters."),
    }
}

/// By what a second request is known: client and key, and what is asked for. Digests, since a key may hold anything.
pub(super) fn delivery(client: &str, key: &str, input: &Input) -> String {
    let digest = |text: &str| format!("{:x}", Sha256::digest(text))[..32].to_owned();
    format!("http:{client}/{} {}", digest(key), digest(&format!("{input:?}")))
}

/// Whether a request changed something, by the status of the operation that it led to.
pub(super) fn effect_of(status: Option<&Value>) -> Effect {
    match status.and_then(|status| status["changed"].as_str()) {
        Some("yes") => Effect::Changed,
        Some("no") => Effect::Unchanged,
        _ => Effect::Unknown,
    }
}

/// How a request ended that led to an operation in this state, or a decision about one.
pub(super) fn outcome_of(state: &str, decision: Option<Choice>) -> Outcome {
    match (state, decision) {
        ("rejected", Some(Choice::Reject)) | ("cancelled", Some(Choice::Cancel)) => Outcome::Done,
        ("waiting", _) => Outcome::Waiting,
        ("rejected", _) => Outcome::Denied,
        // It runs, was cancelled, or nobody settled it in time.
        (state, _) => Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == state).unwrap_or(Outcome::Conflict),
    }
}

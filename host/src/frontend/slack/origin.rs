//! The proof that a delivery is from Slack, and what identifies it.

use crate::decision::operation::RequestKey;

/// The proof that a delivery is from Slack.
#[derive(Debug)]
pub(super) struct Origin {
    /// Identifies the delivery, unless Slack gave it an ID: the signature with its time, or the ID of the envelope.
    pub(super) key: String,
    /// The earliest time at which the delivery can have been received, in milliseconds since 1970; none for an envelope,
    /// which has no time.
    pub(super) earliest_ms: Option<i64>,
}

impl Origin {
    /// The identity of the request: the ID that Slack gave it. Slack has been seen to deliver a command twice, each with a
    /// signature of its own. In Socket Mode, it delivers what was not acknowledged again.
    pub(super) fn key(self, id: Option<String>) -> RequestKey {
        RequestKey { key: id.unwrap_or(self.key), content: String::new(), earliest_ms: self.earliest_ms }
    }
}

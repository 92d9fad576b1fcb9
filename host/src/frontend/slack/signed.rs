//! A request of Slack with a valid signature.

use crate::decision::operation::RequestKey;

/// A request with a valid signature.
#[derive(Debug)]
pub(super) struct Signed {
    /// The signature and its time.
    pub(super) signature: String,
    /// The earliest time at which the request can have been received, in milliseconds since 1970.
    pub(super) earliest_ms: i64,
}

impl Signed {
    /// What identifies the request: the ID that Slack gave it. Slack has been seen to deliver a command twice, each with a
    /// signature of its own. Without an ID, it is the signature.
    pub(super) fn key(self, id: Option<String>) -> RequestKey {
        let key = id.unwrap_or(self.signature);
        RequestKey { key, content: String::new(), earliest_ms: Some(self.earliest_ms) }
    }
}

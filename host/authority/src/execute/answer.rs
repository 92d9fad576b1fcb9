//! What a call gave.

use super::CallError;
use claude_admin_chat::{Exchange, Verdict};
use serde_json::Value;

/// What a call gave, and what left during it.
#[derive(Debug)]
pub struct Answer {
    /// The value that the function returned, as JSON of the wire; null for a function that returns nothing.
    pub result: Result<Value, CallError>,
    /// The request that left, if one did.
    pub sent: Option<SentRequest>,
    /// Whether it changed something, by the host's own record of the request.
    pub verdict: Verdict,
}

/// A request that left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentRequest {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// What came back to the last attempt. The host believes this, and not what the component says about it.
    pub exchange: Exchange,
    /// The request id of the answer.
    pub request_id: Option<String>,
    /// How often it was sent: once, and once more for each retry.
    pub attempts: u32,
}

impl SentRequest {
    /// The status of the answer, if one came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.exchange {
            Exchange::Answered { status, .. } => Some(status),
            _ => None,
        }
    }
}

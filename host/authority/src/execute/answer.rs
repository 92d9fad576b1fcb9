//! The result of a call.

use super::CallError;
use claude_admin_chat::{Exchange, Verdict};
use serde_json::Value;

/// The result of a call, and the request that was sent during it.
#[derive(Debug)]
pub struct Answer {
    /// The value that the function returned, as JSON of the wire; null for a function that returns nothing.
    pub result: Result<Value, CallError>,
    /// The request that was sent, if there is one.
    pub sent: Option<SentRequest>,
    /// Whether the call changed anything, according to the data of the host about the request.
    pub verdict: Verdict,
}

/// A request that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentRequest {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The result of the last attempt. The host uses this, not the report of the component.
    pub exchange: Exchange,
    /// The API request ID of the response.
    pub request_id: Option<String>,
    /// The number of attempts: one, and one more for each retry.
    pub attempts: u32,
}

impl SentRequest {
    /// The status of the response, if there is one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.exchange {
            Exchange::Answered { status, .. } => Some(status),
            _ => None,
        }
    }
}

//! Why there is no connection to Slack.

use super::super::{WebApiError, retry};
use crate::egress::ClientError;
use std::time::Duration;

/// The pause after an error that a person must mend, such as a token that is not valid.
const AFTER_DENIAL: Duration = Duration::from_secs(60);

/// Why there is no connection to Slack. The URL is not part of it: it contains a ticket.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SocketError {
    #[error(transparent)]
    Open(#[from] WebApiError),
    #[error("Slack named an address that is not a host of Slack for connections")]
    Address,
    #[error("Slack did not accept the connection: {0}")]
    Connect(#[from] ClientError),
    #[error("Slack did not accept the connection: status {0}")]
    Status(u16),
    #[error("Slack did not accept the connection within {} s", .0.as_secs())]
    Timeout(Duration),
    #[error("Slack's response does not switch to a WebSocket: {0}")]
    Handshake(&'static str),
    #[error("the connection does not begin with `hello`")]
    NoHello,
}

impl SocketError {
    /// The pause before the next attempt. `attempt` counts from 1.
    pub(super) fn retry_in(&self, attempt: u32) -> Duration {
        match self {
            Self::Open(error) => error.retry_in(attempt).unwrap_or(AFTER_DENIAL),
            _ => retry::backoff(attempt),
        }
    }
}

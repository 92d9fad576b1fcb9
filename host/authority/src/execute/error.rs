//! The errors of a call.

use super::{CredentialError, LimitKind, Violation};
use claude_admin_catalog::Action;
use claude_admin_chat::{Exchange, Report, Verdict};
use serde_json::Value;

/// The reason why a call has no result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CallError {
    /// No configured credential grants access to the action. Nothing was sent.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The component violated the declaration of the action. The request was not sent.
    #[error("the component violated the declaration of the action: {0}")]
    Denied(Violation),
    /// The call reached a limit.
    #[error("the call reached a limit: {kind}")]
    Limit {
        /// The limit.
        kind: LimitKind,
    },
    /// The component crashed.
    #[error("the component crashed: {message}")]
    Trap {
        /// The message of wasmtime.
        message: String,
    },
    /// The arguments do not match the function: the component and its WIT text differ.
    #[error("the component does not take these arguments: {0}")]
    Arguments(String),
    /// The function returned an error.
    #[error("the action failed: {error}")]
    Failed {
        /// The error of the WIT package as JSON: an object with the name of the case as its only key.
        error: Value,
    },
    /// The report of the component differs from the data of the host.
    #[error("the component {0}")]
    Misreported(Misreport),
}

/// A report of a component that differs from the data of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misreport {
    /// The component reported a result, or a response of the API, but no request was sent.
    #[error("reported a result without sending a request")]
    NothingSent,
    /// The component reported another response than the one that was received.
    #[error("reported a result that does not match the response (status {0})")]
    OtherResponse(u16),
    /// The component reported a response, but none was received.
    #[error("reported a response although the API returned none")]
    NoResponse,
}

impl Misreport {
    /// The difference between the report of a component and the request and response that the host saw; none if they
    /// match.
    ///
    /// A read can succeed without a request: its result changes nothing. A write cannot, and an error of the API can
    /// come only from a response.
    #[must_use]
    pub fn of(action: &Action, result: &Result<Value, CallError>, exchange: &Exchange) -> Option<Self> {
        let misreports = match result {
            Ok(_) => action.writes() && Verdict::of(action, exchange, Report::Success) != Verdict::Changed,
            Err(CallError::Failed { error }) => !exchange.agrees_with(error),
            Err(_) => false,
        };
        misreports.then_some(match exchange {
            Exchange::NotSent => Self::NothingSent,
            Exchange::Answered { status, .. } => Self::OtherResponse(*status),
            Exchange::Unreached | Exchange::Unanswered => Self::NoResponse,
        })
    }
}

impl CallError {
    /// The same error with changed texts: they come from the component or from the API, and are shown and recorded.
    #[must_use]
    pub fn with_texts(self, change: impl Fn(&mut String), change_json: impl Fn(&mut Value)) -> Self {
        match self {
            Self::Denied(violation) => Self::Denied(violation.with_texts(change)),
            Self::Trap { mut message } => {
                change(&mut message);
                Self::Trap { message }
            }
            Self::Arguments(mut problem) => {
                change(&mut problem);
                Self::Arguments(problem)
            }
            Self::Failed { mut error } => {
                change_json(&mut error);
                Self::Failed { error }
            }
            other @ (Self::Credential(_) | Self::Limit { .. } | Self::Misreported(_)) => other,
        }
    }

    /// The error of the component, if it is one: an object with the name of the case as its only key.
    #[must_use]
    pub fn reported(&self) -> Option<&Value> {
        match self {
            Self::Failed { error } => Some(error),
            _ => None,
        }
    }

    /// The error as a part of a sentence. For an error of the API: its status and its message.
    #[must_use]
    pub fn in_a_sentence(&self) -> String {
        let api = self.reported().and_then(|error| error.get("api"));
        let status = api.and_then(|api| api.get("status")?.as_u64());
        let message = api.and_then(|api| api.get("message")?.as_str());
        match status.zip(message) {
            Some((status, message)) => format!("the API returned status {status}: {}", message.trim_end_matches('.')),
            None if self.reported().is_some_and(|error| error.get("transport").is_some()) => {
                "the API returned no complete response".to_owned()
            }
            None if self.reported().is_some_and(|error| error.get("decode").is_some()) => {
                "the response was not understood".to_owned()
            }
            None => self.to_string(),
        }
    }

    /// Whether the body of the response was larger than the maximum that the host reads.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::Failed { error } if claude_admin_chat::paging::is_too_large(error))
    }
}

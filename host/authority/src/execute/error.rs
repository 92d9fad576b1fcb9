//! Why a call gave no result.

use super::{CredentialError, LimitKind, Violation};
use claude_admin_catalog::Action;
use claude_admin_chat::{Exchange, Report, Verdict};
use serde_json::Value;

/// Why a call gave no result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CallError {
    /// No credential that opens the action is configured. Nothing was sent.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The component tried something that the action does not declare. The request was not sent.
    #[error("the component tried something that the action does not declare: {0}")]
    Denied(Violation),
    /// A limit was met.
    #[error("the call ran into a limit: {kind}")]
    Limit {
        /// Which one.
        kind: LimitKind,
    },
    /// The component crashed.
    #[error("the component crashed: {message}")]
    Trap {
        /// What wasmtime reports.
        message: String,
    },
    /// The arguments do not fit the function: the component and its WIT text disagree.
    #[error("the component does not take these arguments: {0}")]
    Arguments(String),
    /// The function returned an error.
    #[error("the action failed: {error}")]
    Failed {
        /// The error of the WIT package as JSON: an object with the name of the case as its only key.
        error: Value,
    },
    /// The component reported something else than what the host saw.
    #[error("the component {0}")]
    Misreported(Misreport),
}

/// What a component reported although the host saw something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misreport {
    /// A result, or a response of the API, where no request was sent.
    #[error("reported a result without sending a request")]
    NothingSent,
    /// Another response than the one that came back.
    #[error("reported something else than the response that came back (status {0})")]
    OtherResponse(u16),
    /// A response, where none came back.
    #[error("reported a response although none came back")]
    NoResponse,
}

impl Misreport {
    /// What a component reported that does not fit what was sent and what came back; none where it fits.
    ///
    /// A read can succeed without a request: what it returns changes nothing. A write cannot, and no error of the API can
    /// come from anywhere else.
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
    /// The same with its texts changed: they come from the component or from the API, and are shown and recorded.
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

    /// The error of the component, where it is one: an object with the name of the case as its only key.
    #[must_use]
    pub fn reported(&self) -> Option<&Value> {
        match self {
            Self::Failed { error } => Some(error),
            _ => None,
        }
    }

    /// What went wrong, as a part of a sentence. An error of the API is its status and its message.
    #[must_use]
    pub fn in_a_sentence(&self) -> String {
        let api = self.reported().and_then(|error| error.get("api"));
        let status = api.and_then(|api| api.get("status")?.as_u64());
        let message = api.and_then(|api| api.get("message")?.as_str());
        match status.zip(message) {
            Some((status, message)) => format!("the API returned status {status}: {}", message.trim_end_matches('.')),
            None if self.reported().is_some_and(|error| error.get("transport").is_some()) => {
                "no complete response came from the API".to_owned()
            }
            None if self.reported().is_some_and(|error| error.get("decode").is_some()) => {
                "the response was not understood".to_owned()
            }
            None => self.to_string(),
        }
    }

    /// Whether the body of the response was larger than the host reads.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::Failed { error } if claude_admin_chat::paging::is_too_large(error))
    }
}

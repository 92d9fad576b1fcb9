//! Whether a command made a change. Only this module decides it.
//!
//! Texts, JSON, exit codes, HTTP statuses and the audit log use [`Verdict`]. It is derived from the requests and
//! responses. For an error code of the API, it also uses the declaration of the action (`@code`).

use claude_admin_catalog::{Action, CodeEffect};
use claude_admin_wire::{Body, ErrorBody, NOT_JSON};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The sentence about a request before its decision.
pub const NO_CHANGES_YET: &str = "No changes yet.";
/// The sentence about a decision without effect. The operation itself might have made changes earlier.
pub const CHANGED_NOTHING: &str = "This command changed nothing.";

/// Whether a command made a change, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// No request was sent.
    NotSent,
    /// Nothing was changed: only reads were sent, or the API rejected the write before its effect.
    Unchanged,
    /// The change was made.
    Changed,
    /// A successful response of the API was received, but not understood.
    Probable,
    /// The write was sent, and no response shows its result.
    Unknown,
}

/// The value for a [`Verdict`] in JSON and in the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Changed {
    /// Nothing was changed.
    No,
    /// The change was made.
    Yes,
    /// It is not known.
    Unknown,
}

impl Changed {
    /// Every value.
    pub const ALL: [Self; 3] = [Self::No, Self::Yes, Self::Unknown];

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Yes => "yes",
            Self::Unknown => "unknown",
        }
    }
}

/// The exchange for a call: the request and the response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exchange {
    /// No request was sent.
    NotSent,
    /// No connection was made, so no byte of the request was sent.
    Unreached,
    /// The request was sent, and no response came back.
    Unanswered,
    /// A response was received.
    Answered {
        /// Its status.
        status: u16,
        /// Its body.
        body: Body,
    },
}

/// The report of the component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// A result.
    Success,
    /// A successful response of the API that the component did not understand.
    Unreadable,
    /// Any other error, or the component was stopped.
    Failure,
}

impl Report {
    /// The report in the error of the WIT package, given as an object with its case as the only key.
    #[must_use]
    pub fn of_error(error: &Value) -> Self {
        if error.get("decode").is_some() { Self::Unreadable } else { Self::Failure }
    }
}

impl Exchange {
    /// The exchange as the error of the WIT package describes it.
    ///
    /// The gateway has only this source. The host has its own record of the exchange and compares both.
    #[must_use]
    pub fn described_by(error: &Value) -> Self {
        let text = |pointer: &str| error.pointer(pointer).and_then(Value::as_str);
        let status = |pointer: &str| {
            error.pointer(pointer).and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok())
        };
        if let Some(status) = status("/api/status") {
            let body = match text("/api/kind").filter(|kind| !kind.is_empty()) {
                Some(kind) => {
                    let code = text("/api/code").map(str::to_owned);
                    Body::Error(ErrorBody { kind: kind.to_owned(), code })
                }
                None => Body::Other,
            };
            return Self::Answered { status, body };
        }
        if let Some(status) = status("/decode/status") {
            let is_json = !text("/decode/expected").unwrap_or_default().starts_with(NOT_JSON);
            return Self::Answered { status, body: if is_json { Body::Json } else { Body::Other } };
        }
        match text("/transport/problem") {
            Some("dns" | "connection_refused" | "tls") => Self::Unreached,
            Some(_) => Self::Unanswered,
            None if error.get("invalid_argument").is_some() || error.get("denied").is_some() => Self::NotSent,
            None => Self::Unanswered,
        }
    }

    /// Whether an error with a response of the API describes this response: status, type and code.
    #[must_use]
    pub fn agrees_with(&self, error: &Value) -> bool {
        match (Self::described_by(error), self) {
            (Self::Answered { status, body }, Self::Answered { status: was, body: found }) => {
                let is_error = |body: &Body| matches!(body, Body::Error(_));
                status == *was && (body == *found || !is_error(&body) && !is_error(found))
            }
            (Self::Answered { .. }, _) => false,
            _ => true,
        }
    }
}

/// The verdict for an operation that is read from the audit log.
impl From<Changed> for Verdict {
    fn from(changed: Changed) -> Self {
        match changed {
            Changed::No => Self::Unchanged,
            Changed::Yes => Self::Changed,
            Changed::Unknown => Self::Unknown,
        }
    }
}

impl Verdict {
    /// The effect of a call. `exchange` describes the request of the action itself. Lookups and the read for a plan are
    /// separate read calls.
    #[must_use]
    pub fn of(action: &Action, exchange: &Exchange, report: Report) -> Self {
        match exchange {
            Exchange::NotSent => Self::NotSent,
            _ if !action.writes() => Self::Unchanged,
            Exchange::Unreached => Self::Unchanged,
            Exchange::Unanswered => Self::Unknown,
            Exchange::Answered { status: 200..=299, body } => match (report, body) {
                (Report::Success, Body::Json | Body::Empty) => Self::Changed,
                (Report::Unreadable, Body::Json) => Self::Probable,
                // The page is from a proxy, so the result of the request is not known.
                _ => Self::Unknown,
            },
            Exchange::Answered { status, body: Body::Error(error) } => of_error(action, *status, error),
            Exchange::Answered { .. } => Self::Unknown,
        }
    }

    /// The effect of reads.
    #[must_use]
    pub fn of_reads(sent: bool) -> Self {
        if sent { Self::Unchanged } else { Self::NotSent }
    }

    /// The verdict on two consecutive calls of the same command.
    #[must_use]
    pub fn and(self, later: Self) -> Self {
        if later == Self::NotSent { self } else { later }
    }

    /// The sentence for the verdict. All texts use this sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NotSent => "Nothing was sent.",
            Self::Unchanged => "Nothing was changed.",
            Self::Changed => "A change was made.",
            Self::Probable => "The change was probably made; this is not certain.",
            Self::Unknown => "It is not known whether anything was changed.",
        }
    }

    /// The value in JSON and in the audit log.
    #[must_use]
    pub fn changed(self) -> Changed {
        match self {
            Self::NotSent | Self::Unchanged => Changed::No,
            Self::Changed => Changed::Yes,
            Self::Probable | Self::Unknown => Changed::Unknown,
        }
    }

    /// Whether a user must check the target to know the result.
    #[must_use]
    pub fn is_uncertain(self) -> bool {
        self.changed() == Changed::Unknown
    }
}

/// The seconds after which a client can send the same command again, if the API states them in its error and the
/// command changed nothing. A write that might have been made must not be repeated.
#[must_use]
pub fn wait_before_retry(verdict: Verdict, error: Option<&Value>) -> Option<u64> {
    error?.pointer("/api/retry_after")?.as_u64().filter(|_| verdict.changed() == Changed::No)
}

/// The verdict from an error of the API for a write that was sent.
///
/// A code that the action declares takes precedence. These statuses are returned before any effect: invalid (400, 413,
/// 422), not permitted (401, 402, 403), not found (404), too many requests (429), and a conflict with the state (409),
/// unless this build does not know its code. All other statuses can follow an effect: a timeout (408, 425, 499) ends
/// the wait, not the work, and a server error can occur at any point.
fn of_error(action: &Action, status: u16, error: &ErrorBody) -> Verdict {
    if let Some(declared) = error.code.as_deref().and_then(|code| action.code(code)) {
        return match declared.effect {
            CodeEffect::Changed => Verdict::Changed,
            CodeEffect::Unchanged => Verdict::Unchanged,
            CodeEffect::Unknown => Verdict::Unknown,
        };
    }
    match status {
        400..=404 | 413 | 422 | 429 => Verdict::Unchanged,
        409 if error.code.is_none() => Verdict::Unchanged,
        _ => Verdict::Unknown,
    }
}

#[cfg(test)]
mod tests;

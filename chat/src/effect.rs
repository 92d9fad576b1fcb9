//! Whether a command changed something: the one place that decides it.
//!
//! Texts, JSON, exit codes, HTTP statuses and the audit log take it from [`Effect`]. It is worked out from what was sent
//! and what came back, and for an error code of the API from what the action declares about it (`@code`).

use claude_admin_catalog::{Action, CodeEffect};
use claude_admin_wire::{Body, ErrorBody};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is said of a request before its decision.
pub const NO_CHANGES_YET: &str = "No changes yet.";
/// What is said of a decision without effect: the operation that it is about may have changed something before.
pub const CHANGED_NOTHING: &str = "This command changed nothing.";
/// How a component describes a success that is not JSON.
const NOT_JSON: &str = "JSON, but ";

/// Whether a command changed something, as far as it can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// No request was sent.
    NotSent,
    /// Nothing was changed: only reads were sent, or the API rejected the write before its effect.
    Unchanged,
    /// The change was made.
    Changed,
    /// A success of the API came back that is not understood.
    Probable,
    /// The write was sent, and nothing that came back says what became of it.
    Unknown,
}

/// The word for an [`Effect`] in JSON and in the audit log.
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
    /// Every word.
    pub const ALL: [Self; 3] = [Self::No, Self::Yes, Self::Unknown];

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Yes => "yes",
            Self::Unknown => "unknown",
        }
    }
}

/// What was sent for a call, and what came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exchange {
    /// No request was sent.
    NotSent,
    /// No connection was made, so no byte of the request was sent.
    Unreached,
    /// The request was sent, and no response came back.
    Unanswered,
    /// A response came back.
    Answered {
        /// Its status.
        status: u16,
        /// Its body.
        body: Body,
    },
}

/// What the component reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// A result.
    Success,
    /// A success of the API that it did not understand.
    Unreadable,
    /// Any other error; or it was stopped.
    Failure,
}

impl Report {
    /// What the error of the WIT package reports, given as an object with its case as the only key.
    #[must_use]
    pub fn of_error(error: &Value) -> Self {
        if error.get("decode").is_some() { Self::Unreadable } else { Self::Failure }
    }
}

impl Exchange {
    /// The exchange as the error of the WIT package describes it.
    ///
    /// The gateway has nothing else to go by. The host has its own record of the exchange, and compares.
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

    /// Whether an error that reports a response of the API reports this one: status, type and code.
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

impl Effect {
    /// What a call did. `exchange` is about the action's own request: lookups and the read for a plan are calls of reads.
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
                // A page is of a proxy, and nobody knows what became of the request.
                _ => Self::Unknown,
            },
            Exchange::Answered { status, body: Body::Error(error) } => of_error(action, *status, error),
            Exchange::Answered { .. } => Self::Unknown,
        }
    }

    /// What reads did.
    #[must_use]
    pub fn of_reads(sent: bool) -> Self {
        if sent { Self::Unchanged } else { Self::NotSent }
    }

    /// The effect of one call after another of the same command.
    #[must_use]
    pub fn and(self, later: Self) -> Self {
        if later == Self::NotSent { self } else { later }
    }

    /// The sentence that says so. Every text takes it from here.
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

    /// The word in JSON and in the audit log.
    #[must_use]
    pub fn changed(self) -> Changed {
        match self {
            Self::NotSent | Self::Unchanged => Changed::No,
            Self::Changed => Changed::Yes,
            Self::Probable | Self::Unknown => Changed::Unknown,
        }
    }

    /// Whether somebody has to look at the target to know.
    #[must_use]
    pub fn is_uncertain(self) -> bool {
        self.changed() == Changed::Unknown
    }
}

/// Seconds after which a client can send the same command again, where the API says so in its error and the command changed
/// nothing: what might have been done is not to be repeated.
#[must_use]
pub fn retry_after(effect: Effect, error: Option<&Value>) -> Option<u64> {
    error?.pointer("/api/retry_after")?.as_u64().filter(|_| effect.changed() == Changed::No)
}

/// What an error of the API says of a write that was sent.
///
/// The code counts where the action declares it. Of the statuses, these come before any effect: what is not understood
/// (400, 413, 422), who is not permitted (401, 402, 403), what is not there (404), too many requests (429), and what
/// contradicts the state (409) unless its code is one that this build does not know. All others can come after it: a
/// timeout (408, 425, 499) ends the wait and not the work, and a server error can strike at any point.
fn of_error(action: &Action, status: u16, error: &ErrorBody) -> Effect {
    if let Some(declared) = error.code.as_deref().and_then(|code| action.code(code)) {
        return match declared.effect {
            CodeEffect::Changed => Effect::Changed,
            CodeEffect::Unchanged => Effect::Unchanged,
            CodeEffect::Unknown => Effect::Unknown,
        };
    }
    match status {
        400..=404 | 413 | 422 | 429 => Effect::Unchanged,
        409 if error.code.is_none() => Effect::Unchanged,
        _ => Effect::Unknown,
    }
}

//! The outcome of a command, for programs.

use crate::Verdict;
use claude_admin_catalog::{Action, Method};
use serde_json::Value;

/// The outcome of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The command succeeded.
    Done,
    /// The command was invalid. Nothing was changed.
    Usage,
    /// The policy does not permit the command, or it cannot be approved or shown here.
    Denied,
    /// The object does not exist.
    NotFound,
    /// The command conflicts with the current state, or with another change.
    Conflict,
    /// The API rejected the request, or would reject it: then the request was not sent.
    Refused,
    /// The request is pending: it needs a confirmation, or the approval of another user.
    Waiting,
    /// A rate limit was reached.
    RateLimited,
    /// The upstream, the network or the component failed. Nothing was changed.
    Failed,
    /// It is not known whether anything was changed.
    Unknown,
    /// The command was partly successful: some pages of a list were read, or a change was made, but not completely.
    Partial,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 11] = [
        Self::Done,
        Self::Usage,
        Self::Denied,
        Self::NotFound,
        Self::Conflict,
        Self::Refused,
        Self::Waiting,
        Self::RateLimited,
        Self::Failed,
        Self::Unknown,
        Self::Partial,
    ];

    /// Whether there is a result and no error. Then an output with only rows is complete.
    #[must_use]
    pub fn is_answer(self) -> bool {
        matches!(self, Self::Done | Self::Waiting)
    }

    /// The exit code of the command line.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Usage => 2,
            Self::Denied => 3,
            Self::NotFound => 4,
            Self::Conflict => 5,
            Self::Waiting => 6,
            Self::RateLimited => 7,
            Self::Refused | Self::Failed | Self::Unknown => 8,
            Self::Partial => 9,
        }
    }

    /// The status of a response over HTTP.
    #[must_use]
    pub fn http_status(self) -> u16 {
        match self {
            Self::Done => 200,
            Self::Usage => 400,
            Self::Denied => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::Refused => 422,
            Self::Waiting => 202,
            Self::RateLimited => 429,
            Self::Failed | Self::Unknown | Self::Partial => 502,
        }
    }

    /// The name in logs and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Usage => "usage",
            Self::Denied => "denied",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Refused => "refused",
            Self::Waiting => "waiting",
            Self::RateLimited => "rate_limited",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Partial => "partial",
        }
    }

    /// The outcome of a call. `error` is the error of the WIT package, given as an object with its case as the only
    /// key; `None` for a success.
    #[must_use]
    pub fn of(action: &Action, verdict: Verdict, error: Option<&Value>) -> Self {
        match (verdict, error) {
            (Verdict::Probable | Verdict::Unknown, _) => Self::Unknown,
            (Verdict::Changed, Some(_)) => Self::Partial,
            // A successful write that did not make its change has failed.
            (_, None) if action.writes() && verdict != Verdict::Changed => Self::Failed,
            (_, None) => Self::Done,
            (_, Some(error)) if is_gone(action, error) => Self::Done,
            (_, Some(error)) => Self::of_failure(error),
        }
    }

    /// The outcome of a failed call that changed nothing.
    fn of_failure(error: &Value) -> Self {
        let api = error.get("api");
        let status = api.and_then(|api| api.get("status")?.as_u64());
        let text = |name: &str| api.and_then(|api| api.get(name)?.as_str()).unwrap_or_default();
        // Examples: `already_member` and `invite_already_exists`.
        let clashes = text("code").contains("already");
        match status {
            None if error.get("invalid_argument").is_some() => Self::Usage,
            Some(429) => Self::RateLimited,
            // Only the API knows its objects and the valid requests. A proxy that responds instead of the API does not.
            Some(_) if text("kind").is_empty() => Self::Failed,
            Some(400) if clashes => Self::Conflict,
            Some(400 | 413 | 422) => Self::Refused,
            Some(404) => Self::NotFound,
            Some(409) => Self::Conflict,
            _ => Self::Failed,
        }
    }
}

/// Whether the API itself reports that the object of a request does not exist. A page that is not found because of a
/// wrong address does not show this.
#[must_use]
pub fn is_missing(error: &Value) -> bool {
    error.pointer("/api/status").and_then(Value::as_u64) == Some(404)
        && error.pointer("/api/kind").and_then(Value::as_str) == Some("not_found_error")
}

/// Whether the object that an action removes does not exist: a repeated removal is not a failure.
#[must_use]
pub fn is_gone(action: &Action, error: &Value) -> bool {
    action.http.method == Method::Delete && is_missing(error)
}

//! How a command ended, for programs.

use crate::Verdict;
use claude_admin_catalog::{Action, Method};
use serde_json::Value;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was not understood. Nothing was changed.
    Usage,
    /// The policy does not allow it, or it cannot be approved or shown here.
    Denied,
    /// There is no such thing.
    NotFound,
    /// It clashes with what is there, or with what somebody else does.
    Conflict,
    /// The API did not accept the request, or would not: then it was not sent.
    Refused,
    /// It waits for a confirmation, or for somebody else's approval.
    Waiting,
    /// A rate limit was met.
    RateLimited,
    /// The upstream, the network or the component failed. Nothing was changed.
    Failed,
    /// It is not known whether anything was changed.
    Unknown,
    /// A part was done: some pages of a list were read, or a change was made and not all of it.
    Partial,
}

impl Outcome {
    /// Every way to end.
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

    /// Whether there is an answer and no error, so that an answer of rows alone says everything.
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

    /// The status of an answer over HTTP.
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

    /// The word in logs and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
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

    /// How a call ended. `error` is that of the WIT package, given as an object with its case as the only key; none for a
    /// success.
    #[must_use]
    pub fn of(action: &Action, verdict: Verdict, error: Option<&Value>) -> Self {
        match (verdict, error) {
            (Verdict::Probable | Verdict::Unknown, _) => Self::Unknown,
            (Verdict::Changed, Some(_)) => Self::Partial,
            // A success that did not change what it was to change is none.
            (_, None) if action.writes() && verdict != Verdict::Changed => Self::Failed,
            (_, None) => Self::Done,
            (_, Some(error)) if is_gone(action, error) => Self::Done,
            (_, Some(error)) => Self::of_failure(error),
        }
    }

    /// How a call ended that changed nothing.
    fn of_failure(error: &Value) -> Self {
        let api = error.get("api");
        let status = api.and_then(|api| api.get("status")?.as_u64());
        let text = |name: &str| api.and_then(|api| api.get(name)?.as_str()).unwrap_or_default();
        // Such as `already_member` and `invite_already_exists`.
        let clashes = text("code").contains("already");
        match status {
            None if error.get("invalid_argument").is_some() => Self::Usage,
            Some(429) => Self::RateLimited,
            // Only the API knows what is there and what is accepted: not a proxy that answers in its place.
            Some(_) if text("kind").is_empty() => Self::Failed,
            Some(400) if clashes => Self::Conflict,
            Some(400 | 413 | 422) => Self::Refused,
            Some(404) => Self::NotFound,
            Some(409) => Self::Conflict,
            _ => Self::Failed,
        }
    }
}

/// Whether the API itself says that it does not have what a request is about. A page that is not found because the address
/// is wrong says nothing about that.
#[must_use]
pub fn is_missing(error: &Value) -> bool {
    error.pointer("/api/status").and_then(Value::as_u64) == Some(404)
        && error.pointer("/api/kind").and_then(Value::as_str) == Some("not_found_error")
}

/// Whether what an action is to remove is not there: a repeated removal is no failure.
#[must_use]
pub fn is_gone(action: &Action, error: &Value) -> bool {
    action.http.method == Method::Delete && is_missing(error)
}

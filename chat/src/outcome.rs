//! How a command ended, for programs.

use claude_admin_catalog::{Action, Method};
use serde_json::Value;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was not understood. Nothing was sent.
    Usage,
    /// The policy does not allow it.
    Denied,
    /// There is no such thing.
    NotFound,
    /// It clashes with what is there, or with what somebody else does.
    Conflict,
    /// The API did not accept the request.
    Refused,
    /// It waits for a confirmation, or for somebody else's approval.
    Waiting,
    /// A rate limit was met.
    RateLimited,
    /// The upstream, the network or the component failed. Nothing was changed.
    Failed,
    /// It may have been done: nobody saw the end.
    Unknown,
    /// A part was done.
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

    /// How a call ended that returned the error of the WIT package, given as an object with its case as the only key.
    #[must_use]
    pub fn of_failure(error: &Value) -> Self {
        let api = error.get("api");
        let status = api.and_then(|api| api.get("status")?.as_u64());
        // Such as `already_member` and `invite_already_exists`.
        let clashes = api.and_then(|api| api.get("code")?.as_str()).is_some_and(|code| code.contains("already"));
        match status {
            None if error.get("invalid_argument").is_some() => Self::Usage,
            Some(400) if clashes => Self::Conflict,
            Some(400 | 413) => Self::Refused,
            Some(404) => Self::NotFound,
            Some(409) => Self::Conflict,
            Some(429) => Self::RateLimited,
            _ => Self::Failed,
        }
    }
}

/// Whether what an action is to remove is not there: whoever repeats a removal need not be told of a failure. A page that is
/// not found because the address is wrong says nothing about that: only the API's own error does.
#[must_use]
pub fn is_gone(action: &Action, error: &Value) -> bool {
    let kind = error.pointer("/api/kind").and_then(Value::as_str);
    action.http.method == Method::Delete
        && Outcome::of_failure(error) == Outcome::NotFound
        && kind == Some("not_found_error")
}

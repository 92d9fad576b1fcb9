//! How a command ended, for programs.

use crate::decision::approval::SettleError;
use crate::decision::operation::Unsettled;
use crate::decision::plan::ResolveError;
use crate::sandbox::CallError;

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

    pub(super) fn of_resolve_error(error: &ResolveError) -> Self {
        match error {
            ResolveError::NotAllowed { .. } => Self::Denied,
            ResolveError::NotFound { .. } => Self::NotFound,
            ResolveError::Ambiguous { .. } => Self::Conflict,
            ResolveError::Unmentionable { .. } => Self::Usage,
            ResolveError::TooLong { .. } => Self::Usage,
            ResolveError::Unread(error, _) => Self::of_error(error),
        }
    }

    pub(super) fn of_settle_error(error: &SettleError) -> Self {
        match error {
            SettleError::NotFound(_) => Self::NotFound,
            SettleError::Ambiguous(_) => Self::Usage,
            SettleError::Unsettled(_, Unsettled::NotRequester | Unsettled::OwnRequest | Unsettled::NeedsApproval) => {
                Self::Denied
            }
            SettleError::Unsettled(..) | SettleError::Busy(_) => Self::Conflict,
            SettleError::NotAllowed(..) | SettleError::RequesterNotAllowed(..) => Self::Denied,
            SettleError::Unplanned(..) | SettleError::Ledger(_) => Self::Failed,
        }
    }

    pub(super) fn of_error(error: &CallError) -> Self {
        let api = match error {
            CallError::Failed { error, .. } => error.get("api"),
            _ => None,
        };
        let status = error.status();
        // Such as `already_member` and `invite_already_exists`.
        let clashes = api.and_then(|api| api.get("code")?.as_str()).is_some_and(|code| code.contains("already"));
        match (error, status) {
            (CallError::Failed { error, .. }, None) if error.get("invalid_argument").is_some() => Self::Usage,
            (_, Some(400)) if clashes => Self::Conflict,
            (_, Some(400 | 413)) => Self::Refused,
            (_, Some(404)) => Self::NotFound,
            (_, Some(409)) => Self::Conflict,
            (_, Some(429)) => Self::RateLimited,
            _ => Self::Failed,
        }
    }
}

//! How a command ended, by what went wrong.

use crate::decision::approval::SettleError;
use crate::decision::operation::Unsettled;
use crate::decision::plan::ResolveError;
use crate::sandbox::{CallError, LimitKind};
use claude_admin_catalog::Action;
pub use claude_admin_chat::Outcome;

pub(super) fn of_resolve_error(error: &ResolveError) -> Outcome {
    match error {
        ResolveError::NotAllowed { .. } => Outcome::Denied,
        ResolveError::NotFound { .. } => Outcome::NotFound,
        ResolveError::Ambiguous { .. } => Outcome::Conflict,
        ResolveError::Unmentionable { .. } => Outcome::Usage,
        ResolveError::TooLong { .. } | ResolveError::TooMany { .. } => Outcome::Usage,
        ResolveError::Incomplete { .. } | ResolveError::NotUnderstood { .. } => Outcome::Failed,
        ResolveError::Unread(error, _) => of_error(error),
    }
}

pub(super) fn of_settle_error(error: &SettleError) -> Outcome {
    match error {
        SettleError::NotFound(_) => Outcome::NotFound,
        SettleError::Ambiguous(_) => Outcome::Usage,
        SettleError::Unsettled(_, Unsettled::NotRequester | Unsettled::OwnRequest | Unsettled::NeedsApproval) => {
            Outcome::Denied
        }
        SettleError::Unsettled(..) | SettleError::NoReason(..) | SettleError::Busy(_) => Outcome::Conflict,
        SettleError::NotAllowed(..) | SettleError::RequesterNotAllowed(..) => Outcome::Denied,
        SettleError::Unplanned(..) | SettleError::Ledger(_) => Outcome::Failed,
    }
}

/// Whether what an action is to remove is not there.
pub(super) fn is_gone(action: &Action, error: &CallError) -> bool {
    matches!(error, CallError::Failed { error, .. } if claude_admin_chat::is_gone(action, error))
}

pub(super) fn of_error(error: &CallError) -> Outcome {
    match error {
        CallError::Failed { error, .. } => Outcome::of_failure(error),
        CallError::Limit { kind: LimitKind::Queue | LimitKind::Answers, .. } => Outcome::RateLimited,
        _ => Outcome::Failed,
    }
}

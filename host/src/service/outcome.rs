//! How a command ended, by what went wrong.

use crate::decision::approval::{SettleError, Unplanned};
use crate::decision::operation::Unsettled;
use crate::decision::plan::ResolveError;
use crate::sandbox::{CallError, LimitKind};
use claude_admin_catalog::{Action, Catalog, Method};
pub use claude_admin_chat::Outcome;
use claude_admin_chat::Verdict;
use serde_json::Value;

pub(super) fn of_resolve_error(catalog: &Catalog, error: &ResolveError) -> Outcome {
    match error {
        ResolveError::NotAllowed { .. } => Outcome::Denied,
        ResolveError::NotFound { .. } => Outcome::NotFound,
        ResolveError::Ambiguous { .. } => Outcome::Conflict,
        ResolveError::Unmentionable { .. } => Outcome::Usage,
        ResolveError::TooLong { .. } | ResolveError::TooMany { .. } => Outcome::Usage,
        ResolveError::Incomplete { .. } | ResolveError::NotUnderstood { .. } => Outcome::Failed,
        ResolveError::Unread(error, list) => catalog.action(list).map_or(Outcome::Failed, |list| of_read(list, error)),
    }
}

pub(super) fn of_settle_error(catalog: &Catalog, error: &SettleError) -> Outcome {
    match error {
        SettleError::NotFound(_) => Outcome::NotFound,
        SettleError::Ambiguous(_) => Outcome::Usage,
        SettleError::Unsettled(
            _,
            Unsettled::NotRequester | Unsettled::OwnRequest | Unsettled::UnknownPerson | Unsettled::NeedsApproval,
        ) => Outcome::Denied,
        SettleError::Unsettled(..) | SettleError::NoReason(..) | SettleError::Busy(_) => Outcome::Conflict,
        SettleError::NotAllowed(..) | SettleError::WrongName(..) | SettleError::RequesterNotAllowed(..) => {
            Outcome::Denied
        }
        SettleError::Unplanned(_, Unplanned::Resolve(error), _) => of_resolve_error(catalog, error),
        SettleError::Unplanned(operation, Unplanned::Before(error), _) => catalog
            .action(&operation.pending.plan.first().action)
            .map_or(Outcome::Failed, |action| of_read(catalog.state_action(action).unwrap_or(action), error)),
        SettleError::Unplanned(..) | SettleError::Ledger(_) => Outcome::Failed,
    }
}

/// How an action ended, by what its calls did and why the last one gave no result.
pub(super) fn of_call(action: &Action, verdict: Verdict, error: Option<&CallError>) -> Outcome {
    match error {
        None => Outcome::of(action, verdict, None),
        Some(CallError::Failed { error }) => Outcome::of(action, verdict, Some(error)),
        Some(CallError::Limit { kind: LimitKind::Queue | LimitKind::Answers }) if !verdict.is_uncertain() => {
            Outcome::RateLimited
        }
        // The host stopped the call, or does not believe the component.
        Some(_) => Outcome::of(action, verdict, Some(&Value::Null)),
    }
}

/// How a command ended whose lookup, or whose read for a plan, gave no result.
pub(super) fn of_read(action: &Action, error: &CallError) -> Outcome {
    of_call(action, Verdict::Unchanged, Some(error))
}

/// Whether there is nothing to remove, since the API does not have what an address stands for. A repeated removal ends
/// alike, however its target is written.
pub(super) fn removes_nothing(action: &Action, error: &ResolveError) -> bool {
    action.http.method == Method::Delete && matches!(error, ResolveError::NotFound { .. })
}

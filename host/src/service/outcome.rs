//! The outcome of a command, from the error that ended it.

use crate::decision::plan::ResolveError;
use crate::sandbox::{CallError, LimitKind};
use claude_admin_catalog::{Action, Method};
pub use claude_admin_chat::Outcome;
use claude_admin_chat::Verdict;
use serde_json::Value;

/// The outcome of an action, from the effect of its calls and the error of the last one.
pub(super) fn of_call(action: &Action, verdict: Verdict, error: Option<&CallError>) -> Outcome {
    match error {
        None => Outcome::of(action, verdict, None),
        Some(CallError::Failed { error }) => Outcome::of(action, verdict, Some(error)),
        Some(CallError::Limit { kind: LimitKind::Queue | LimitKind::Answers }) if !verdict.is_uncertain() => {
            Outcome::RateLimited
        }
        // The host stopped the call, or the report of the component contradicts the requests that were sent.
        Some(_) => Outcome::of(action, verdict, Some(&Value::Null)),
    }
}

/// The outcome of a command whose lookup, or whose read for a plan, failed.
pub(super) fn of_read(action: &Action, error: &CallError) -> Outcome {
    of_call(action, Verdict::Unchanged, Some(error))
}

/// Whether there is nothing to remove, because no object at the API matches the address of the target. A repeated
/// removal has the same outcome, with an ID or with an address.
pub(super) fn removes_nothing(action: &Action, error: &ResolveError) -> bool {
    action.http.method == Method::Delete && matches!(error, ResolveError::NotFound { .. })
}

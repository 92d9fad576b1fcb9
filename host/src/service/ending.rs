//! The meaning of an error of the decision: the outcome of the command and the code in the audit log, in one match.

use super::cause;
use super::outcome::{Outcome, of_read};
use crate::audit::Code;
use crate::decision::approval::{ProposeError, SettleError, Unplanned};
use crate::decision::operation::Unsettled;
use crate::decision::plan::{ListError, ResolveError, Unlisted, code_of};
use claude_admin_catalog::{Action, Catalog, Futility};

/// The end of a command that an error ended.
pub(super) struct Ending {
    /// The outcome.
    pub(super) outcome: Outcome,
    /// The code.
    pub(super) code: Code,
}

fn end(outcome: Outcome, code: &'static str) -> Ending {
    Ending { outcome, code: Code::new(code) }
}

/// The end of a command of an action.
pub(super) fn of_propose_error(catalog: &Catalog, action: &Action, error: &ProposeError) -> Ending {
    match error {
        ProposeError::Denied(denial, _) => Ending { outcome: Outcome::Denied, code: cause::of_denial(denial) },
        ProposeError::NoApprover(..) => end(Outcome::Denied, "no-possible-approver"),
        ProposeError::Unavailable(error, _) => {
            Ending { outcome: Outcome::Failed, code: cause::of_credential_error(error) }
        }
        ProposeError::NoReason(_) => end(Outcome::Usage, "reason-needed"),
        ProposeError::TooManyPending(_) => end(Outcome::RateLimited, "too-many-pending"),
        // The target of a removal does not exist: a repeated removal is not a failure.
        ProposeError::Before(error, _) => Ending { outcome: of_read(action, error), code: cause::of_call_error(error) },
        ProposeError::Resolve(error) => of_resolve_error(catalog, error),
        ProposeError::Refused(_) => Ending { outcome: Outcome::Refused, code: code_of(Futility::Refused) },
        ProposeError::NoResult(_) => end(Outcome::Failed, "no-result-of-a-step"),
        ProposeError::NotAStep(_) => end(Outcome::Usage, "not-one-of-several"),
        ProposeError::TooManySteps { .. } => end(Outcome::Usage, "too-many-steps"),
        ProposeError::Several(_) => end(Outcome::Failed, "not-all-can-run"),
        ProposeError::Ledger(_) => end(Outcome::Failed, "audit-log-unavailable"),
    }
}

/// The end of a request for the items of a list.
pub(super) fn of_list_error(catalog: &Catalog, error: &ListError) -> Ending {
    match error {
        ListError::Resolve(error) => of_resolve_error(catalog, error),
        ListError::Unlisted(Unlisted::NotAllowed) => end(Outcome::Denied, "lookup-not-permitted"),
        ListError::Unlisted(Unlisted::TooLong) => end(Outcome::Usage, "lookup-too-long"),
        ListError::Unlisted(Unlisted::Incomplete) => end(Outcome::Failed, "lookup-incomplete"),
        ListError::Unlisted(Unlisted::Failed(error)) => {
            Ending { outcome: Outcome::Failed, code: cause::of_call_error(error) }
        }
        ListError::Item(_) => end(Outcome::Usage, "items-are-no-targets"),
    }
}

/// The end of a decision about a pending request.
pub(super) fn of_settle_error(catalog: &Catalog, error: &SettleError) -> Ending {
    match error {
        SettleError::NotFound(_) => end(Outcome::NotFound, "no-such-operation"),
        SettleError::Ambiguous(ids) => {
            Ending { outcome: Outcome::Usage, code: Code::new("ambiguous-operation").names("operations", ids) }
        }
        SettleError::Unsettled(_, unsettled) => match unsettled {
            Unsettled::Settled => end(Outcome::Conflict, "already-decided"),
            Unsettled::OtherVersion => end(Outcome::Conflict, "other-version"),
            Unsettled::NoVersion => end(Outcome::Conflict, "no-version"),
            Unsettled::Twice => end(Outcome::Conflict, "approved-twice"),
            Unsettled::NoApprovalNeeded => end(Outcome::Conflict, "no-approval-needed"),
            Unsettled::NotRequester => end(Outcome::Denied, "not-the-requester"),
            Unsettled::AddsSteps => end(Outcome::Denied, "adds-steps"),
            Unsettled::OwnRequest => end(Outcome::Denied, "own-request"),
            Unsettled::UnknownPerson => end(Outcome::Denied, "unknown-person"),
            Unsettled::NeedsApproval => end(Outcome::Denied, "approval-needed"),
            Unsettled::NothingSelected => end(Outcome::Conflict, "nothing-selected"),
        },
        SettleError::NotAllowed(_, denial) => Ending { outcome: Outcome::Denied, code: cause::of_denial(denial) },
        SettleError::WrongName(..) => end(Outcome::Denied, "name-not-typed"),
        SettleError::RequesterNotAllowed(operation, ..) => {
            let requester = operation.pending.requester.to_string();
            let code = Code::new("requester-not-permitted").name("requester", requester.as_str());
            Ending { outcome: Outcome::Denied, code }
        }
        SettleError::Unplanned(operation, unplanned, _) => match unplanned {
            Unplanned::NoAction => end(Outcome::Failed, "no-such-action"),
            Unplanned::NoPlaybook => end(Outcome::Failed, "no-such-playbook"),
            Unplanned::Altered => end(Outcome::Failed, "plan-altered"),
            Unplanned::SecretsForgotten => end(Outcome::Failed, "secret-arguments-forgotten"),
            Unplanned::Resolve(error) => of_resolve_error(catalog, error),
            Unplanned::Before(error) => {
                let action = catalog.action(&operation.pending.plan.first().action);
                let read = action.map(|action| catalog.state_action(action).unwrap_or(action));
                let outcome = read.map_or(Outcome::Failed, |read| of_read(read, error));
                Ending { outcome, code: cause::of_call_error(error) }
            }
        },
        SettleError::NoSuchOption(_, number) => {
            Ending { outcome: Outcome::Usage, code: Code::new("no-such-option").number("step", *number) }
        }
        SettleError::SelectionNeedsReason(_) => end(Outcome::Usage, "reason-needed"),
        SettleError::NoApprover(..) => end(Outcome::Denied, "no-possible-approver"),
        SettleError::NoReason(..) => end(Outcome::Conflict, "reason-needed"),
        SettleError::Busy(_) => end(Outcome::Conflict, "decided-at-the-same-time"),
        SettleError::Ledger(_) => end(Outcome::Failed, "audit-log-unavailable"),
    }
}

/// The end of a lookup.
fn of_resolve_error(catalog: &Catalog, error: &ResolveError) -> Ending {
    match error {
        ResolveError::NotAllowed { .. } => end(Outcome::Denied, "lookup-not-permitted"),
        ResolveError::NotFound { .. } => end(Outcome::NotFound, "target-not-found"),
        ResolveError::Ambiguous { .. } => end(Outcome::Conflict, "target-ambiguous"),
        ResolveError::Unmentionable { .. } => end(Outcome::Usage, "mention-not-resolved"),
        ResolveError::TooLong { .. } => end(Outcome::Usage, "lookup-too-long"),
        ResolveError::TooMany { .. } => end(Outcome::Usage, "too-many-lookups"),
        ResolveError::Incomplete { .. } => end(Outcome::Failed, "lookup-incomplete"),
        ResolveError::NotUnderstood { .. } => end(Outcome::Failed, "lookup-not-understood"),
        ResolveError::Unread(error, list) => {
            let outcome = catalog.action(list).map_or(Outcome::Failed, |list| of_read(list, error));
            Ending { outcome, code: cause::of_call_error(error) }
        }
    }
}

//! The reasons why a decision has no effect.

use super::NoApprover;
use crate::execute::CallError;
use crate::operation::{LedgerError, Operation, Unsettled};
use crate::plan::ResolveError;
use crate::policy::Denial;
use claude_admin_audit::{Code, Entry};
use claude_admin_chat::is_missing;

/// The reason why a decision has no effect. It changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// The operation does not exist, or this user cannot see it.
    #[error("there is no operation `{0}`")]
    NotFound(String),
    /// The beginning of the ID matches several operations.
    #[error("several operations begin with this ID: {}", .0.join(", "))]
    Ambiguous(Vec<String>),
    /// The decision does not count.
    #[error("the decision does not count")]
    Unsettled(Box<Operation>, Unsettled),
    /// This user cannot make this decision.
    #[error("{}", .1.message)]
    NotAllowed(Box<Operation>, Denial),
    /// A lone operator did not type the name of the target, which is this text.
    #[error("the typed text is not the name of the target")]
    WrongName(Box<Operation>, String),
    /// The requester is no longer permitted to run the command.
    ///
    /// The last value contains the API request IDs of the requests for the rebuilt plan.
    #[error("the requester is no longer permitted to run the command")]
    RequesterNotAllowed(Box<Operation>, Denial, Vec<String>),
    /// The plan cannot be rebuilt; with the API request IDs of the requests.
    #[error("the plan cannot be rebuilt: {1}")]
    Unplanned(Box<Operation>, Unplanned, Vec<String>),
    /// The policy now requires a reason, and the request has none.
    #[error("the policy requires a reason")]
    NoReason(Box<Operation>, Vec<String>),
    /// The selected steps require a reason, and none is given.
    #[error("the selected steps require a reason")]
    SelectionNeedsReason(Box<Operation>),
    /// The request has no optional step with this number.
    #[error("the request has no optional step {1}")]
    NoSuchOption(Box<Operation>, u32),
    /// No user could approve the selected steps.
    #[error("no user can approve the selected steps")]
    NoApprover(Box<Operation>, NoApprover),
    /// Other users decide about the request continuously.
    #[error("other users decide about the request at the same time")]
    Busy(Box<Operation>),
    /// The audit log cannot be written.
    #[error("{0}")]
    Ledger(LedgerError),
}

/// The reason why a plan cannot be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum Unplanned {
    /// The component no longer has the action.
    #[error("the component no longer has the action")]
    NoAction,
    /// The host no longer has the playbook that proposed the steps, or has another version of it.
    #[error("the host no longer has this version of the playbook")]
    NoPlaybook,
    /// The recorded plan is not the one that was requested.
    #[error("the recorded plan is not the one that was requested")]
    Altered,
    /// Some of its arguments are secrets, which were only in the memory of the host that received the request.
    #[error("secret arguments were only in the memory of another host")]
    SecretsForgotten,
    /// An address no longer matches exactly one ID.
    #[error("an address matches no single ID")]
    Resolve(ResolveError),
    /// The target cannot be read.
    #[error("the target cannot be read: {0}")]
    Before(CallError),
}

impl Unplanned {
    /// The API call that failed, if there is one.
    #[must_use]
    pub fn failed_call(&self) -> Option<&CallError> {
        match self {
            Self::Before(error) => Some(error),
            Self::Resolve(ResolveError::Unread(error, _)) => Some(error),
            _ => None,
        }
    }

    /// The code for a target that no longer exists, if that is the reason.
    pub(super) fn gone(&self) -> Option<Code> {
        let code = Code::new("target-gone");
        match self {
            Self::Resolve(ResolveError::NotFound { written, list, .. }) => {
                Some(code.name("written", written.as_str()).name("list", list.replace(' ', ".").as_str()))
            }
            Self::Before(error) if error.reported().is_some_and(is_missing) => Some(code.number("status", 404_u64)),
            Self::NoAction
            | Self::NoPlaybook
            | Self::Altered
            | Self::SecretsForgotten
            | Self::Resolve(_)
            | Self::Before(_) => None,
        }
    }
}

impl From<LedgerError> for SettleError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl SettleError {
    /// The operation that the error is about, if it is known.
    #[must_use]
    pub fn operation(&self) -> Option<&Operation> {
        match self {
            Self::Unsettled(operation, _)
            | Self::NotAllowed(operation, _)
            | Self::WrongName(operation, _)
            | Self::RequesterNotAllowed(operation, ..)
            | Self::Unplanned(operation, ..)
            | Self::NoReason(operation, _)
            | Self::SelectionNeedsReason(operation)
            | Self::NoSuchOption(operation, _)
            | Self::NoApprover(operation, _)
            | Self::Busy(operation) => Some(operation),
            Self::NotFound(_) | Self::Ambiguous(_) | Self::Ledger(_) => None,
        }
    }

    /// Adds to an entry the policies that decided, the operation, and the lookups.
    #[must_use]
    pub fn note(&self, entry: Entry) -> Entry {
        let entry = match self.operation() {
            Some(operation) => operation.note(entry),
            None => entry,
        };
        match self {
            Self::NotAllowed(_, denial) => entry.decided_by(denial.policies()),
            Self::RequesterNotAllowed(_, denial, lookups) => entry.decided_by(denial.policies()).after_lookups(lookups),
            Self::Unplanned(.., lookups) | Self::NoReason(_, lookups) => entry.after_lookups(lookups),
            _ => entry,
        }
    }
}

//! Why a decision comes to nothing.

use crate::execute::CallError;
use crate::operation::{LedgerError, Operation, Unsettled};
use crate::plan::ResolveError;
use crate::policy::Denial;
use claude_admin_audit::{Code, Entry};
use claude_admin_chat::is_missing;

/// Why a decision comes to nothing. Nothing was changed by it.
#[derive(Debug)]
pub enum SettleError {
    /// There is no such operation, or it is none of this person's business.
    NotFound(String),
    /// Several operations begin like that.
    Ambiguous(Vec<String>),
    /// It does not count.
    Unsettled(Box<Operation>, Unsettled),
    /// This person may not decide that.
    NotAllowed(Box<Operation>, Denial),
    /// A lone operator typed another text than the name of the target, which is this.
    WrongName(Box<Operation>, String),
    /// Its requester may not do it any more.
    ///
    /// With it come the ids at the API of the requests by which the plan was made anew.
    RequesterNotAllowed(Box<Operation>, Denial, Vec<String>),
    /// Its plan cannot be made anew; with the ids at the API of the requests.
    Unplanned(Box<Operation>, Unplanned, Vec<String>),
    /// The policy asks for a reason by now, and it was asked for without one.
    NoReason(Box<Operation>, Vec<String>),
    /// Others decide about it all the time.
    Busy(Box<Operation>),
    /// The audit trail cannot be written.
    Ledger(LedgerError),
}

/// Why a plan cannot be made anew.
#[derive(Debug)]
pub enum Unplanned {
    /// The component has no such action any more.
    NoAction,
    /// What was recorded of it is not what was asked for.
    Altered,
    /// Some of its arguments are secrets, which were only in the memory of the host that took the request.
    SecretsForgotten,
    /// An address no longer stands for exactly one id.
    Resolve(ResolveError),
    /// What it is done to cannot be read.
    Before(CallError),
}

impl Unplanned {
    /// The call of the API that failed, where one did.
    #[must_use]
    pub fn failed_call(&self) -> Option<&CallError> {
        match self {
            Self::Before(error) => Some(error),
            Self::Resolve(ResolveError::Unread(error, _)) => Some(error),
            _ => None,
        }
    }

    /// Why there is nothing any more that it could be done to, if that is so.
    pub(super) fn gone(&self) -> Option<Code> {
        let code = Code::new("target-gone");
        match self {
            Self::Resolve(ResolveError::NotFound { written, list, .. }) => {
                Some(code.name("written", written.as_str()).name("list", list.replace(' ', ".").as_str()))
            }
            Self::Before(error) if error.reported().is_some_and(is_missing) => Some(code.number("status", 404_u64)),
            Self::NoAction | Self::Altered | Self::SecretsForgotten | Self::Resolve(_) | Self::Before(_) => None,
        }
    }
}

impl From<LedgerError> for SettleError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl SettleError {
    /// The operation that it is about, where that is known.
    #[must_use]
    pub fn operation(&self) -> Option<&Operation> {
        match self {
            Self::Unsettled(operation, _)
            | Self::NotAllowed(operation, _)
            | Self::WrongName(operation, _)
            | Self::RequesterNotAllowed(operation, ..)
            | Self::Unplanned(operation, ..)
            | Self::NoReason(operation, _)
            | Self::Busy(operation) => Some(operation),
            Self::NotFound(_) | Self::Ambiguous(_) | Self::Ledger(_) => None,
        }
    }

    /// Says what was decided by which policies, about which operation, and what was looked up for it.
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

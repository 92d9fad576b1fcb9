//! Commands of the host itself: identity, pending requests, permissions and the audit log.

mod read;
mod table;

pub(super) use read::read;
pub use table::{AuditVerb, HOST_COMMANDS, HostArgument, HostCommandForm, HostCommandInfo, HostCommandKey, HostFlag};

use super::{Draft, Options, Reason};
use crate::Choice;
use crate::identity::Principal;
use std::collections::BTreeSet;
use std::fmt;

/// A command of the host itself.
#[derive(Debug, Clone, PartialEq)]
pub enum HostCommand {
    /// Show the requester.
    WhoAmI,
    /// Show the status of the host, or of an operation.
    Status(Option<String>),
    /// List the pending requests.
    Pending,
    /// Decide about a pending request.
    Decide {
        /// The operation: its ID or a prefix of it.
        operation: String,
        /// The version of its plan, if it is given.
        version: Option<u32>,
        /// The decision.
        choice: Choice,
        /// The reason.
        reason: Option<Reason>,
    },
    /// Select optional steps of a pending request.
    Select {
        /// The operation: its ID or a prefix of it.
        operation: String,
        /// The numbers of the steps; none for every optional step.
        steps: Option<BTreeSet<u32>>,
        /// The reason of the request.
        reason: Option<Reason>,
    },
    /// Plan the commands of an earlier request that were not done: its ID or a prefix of it.
    Resume(String),
    /// Report whether a command would be allowed, without running it.
    CanI {
        /// The command. Required arguments can be missing.
        draft: Draft,
        /// Its options: the reason can affect the result.
        options: Options,
        /// Whether to show the policies.
        explain: bool,
        /// The principal of the question. Default: the requester.
        principal: Option<Principal>,
    },
    /// Read the audit log.
    Audit(AuditCommand),
    /// Show the active policy.
    Policy,
}

impl HostCommand {
    /// Its row in the table.
    #[must_use]
    pub fn info(&self) -> &'static HostCommandInfo {
        HostCommandInfo::of(match self {
            Self::WhoAmI => HostCommandKey::WhoAmI,
            Self::Status(_) => HostCommandKey::Status,
            Self::Pending => HostCommandKey::Pending,
            Self::Decide { choice, .. } => HostCommandKey::Decide(*choice),
            Self::Select { .. } => HostCommandKey::Select,
            Self::Resume(_) => HostCommandKey::Resume,
            Self::CanI { .. } => HostCommandKey::CanI,
            Self::Audit(_) => HostCommandKey::Audit,
            Self::Policy => HostCommandKey::Policy,
        })
    }
}

/// A way to read the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditCommand {
    /// The last entries.
    Tail(usize),
    /// The entries that match.
    Search(AuditSearch),
    /// Check every entry. If a published head is given, also compare with it.
    Verify(Option<String>),
    /// The head of the hash chain, for publication.
    Head,
}

impl AuditCommand {
    /// Its verb.
    #[must_use]
    pub fn verb(&self) -> AuditVerb {
        match self {
            Self::Tail(_) => AuditVerb::Tail,
            Self::Search(_) => AuditVerb::Search,
            Self::Verify(_) => AuditVerb::Verify,
            Self::Head => AuditVerb::Head,
        }
    }
}

/// As a user types it, for the audit log.
impl fmt::Display for AuditCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "audit {}", self.verb().as_str())?;
        match self {
            Self::Tail(count) => write!(f, " {count}"),
            Self::Search(wanted) => {
                let AuditSearch { since, until, operation, principal, action, kind, text, limit } = wanted;
                let limit = limit.map(|limit| limit.to_string());
                let flags = [
                    ("since", since),
                    ("until", until),
                    ("operation", operation),
                    ("principal", principal),
                    ("action", action),
                    ("kind", kind),
                    ("text", text),
                    ("limit", &limit),
                ];
                let given = flags.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
                given.into_iter().try_for_each(|(name, value)| write!(f, " --{name} {value:?}"))
            }
            Self::Verify(Some(head)) => write!(f, " --head {head}"),
            Self::Verify(None) | Self::Head => Ok(()),
        }
    }
}

/// The values that entries must have. An absent value matches every entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the columns")]
pub struct AuditSearch {
    pub since: Option<String>,
    pub until: Option<String>,
    pub operation: Option<String>,
    pub principal: Option<String>,
    pub action: Option<String>,
    pub kind: Option<String>,
    pub text: Option<String>,
    pub limit: Option<usize>,
}

//! Operations: what waits for a decision, what runs, how it ended.
//!
//! Nothing of this is stored by itself. The audit trail is the one thing that is stored, and operations are what its
//! entries come to: so that the two cannot disagree.

mod change;
mod clock;
mod ledger;
mod notice;
mod projection;
mod reader_queue;
mod receipt;
mod request_key;

pub use clock::Clock;
pub use ledger::{CommitError, Ledger, LedgerError};
pub use notice::{Change, Delivery, Notices, Progress};
pub use projection::Projection;
pub use receipt::Receipt;
pub use request_key::{FirstDelivery, NotClaimed, RequestKey};

use super::people::{People, Relation};
use super::plan::{Plan, Step};
use super::policy::Requirements;
use claude_admin_audit::{Cause, Effect, Entry, Event};
use claude_admin_chat::Changed;
use claude_admin_chat::Choice;
use claude_admin_chat::identity::{Place, Principal};
use claude_admin_chat::paging::memory_of;
use serde::{Deserialize, Serialize};

/// A plan that waits: everything that is needed to do it later, on any host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// Counts the plans of one operation: a decision is about one of them.
    pub version: u32,
    /// Who wants it.
    pub requester: Principal,
    /// Where it was asked for.
    pub place: Place,
    /// What is to be done.
    pub plan: Plan,
    /// What must be decided first.
    pub requirements: Requirements,
    /// Why it is wanted.
    pub reason: Option<String>,
}

impl Pending {
    /// The bytes of memory that a request needs, by its recorded form.
    #[must_use]
    pub fn bytes(&self, recorded: &str) -> usize {
        let values = self.plan.steps().iter().flat_map(|step| step.arguments.values().chain(step.before.value()));
        values.map(memory_of).fold(recorded.len(), usize::saturating_add)
    }

    /// Says that an entry is about this plan of an operation.
    #[must_use]
    pub fn note(&self, operation: &str, entry: Entry) -> Entry {
        let (plan_hash, version) = (Some(self.plan.hash()), Some(self.version));
        Entry { plan_hash, version, ..self.plan.note(operation, entry) }
    }
}

/// A decision about what waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    /// Who.
    pub principal: Principal,
    /// Where.
    pub place: Place,
    /// What.
    pub choice: Choice,
    /// Why.
    pub reason: Option<String>,
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
}

/// A lone operator typed the name of the target and waited: no approval by a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovedAlone {
    /// The operator.
    pub principal: Principal,
    /// The seconds between the name and the entry.
    pub delay_seconds: u64,
    /// When it was recorded, in milliseconds since 1970.
    pub time_ms: i64,
}

/// How an operation stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum State {
    /// It waits for decisions.
    Waiting,
    /// Its request may be on the way.
    Running {
        /// The host that runs it.
        host: String,
    },
    /// It ended: the word of its outcome, which is `unknown` where nobody saw the end.
    Ended {
        /// The word.
        result: String,
        /// Whether anything was changed, where that is recorded.
        changed: Option<Changed>,
        /// The ids of its requests at the API.
        requests: Vec<String>,
        /// What went wrong, where something did.
        cause: Option<Cause>,
    },
    /// Somebody rejected it.
    Rejected,
    /// Its requester cancelled it.
    Cancelled,
    /// Nobody settled it in time.
    Expired,
}

/// The number of the first step of a plan.
pub const FIRST_STEP: u32 = 1;
/// The word of an outcome that nobody saw.
pub const UNKNOWN: &str = "unknown";
/// The word of an outcome for which there was nothing to do any more: the target is gone.
pub const GONE: &str = "not_found";

/// One operation. Its recorded form is the state of an operation that is carried: see [`Event::Carried`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// The ID. It is recorded with the entry.
    #[serde(skip)]
    pub id: String,
    /// What waits or waited.
    pub pending: Pending,
    /// The hash of its plan.
    pub plan_hash: String,
    /// The hash of the policy that asked for decisions.
    pub policy_hash: String,
    /// When it was asked for, in milliseconds since 1970.
    pub requested_ms: i64,
    /// When it ends by itself.
    pub expires_ms: i64,
    /// What was decided about this version, in order.
    pub decisions: Vec<Decided>,
    /// The approval of a lone operator instead of that of others, if there was one.
    pub alone: Option<ApprovedAlone>,
    /// How it stands.
    pub state: State,
    /// When that began.
    pub since_ms: i64,
    /// The first record that matters for it.
    #[serde(skip)]
    pub first_seq: u64,
    /// The change of the plan that led to this version, if any.
    pub change: Option<Change>,
    /// The messages about it.
    pub notices: Notices,
    /// Whether the secret in its answer did not reach its requester.
    pub undelivered: bool,
    /// The bytes of memory that it needs, as far as others than the host decide about it.
    #[serde(skip)]
    pub bytes: usize,
}

/// Why a decision does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsettled {
    /// It is settled already.
    Settled,
    /// It changed since: the decision is about an older plan.
    OtherVersion,
    /// It changed since it was asked for, and the decision does not say which plan it is about.
    NoVersion,
    /// Only its requester may do that.
    NotRequester,
    /// Its requester may not do that.
    OwnRequest,
    /// This person decided already.
    Twice,
    /// The configuration does not say that they are another person than the requester or an earlier approver, who uses
    /// another platform.
    UnknownPerson,
    /// It waits for nobody's approval.
    NoApprovalNeeded,
    /// Its requester alone is not enough.
    NeedsApproval,
}

impl State {
    /// The word for people and programs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Waiting => "waiting",
            Self::Running { .. } => "running",
            Self::Ended { result, .. } => result,
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Whether a write with this state changed anything; none for an end that was recorded before this was.
    fn changed(&self) -> Option<Changed> {
        match self {
            Self::Waiting | Self::Rejected | Self::Cancelled | Self::Expired => Some(Changed::No),
            Self::Running { .. } => Some(Changed::Unknown),
            Self::Ended { changed: None, result, .. } if result == GONE => Some(Changed::No),
            Self::Ended { changed: None, result, .. } if result == UNKNOWN => Some(Changed::Unknown),
            Self::Ended { changed, .. } => *changed,
        }
    }

    /// Whether nothing more happens to it.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !matches!(self, Self::Waiting | Self::Running { .. })
    }
}

impl Operation {
    /// Whether it waits at a time.
    #[must_use]
    pub fn waits(&self, now_ms: i64) -> bool {
        self.state == State::Waiting && now_ms < self.expires_ms
    }

    /// Whether anything was changed; none for an end that was recorded before this was.
    #[must_use]
    pub fn changed(&self) -> Option<Changed> {
        let reads = |step: &Step| step.operation == Some(Effect::Read);
        if self.pending.plan.steps().iter().all(reads) { Some(Changed::No) } else { self.state.changed() }
    }

    /// Who approved it.
    pub fn approvers(&self) -> impl Iterator<Item = &Decided> {
        self.decisions.iter().filter(|decided| decided.choice == Choice::Approve)
    }

    /// What a decision that is typed names: the id, and the version of the plan that it is about.
    #[must_use]
    pub fn plan_id(&self) -> String {
        format!("{}.{}", self.id, self.pending.version)
    }

    /// Checks whether somebody's decision counts. Without a version, it can only be about the first plan, unless it takes
    /// the request back.
    ///
    /// # Errors
    ///
    /// [`Unsettled`] when it does not.
    pub fn accepts(
        &self,
        version: Option<u32>,
        who: &Principal,
        people: &People,
        choice: Choice,
        now_ms: i64,
    ) -> Result<(), Unsettled> {
        let own = *who == self.pending.requester;
        if !self.waits(now_ms) {
            return Err(Unsettled::Settled);
        }
        match version {
            Some(version) if version != self.pending.version => return Err(Unsettled::OtherVersion),
            None if self.pending.version != 1 && choice != Choice::Cancel => return Err(Unsettled::NoVersion),
            _ => {}
        }
        match choice {
            Choice::Confirm | Choice::Cancel if !own => Err(Unsettled::NotRequester),
            // Anybody can prevent what they asked for themselves, from any of their accounts.
            Choice::Approve | Choice::Reject if own => Err(Unsettled::OwnRequest),
            Choice::Approve | Choice::Reject if self.pending.requirements.approvals.is_empty() => {
                Err(Unsettled::NoApprovalNeeded)
            }
            Choice::Approve => {
                let approvers = self.approvers().map(|decided| (&decided.principal, Unsettled::Twice));
                let others = [(&self.pending.requester, Unsettled::OwnRequest)].into_iter().chain(approvers);
                others.into_iter().try_for_each(|(other, same)| match people.relation(other, who) {
                    Relation::Different => Ok(()),
                    Relation::Same => Err(same),
                    Relation::Unknown => Err(Unsettled::UnknownPerson),
                })
            }
            _ => Ok(()),
        }
    }

    /// Whether its approvals, and some more, can be enough by their number. Whether each still counts is another question.
    #[must_use]
    pub fn has_approvals(&self, more: usize) -> bool {
        let needed = self.pending.requirements.approvals.iter().map(|rule| rule.count).max().unwrap_or_default();
        usize::try_from(needed).is_ok_and(|needed| self.approvers().count() + more >= needed)
    }

    /// Whether approvals are enough: for each, which of the rules it counts for. One person may count for several rules,
    /// and once for each.
    #[must_use]
    pub fn enough(&self, approvals: &[Vec<bool>]) -> bool {
        self.pending.requirements.approvals.iter().enumerate().all(|(index, rule)| {
            let counting = approvals.iter().filter(|counts| counts.get(index) == Some(&true)).count();
            u32::try_from(counting).is_ok_and(|counting| counting >= rule.count)
        })
    }

    /// Whether its plan is the one whose hash was recorded with it.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.pending.plan.has_hash(&self.plan_hash)
    }

    /// An entry about what the host does with it, for whoever asked.
    #[must_use]
    pub fn entry(&self, event: Event) -> Entry {
        self.note(Entry::by(&self.pending.requester, &self.pending.place, event))
    }

    /// An entry about the step that runs, for its requester. The steps of a plan are numbered from 1.
    #[must_use]
    pub fn entry_of_step(&self, number: u32, event: Event) -> Entry {
        let entry = Entry { step: Some(number), ..self.entry(event) };
        let index = usize::try_from(number).unwrap_or(usize::MAX).wrapping_sub(1);
        match self.pending.plan.steps().get(index) {
            Some(step) => step.note(entry),
            None => entry,
        }
    }

    /// Says that an entry is about it, and about the plan that was recorded last.
    #[must_use]
    pub fn note(&self, entry: Entry) -> Entry {
        Entry { plan_hash: Some(self.plan_hash.clone()), ..self.pending.note(&self.id, entry) }
    }
}

/// How an entry changes an operation.
impl Operation {
    fn apply(&mut self, entry: &Entry) {
        if self.notices.apply(&entry.event) {
            return;
        }
        let state = match &entry.event {
            Event::Superseded { differences } => {
                let (by, differences) = (entry.principal.clone(), differences.clone());
                self.change = Some(Change { by, differences });
                return;
            }
            Event::Decided { decision, reason } => {
                if let (Some(principal), Some(place)) = (&entry.principal, &entry.place) {
                    let (principal, place) = (principal.clone(), place.clone());
                    let (choice, reason) = (*decision, reason.clone());
                    self.decisions.push(Decided { principal, place, choice, reason, time_ms: entry.time_ms });
                }
                match decision {
                    Choice::Reject => State::Rejected,
                    Choice::Cancel => State::Cancelled,
                    Choice::Confirm | Choice::Approve => return,
                }
            }
            Event::ApprovedAlone { delay_seconds } => {
                let of = |principal| ApprovedAlone { principal, delay_seconds: *delay_seconds, time_ms: entry.time_ms };
                self.alone = entry.principal.clone().map(of);
                return;
            }
            Event::Intent { host, .. } => State::Running { host: host.clone() },
            Event::Outcome { result, changed, requests, cause, .. } => State::Ended {
                result: result.clone(),
                changed: *changed,
                requests: requests.clone(),
                cause: cause.clone(),
            },
            Event::Undelivered => {
                self.undelivered = true;
                return;
            }
            Event::Expired => State::Expired,
            _ => return,
        };
        self.state = state;
        self.since_ms = entry.time_ms;
    }
}

//! Operations: pending, running and ended.
//!
//! Operations are not stored separately. Only the audit log is stored, and the operations result from its entries. So
//! the two cannot disagree.

mod change;
mod clock;
mod ledger;
mod notice;
mod projection;
mod reader_queue;
mod receipt;
mod request_key;
mod steps;

pub use clock::Clock;
pub use ledger::{CommitError, Ledger, LedgerError};
pub use notice::{Change, Delivery, Notices, Progress};
pub use projection::Projection;
pub use receipt::Receipt;
pub use request_key::{FirstDelivery, NotClaimed, RequestKey};
pub use steps::DONE;
pub(crate) use steps::StepEnd;

use super::people::{People, Relation};
use super::plan::{Plan, Step};
use super::policy::Requirements;
use claude_admin_audit::{Cause, Effect, Entry, Event};
use claude_admin_chat::Changed;
use claude_admin_chat::Choice;
use claude_admin_chat::command::Invocation;
use claude_admin_chat::identity::{Place, Principal};
use claude_admin_chat::paging::memory_of;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The plan of a pending request: all data that is needed to run it later, on any host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// The number of the plan among those of its operation: a decision is about one of them.
    pub version: u32,
    /// The requester.
    pub requester: Principal,
    /// The person that the requester is mapped to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The place of the request.
    pub place: Place,
    /// The plan.
    pub plan: Plan,
    /// The decisions that are needed first.
    pub requirements: Requirements,
    /// The reason that the requester gave.
    pub reason: Option<String>,
}

impl Pending {
    /// The bytes of memory that a request needs, calculated from its recorded form.
    #[must_use]
    pub fn bytes(&self, recorded: &str) -> usize {
        let steps = self.plan.all_numbered().map(|(_, step)| step);
        let values = steps.flat_map(|step| step.arguments.values().chain(step.before.value()));
        values.map(memory_of).fold(recorded.len(), usize::saturating_add)
    }

    /// Adds to an entry that it is about this plan of an operation.
    #[must_use]
    pub fn note(&self, operation: &str, entry: Entry) -> Entry {
        let (plan_hash, version) = (Some(self.plan.hash()), Some(self.version));
        let is_by_requester = entry.principal.as_ref() == Some(&self.requester);
        let person = entry.person.clone().or_else(|| self.person.clone().filter(|_| is_by_requester));
        Entry { plan_hash, version, person, ..self.plan.note(operation, entry) }
    }
}

/// A decision about a pending request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    /// The principal.
    pub principal: Principal,
    /// The place.
    pub place: Place,
    /// The decision.
    pub choice: Choice,
    /// The reason.
    pub reason: Option<String>,
    /// The time, in milliseconds since 1970.
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

/// The state of an operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum State {
    /// The request is pending.
    Waiting,
    /// The request might be on its way to the API.
    Running {
        /// The host that runs it.
        host: String,
    },
    /// The operation ended: the word of its outcome, which is `unknown` if the result is unknown.
    Ended {
        /// The word.
        result: String,
        /// Whether anything was changed, if that is recorded.
        changed: Option<Changed>,
        /// Its API request IDs.
        requests: Vec<String>,
        /// The cause, if there is one.
        cause: Option<Cause>,
    },
    /// An approver rejected the request.
    Rejected,
    /// The requester cancelled the request.
    Cancelled,
    /// The request was not decided in time.
    Expired,
}

/// The progress of one step of a plan with several steps. A step that was not tried has none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum StepState {
    /// Its request might be on its way to the API.
    Running,
    /// It ended.
    Ended {
        /// The word of its outcome.
        result: String,
        /// Whether it changed anything.
        changed: Changed,
        /// Its API request IDs.
        requests: Vec<String>,
        /// The cause, if there is one.
        cause: Option<Cause>,
    },
}

/// The number of the first step of a plan.
pub const FIRST_STEP: u32 = 1;
/// The word of the outcome of an operation with an unknown result.
pub const UNKNOWN: &str = "unknown";
/// The word of the outcome of an operation whose target no longer exists, so there was nothing to do.
pub const GONE: &str = "not_found";

/// One operation. Its recorded form is the state in [`Event::Carried`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// The ID. It is recorded in the entry, not in the state.
    #[serde(skip)]
    pub id: String,
    /// The request that is or was pending.
    pub pending: Pending,
    /// The hash of its plan.
    pub plan_hash: String,
    /// The hash of the policy that required decisions.
    pub policy_hash: String,
    /// The time of the request, in milliseconds since 1970.
    pub requested_ms: i64,
    /// The time at which the request expires, in milliseconds since 1970.
    pub expires_ms: i64,
    /// The decisions about this version, in order.
    pub decisions: Vec<Decided>,
    /// The approval of a lone operator instead of that of others, if there was one.
    pub alone: Option<ApprovedAlone>,
    /// The state.
    pub state: State,
    /// The progress of the steps that were tried, by number, if the plan has several.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub steps: BTreeMap<u32, StepState>,
    /// The time at which this state began.
    pub since_ms: i64,
    /// The number of the first entry that is needed for it.
    #[serde(skip)]
    pub first_seq: u64,
    /// The change of the plan that led to this version, if any.
    pub change: Option<Change>,
    /// The messages about it.
    pub notices: Notices,
    /// Whether the secret in its output did not reach its requester.
    pub undelivered: bool,
    /// The bytes of memory that it needs. It counts only the parts whose size is set by users or the API.
    #[serde(skip)]
    pub bytes: usize,
}

/// The reason why a decision does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsettled {
    /// The request was already decided.
    Settled,
    /// The plan changed: the decision is about an older one.
    OtherVersion,
    /// The plan changed after the request, and the decision does not name a version.
    NoVersion,
    /// Only the requester can make this decision.
    NotRequester,
    /// Only the requester can add optional steps.
    AddsSteps,
    /// The requester cannot make this decision.
    OwnRequest,
    /// This person already decided.
    Twice,
    /// The configuration does not map this principal to another person than that of the requester or an earlier
    /// approver on another platform.
    UnknownPerson,
    /// The request needs no approval.
    NoApprovalNeeded,
    /// The decision of the requester is not sufficient.
    NeedsApproval,
    /// Every step is optional, and none is selected.
    NothingSelected,
}

impl State {
    /// The word for users and programs.
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

    /// Whether a write with this state changed anything; none for a result of a version that did not record this.
    fn changed(&self) -> Option<Changed> {
        match self {
            Self::Waiting | Self::Rejected | Self::Cancelled | Self::Expired => Some(Changed::No),
            Self::Running { .. } => Some(Changed::Unknown),
            Self::Ended { changed: None, result, .. } if result == GONE => Some(Changed::No),
            Self::Ended { changed: None, result, .. } if result == UNKNOWN => Some(Changed::Unknown),
            Self::Ended { changed, .. } => *changed,
        }
    }

    /// Whether the state is final.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !matches!(self, Self::Waiting | Self::Running { .. })
    }
}

impl Operation {
    /// Whether the request is pending at a time.
    #[must_use]
    pub fn waits(&self, now_ms: i64) -> bool {
        self.state == State::Waiting && now_ms < self.expires_ms
    }

    /// Whether anything was changed; none for a result of a version that did not record this.
    #[must_use]
    pub fn changed(&self) -> Option<Changed> {
        let reads = |step: &Step| step.operation == Some(Effect::Read);
        if self.pending.plan.all_numbered().all(|(_, step)| reads(step)) {
            Some(Changed::No)
        } else {
            self.state.changed()
        }
    }

    /// The approvals.
    pub fn approvers(&self) -> impl Iterator<Item = &Decided> {
        self.decisions.iter().filter(|decided| decided.choice == Choice::Approve)
    }

    /// The identifier in a typed decision: the ID, and the version of the plan that the decision is about.
    #[must_use]
    pub fn plan_id(&self) -> String {
        format!("{}.{}", self.id, self.pending.version)
    }

    /// Checks whether a decision counts. Without a version, it can only be about the first plan, unless it cancels the
    /// request.
    ///
    /// # Errors
    ///
    /// [`Unsettled`] if the decision does not count.
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
        let decides_to_run = matches!(choice, Choice::Confirm | Choice::Approve);
        match choice {
            Choice::Confirm | Choice::Cancel if !own => Err(Unsettled::NotRequester),
            _ if decides_to_run && self.pending.plan.steps().next().is_none() => Err(Unsettled::NothingSelected),
            // A person can prevent their own request from any of their accounts.
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

    /// Whether its approvals, and `more` further ones, can be sufficient by number. This does not check whether each
    /// still counts.
    #[must_use]
    pub fn has_approvals(&self, more: usize) -> bool {
        let needed = self.pending.requirements.approvals.iter().map(|rule| rule.count).max().unwrap_or_default();
        usize::try_from(needed).is_ok_and(|needed| self.approvers().count() + more >= needed)
    }

    /// Whether approvals are sufficient: each contains, for each rule, whether it counts. One person can count for
    /// several rules, and once for each.
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

    /// The operation in which a step has the arguments of an invocation.
    pub(crate) fn with_arguments(&self, step: &Step, invocation: &Invocation) -> Self {
        let mut operation = self.clone();
        operation.pending.plan = self.pending.plan.clone().with_arguments(step, invocation);
        operation
    }

    /// An entry about an event of the host in this operation, for its requester.
    #[must_use]
    pub fn entry(&self, event: Event) -> Entry {
        self.note(Entry::by(&self.pending.requester, &self.pending.place, event))
    }

    /// An entry about a step that runs, for the requester. The steps of a plan are numbered from 1.
    #[must_use]
    pub fn entry_of_step(&self, number: u32, event: Event) -> Entry {
        let entry = Entry { step: Some(number), ..self.entry(event) };
        match self.pending.plan.step(number) {
            Some(step) => step.note(entry),
            None => entry,
        }
    }

    /// Adds to an entry that it is about this operation, and about the plan that was recorded last.
    #[must_use]
    pub fn note(&self, entry: Entry) -> Entry {
        Entry { plan_hash: Some(self.plan_hash.clone()), ..self.pending.note(&self.id, entry) }
    }
}

/// The changes of an operation by an entry.
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
            Event::Intent { host, .. } => {
                if let Some(number) = entry.step.filter(|_| self.pending.plan.only().is_none()) {
                    self.steps.insert(number, StepState::Running);
                }
                State::Running { host: host.clone() }
            }
            Event::Outcome { result, changed, requests, cause, .. }
                if self.pending.plan.only().is_none() && entry.step.is_some() =>
            {
                let ended = StepState::Ended {
                    result: result.clone(),
                    changed: changed.unwrap_or(Changed::Unknown),
                    requests: requests.clone(),
                    cause: cause.clone(),
                };
                self.steps.extend(entry.step.map(|number| (number, ended)));
                return;
            }
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

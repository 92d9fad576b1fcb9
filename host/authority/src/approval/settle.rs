//! From a decision about a pending request to its execution, or its end.

use super::access::nothing_permits;
use super::intent::Intent;
use super::propose::requested;
use super::{Approvals, Authorized, SettleError, Stage, Unplanned};
use crate::operation::{CommitError, FIRST_STEP, GONE, Operation, Pending, Projection, State, Unsettled};
use crate::plan::{Pointless, code_of, outcome_of};
use crate::policy::{ApprovalRule, Decision, Requirements};
use crate::{Person, Reader};
use claude_admin_audit::store::Durability;
use claude_admin_audit::{Code, Difference, Entry, Event};
use claude_admin_catalog::Futility;
use claude_admin_chat::Choice;
use claude_admin_chat::Verdict;
use claude_admin_chat::command::{Invocation, Reason};
use claude_admin_chat::identity::{Place, Principal};
use std::sync::Arc;

/// The decision of a user about a pending request.
#[derive(Debug, Clone)]
pub struct Vote {
    /// The ID of the operation, or the beginning of it.
    pub operation: String,
    /// The version of the plan that the decision is about; none for typed text without a version.
    pub version: Option<u32>,
    /// Whether the decision was made with a button. A user who has the button has seen the card; a typed ID might be
    /// guessed.
    pub by_button: bool,
    /// The decision.
    pub choice: Choice,
    /// The reason.
    pub reason: Option<Reason>,
}

/// The result of a decision.
#[derive(Debug)]
pub enum Settled {
    /// The decision counts; more decisions are needed.
    Counted(Box<Operation>),
    /// The request is rejected or cancelled.
    Closed(Box<Operation>),
    /// The plan differs from the one that was shown: nothing was changed, and the new plan is pending.
    Superseded {
        /// The operation with its new plan.
        operation: Box<Operation>,
        /// The differences.
        differences: Vec<Difference>,
        /// Whether the new plan needs approvals and the earlier one did not.
        others_come_in: bool,
    },
    /// The target no longer exists: nothing was changed, and the request is no longer pending.
    Gone(Box<Operation>),
    /// In the current state of the target, the request has nothing to change, or the API would not accept it: nothing
    /// was changed, and the request is no longer pending.
    Pointless(Box<Operation>, Futility),
    /// All decisions are made, and the request can run. The intent is recorded.
    Run(Box<Operation>, Authorized<Invocation>),
    /// All decisions about a plan with several steps are made, and the first one can begin. This is recorded.
    RunSteps(Box<Operation>),
}

/// The entries that are recorded in the same commit as a decision.
#[derive(Debug)]
pub(super) enum Then {
    /// None: others must also decide, or the request is closed.
    Nothing,
    /// All decisions are made, and the request runs.
    Run {
        /// The policies that permit it.
        policies: Vec<String>,
        /// The API request IDs of the requests for the rebuilt plan.
        lookups: Vec<String>,
    },
    /// The request ends because its target no longer exists, or is in a state in which the request cannot be done.
    Over {
        /// The word of its outcome.
        result: &'static str,
        /// The reason.
        why: Code,
        /// The API request IDs of the requests that showed it.
        lookups: Vec<String>,
    },
}

/// The maximum number of attempts for a decision while other users decide at the same time.
pub(super) const MAX_ATTEMPTS: u32 = 100;

impl Approvals {
    /// Applies a decision. If it is the last one that is needed, the operation can run.
    ///
    /// # Errors
    ///
    /// [`SettleError`] if the decision has no effect.
    pub async fn settle(&self, vote: Vote, person: &Person) -> Result<Settled, SettleError> {
        let (mut person, mut attempt) = (person.clone(), 1);
        loop {
            let operation = if vote.by_button {
                self.find(&vote.operation).await?
            } else {
                self.find_for(&person, &vote.operation).await?
            };
            match self.settle_now(operation, &vote, &person).await {
                Err(SettleError::Busy(_)) if attempt < MAX_ATTEMPTS => attempt += 1,
                settled => return settled,
            }
            // The change can be one of the policy or of a group.
            person = self.decider.person(&person.principal, &person.place).await;
        }
    }

    /// Applies a decision to the current state; [`SettleError::Busy`] if the state changed meanwhile.
    async fn settle_now(&self, operation: Operation, vote: &Vote, person: &Person) -> Result<Settled, SettleError> {
        let now = self.ledger.clock().now_ms();
        if is_foreign(&operation, person) {
            let denial = nothing_permits("it was requested in another workspace");
            return Err(SettleError::NotAllowed(Box::new(operation), denial));
        }
        if let Err(unsettled) =
            operation.accepts(vote.version, &person.principal, self.decider.people(), vote.choice, now)
        {
            return Err(SettleError::Unsettled(Box::new(operation), unsettled));
        }
        match vote.choice {
            Choice::Cancel => self.close(&operation, person, vote).await,
            Choice::Reject => match self.approves(&operation, person) {
                Ok(_) => self.close(&operation, person, vote).await,
                Err(denial) => Err(SettleError::NotAllowed(Box::new(operation), denial)),
            },
            Choice::Approve => match self.approves(&operation, person) {
                Err(denial) => Err(SettleError::NotAllowed(Box::new(operation), denial)),
                // The output is only for the requester, who runs the command after others have approved it.
                Ok(_) if self.runs_for_requester(&operation) || !self.completes(&operation, person).await => {
                    self.record_approval(&operation, person, vote).await
                }
                Ok(_) => self.run(operation, person, vote, None).await,
            },
            Choice::Confirm if operation.has_approvals(0) => self.run(operation, person, vote, None).await,
            Choice::Confirm => Err(SettleError::Unsettled(Box::new(operation), Unsettled::NeedsApproval)),
        }
    }

    async fn record_approval(
        &self,
        operation: &Operation,
        person: &Person,
        vote: &Vote,
    ) -> Result<Settled, SettleError> {
        let counted = self.record(operation, person, vote, None, Then::Nothing).await?;
        Ok(Settled::Counted(Box::new(counted)))
    }

    async fn close(&self, operation: &Operation, person: &Person, vote: &Vote) -> Result<Settled, SettleError> {
        let closed = self.record(operation, person, vote, None, Then::Nothing).await?;
        Ok(Settled::Closed(Box::new(closed)))
    }

    fn runs_for_requester(&self, operation: &Operation) -> bool {
        let action = operation.pending.plan.only().and_then(|step| self.runtime.catalog().action(&step.action));
        action.is_some_and(|action| action.runs_for_requester())
    }

    /// Evaluates everything again, and records the decision together with the intent. `alone` is the number of seconds
    /// that a lone operator waited instead of the approval of others.
    pub(super) async fn run(
        &self,
        operation: Operation,
        person: &Person,
        vote: &Vote,
        alone: Option<u64>,
    ) -> Result<Settled, SettleError> {
        let pending = &operation.pending;
        if !operation.is_whole() {
            return Err(SettleError::Unplanned(Box::new(operation), Unplanned::Altered, Vec::new()));
        }
        if pending.plan.only().is_none() {
            return self.start(operation, person, vote, alone).await;
        }
        let requester = self.decider.person(&pending.requester, &pending.place).await;
        let reader = Reader::new(&*self.runtime, &self.decider, &requester, &operation.id);
        let planned = self.plan_again(&operation, &reader).await;
        let lookups = reader.requests();
        let (plan, invocation) = match planned {
            Ok(planned) => planned,
            Err(problem) => match problem.gone() {
                Some(why) => {
                    let over = Then::Over { result: GONE, why, lookups };
                    let gone = self.record(&operation, person, vote, alone, over).await?;
                    return Ok(Settled::Gone(Box::new(gone)));
                }
                None => return Err(self.unplanned(operation, problem, lookups).await?),
            },
        };
        // Planning takes time. All users are evaluated after it, with one policy.
        let requester = self.decider.person(&pending.requester, &pending.place).await;
        let person = self.decider.person(&person.principal, &person.place).await;
        let reason = pending.reason.as_deref();
        let requirements = match self.decider.decide(&requester, &invocation.action, &plan.first().arguments, reason) {
            Decision::Allow(requirements) => requirements,
            Decision::Deny(denial) => {
                return Err(SettleError::RequesterNotAllowed(Box::new(operation), denial, lookups));
            }
        };
        if requirements.reason && pending.reason.is_none() {
            return Err(SettleError::NoReason(Box::new(operation), lookups));
        }
        if let Some(settled) = self.insufficient(&operation, (&requester, &person), vote, alone, &requirements).await? {
            return Ok(settled);
        }
        if let Some(Pointless { kind, .. }) = plan.first().pointless(self.runtime.catalog()) {
            let over = Then::Over { result: outcome_of(kind).as_str(), why: code_of(kind), lookups };
            let over = self.record(&operation, &person, vote, alone, over).await?;
            return Ok(Settled::Pointless(Box::new(over), kind));
        }
        let mut differences = pending.plan.differences(&plan);
        if asks_for_more(&requirements, &pending.requirements) {
            differences.push(Difference::Other(Code::new("stricter-policy").into()));
        }
        if !differences.is_empty() {
            let others_come_in = pending.requirements.approvals.is_empty() && !requirements.approvals.is_empty();
            let renewed = Pending { version: pending.version + 1, plan, requirements, ..pending.clone() };
            let operation = self.supersede(&operation, &person, renewed, &differences, lookups, i64::MAX).await?;
            return Ok(Settled::Superseded { operation: Box::new(operation), differences, others_come_in });
        }
        self.observer.reached(Stage::Decided);
        let run = Then::Run { policies: requirements.policies, lookups };
        let operation = self.record(&operation, &person, vote, alone, run).await?;
        self.observer.reached(Stage::Intent);
        let requester = &operation.pending.requester;
        let authorized = Authorized::new(invocation, operation.id.clone(), requester.clone());
        Ok(Settled::Run(Box::new(operation), authorized))
    }

    /// The result of a decision, if more decisions are needed before the request runs. All users were evaluated with
    /// the policy of the requester.
    pub(super) async fn insufficient(
        &self,
        operation: &Operation,
        (requester, person): (&Person, &Person),
        vote: &Vote,
        alone: Option<u64>,
        requirements: &Requirements,
    ) -> Result<Option<Settled>, SettleError> {
        let one_more = Some(person).filter(|_| vote.choice == Choice::Approve);
        let enough = match alone {
            // A policy that became active meanwhile can name a second person.
            Some(_) => requirements.alone.is_some() || requirements.approvals.is_empty(),
            None => self.is_enough(operation, one_more).await,
        };
        if self.decider.policy_hash() != requester.policy_hash() || (!enough && alone.is_some()) {
            return Err(SettleError::Busy(Box::new(operation.clone())));
        }
        match vote.choice {
            _ if enough => Ok(None),
            Choice::Approve => self.record_approval(operation, person, vote).await.map(Some),
            _ => Err(SettleError::Unsettled(Box::new(operation.clone()), Unsettled::NeedsApproval)),
        }
    }

    /// Records a decision and its consequence, if the state is unchanged.
    pub(super) async fn record(
        &self,
        operation: &Operation,
        person: &Person,
        vote: &Vote,
        alone: Option<u64>,
        then: Then,
    ) -> Result<Operation, SettleError> {
        let (person, vote, host) = (person.clone(), vote.clone(), self.ledger.host().to_owned());
        let people = Arc::clone(self.decider.people());
        self.commit(operation, move |current, now| {
            let unsettled = |error| SettleError::Unsettled(Box::new(current.clone()), error);
            let version = Some(current.pending.version);
            current.accepts(version, &person.principal, &people, vote.choice, now).map_err(unsettled)?;
            let reason = vote.reason.as_ref().map(ToString::to_string);
            let decided = match alone {
                Some(delay_seconds) => Event::ApprovedAlone { delay_seconds },
                None => Event::Decided { decision: vote.choice, reason },
            };
            let mut entries = vec![current.note(person.did(decided))];
            if let Then::Over { result, why, lookups } = &then {
                let ended = Event::Outcome {
                    result: (*result).to_owned(),
                    changed: Some(Verdict::Unchanged.changed()),
                    status: None,
                    requests: Vec::new(),
                    cause: Some(why.clone().into()),
                };
                entries.push(current.entry_of_step(FIRST_STEP, ended).after_lookups(lookups));
            }
            if let Then::Run { policies, lookups } = &then {
                let mut approvers: Vec<Principal> =
                    current.approvers().map(|decided| decided.principal.clone()).collect();
                approvers.extend((vote.choice == Choice::Approve).then(|| person.principal.clone()));
                let (policy_hash, policies) = (person.policy_hash(), policies.clone());
                let (host, plan_hash) = (host.clone(), current.plan_hash.clone());
                let intent = Intent { host, plan_hash, policy_hash, policies, approvers };
                entries.push(intent.entry(&current.id, &current.pending).after_lookups(lookups));
            }
            Ok(entries)
        })
        .await
    }

    /// Replaces the plan that was shown with a new one.
    pub(super) async fn supersede(
        &self,
        operation: &Operation,
        person: &Person,
        renewed: Pending,
        differences: &[Difference],
        lookups: Vec<String>,
        latest_ms: i64,
    ) -> Result<Operation, SettleError> {
        let (person, differences) = (person.clone(), differences.to_vec());
        let superseded = self.commit(operation, move |current, now| {
            if !current.waits(now) {
                return Err(SettleError::Unsettled(Box::new(current.clone()), Unsettled::Settled));
            }
            let superseded = Event::Superseded { differences: differences.clone() };
            let Pending { requester, place, .. } = &renewed;
            let again = Entry::by(requester, place, requested(&renewed, person.policy_hash(), now, latest_ms));
            Ok(vec![current.note(person.did(superseded)).after_lookups(&lookups), renewed.note(&current.id, again)])
        });
        let superseded = superseded.await?;
        self.secrets.keep_until(&superseded.id, superseded.expires_ms);
        Ok(superseded)
    }

    /// Appends entries about an operation, unless it was decided since it was read. Returns its new state.
    async fn commit(
        &self,
        seen: &Operation,
        mut entries: impl FnMut(&Operation, i64) -> Result<Vec<Entry>, SettleError> + Send + 'static,
    ) -> Result<Operation, SettleError> {
        let (id, seen) = (seen.id.clone(), seen.clone());
        let gone = || SettleError::NotFound(id.clone());
        let wanted = id.clone();
        let decide = move |projection: &Projection, now: i64| {
            let current = projection.operation(&seen.id).ok_or_else(|| SettleError::NotFound(seen.id.clone()))?;
            let as_seen = (current.pending.version, &current.decisions) == (seen.pending.version, &seen.decisions);
            if current.waits(now) && !as_seen {
                return Err(SettleError::Busy(Box::new(current.clone())));
            }
            entries(current, now)
        };
        let then = move |projection: &Projection, _: &[Entry]| projection.operation(&wanted).cloned();
        let committed = self.ledger.commit(Durability::Disk, decide, then).await;
        let operation = committed.map_err(|error| match error {
            CommitError::Refused(error) => error,
            CommitError::Ledger(error) => error.into(),
        })?;
        if operation.as_ref().is_some_and(|operation| operation.state != State::Waiting) {
            self.secrets.forget(&id);
        }
        operation.ok_or_else(gone)
    }
}

/// Users of one workspace do not decide requests from another.
pub(super) fn is_foreign(operation: &Operation, person: &Person) -> bool {
    is_other_tenant(&operation.pending.place, &person.principal)
}

/// Whether a principal is on the platform of a place but in another tenant.
pub(super) fn is_other_tenant(place: &Place, principal: &Principal) -> bool {
    place.platform == principal.platform && place.tenant != principal.tenant
}

/// Whether requirements demand more than earlier ones.
pub(super) fn asks_for_more(now: &Requirements, earlier: &Requirements) -> bool {
    let met = |rule: &ApprovalRule| {
        earlier.approvals.iter().any(|known| known.from == rule.from && known.count >= rule.count)
    };
    let more_of_whoever_asks =
        (now.reason && !earlier.reason) || (now.confirm && !earlier.confirm && earlier.approvals.is_empty());
    more_of_whoever_asks || !now.approvals.iter().all(met)
}

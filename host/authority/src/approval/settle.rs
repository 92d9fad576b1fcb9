//! From a decision about what waits to its execution, or its end.

use super::access::nobodys_business;
use super::propose::requested;
use super::{Approvals, Authorized, SettleError, Stage, Unplanned};
use crate::operation::{CommitError, FIRST_STEP, GONE, Operation, Pending, Projection, State, Unsettled};
use crate::plan::{Pointless, code_of, outcome_of};
use crate::policy::{ApprovalRule, Decision, Requirements};
use crate::{Person, Reader};
use claude_admin_audit::store::Durability;
use claude_admin_audit::{Code, Difference, Entry, Event};
use claude_admin_catalog::{Action, Futility};
use claude_admin_chat::Choice;
use claude_admin_chat::Verdict;
use claude_admin_chat::command::{Invocation, Reason};
use claude_admin_chat::identity::{Place, Principal};
use std::sync::Arc;

/// Somebody's decision about what waits.
#[derive(Debug, Clone)]
pub struct Vote {
    /// The id of the operation, or the beginning of it.
    pub operation: String,
    /// The version of the plan that it is about; none for what was typed without one.
    pub version: Option<u32>,
    /// Whether it was made by a button. Whoever has the button has seen the card; an id that is typed may be guessed.
    pub by_button: bool,
    /// What they decide.
    pub choice: Choice,
    /// Why.
    pub reason: Option<Reason>,
}

/// What a decision comes to.
#[derive(Debug)]
pub enum Settled {
    /// It counts; more is needed.
    Counted(Box<Operation>),
    /// It is rejected or cancelled.
    Closed(Box<Operation>),
    /// What was shown is no longer what would be done: nothing was done, and the new plan waits.
    Superseded {
        /// With its new plan.
        operation: Box<Operation>,
        /// What is different.
        differences: Vec<Difference>,
        /// Whether others must decide about it who had no part in it before.
        others_come_in: bool,
    },
    /// What it was to be done to is gone: nothing was done, and it waits no longer.
    Gone(Box<Operation>),
    /// As its target is now, it has nothing to change, or the API refuses it: nothing was done, and it waits no longer.
    Pointless(Box<Operation>, Futility),
    /// Everything is decided, and it may be done. The intent is recorded.
    Run(Box<Operation>, Authorized<Invocation>),
}

/// What follows a decision in the same breath.
#[derive(Debug)]
enum Then {
    /// Nothing: others must decide too, or it is over.
    Nothing,
    /// Everything is decided, and it runs.
    Run {
        /// The policies that permit it.
        policies: Vec<String>,
        /// The ids at the API of the requests by which the plan was made anew.
        lookups: Vec<String>,
    },
    /// It ends, since its target no longer exists, or is in a state in which it cannot be done.
    Over {
        /// The word of its outcome.
        result: &'static str,
        /// Why.
        why: Code,
        /// The ids at the API of the requests that showed it.
        lookups: Vec<String>,
    },
}

/// How often a decision is made anew because somebody else decided in the meantime.
pub(super) const MAX_ATTEMPTS: u32 = 100;

impl Approvals {
    /// Takes a decision in; when it is the last that is needed, the operation may run.
    ///
    /// # Errors
    ///
    /// [`SettleError`] when it comes to nothing.
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
            // What changed can be the policy or a group.
            person = self.decider.person(&person.principal, &person.place).await;
        }
    }

    /// Takes a decision in, as things stand; [`SettleError::Busy`] when they changed meanwhile.
    async fn settle_now(&self, operation: Operation, vote: &Vote, person: &Person) -> Result<Settled, SettleError> {
        let now = self.ledger.clock().now_ms();
        if is_foreign(&operation, person) {
            let denial = nobodys_business("it was asked for in another workspace");
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
                // The answer is for the requester alone: they run it once others have approved.
                Ok(_) if self.runs_for_requester(&operation) || !operation.has_approvals(1) => {
                    self.count(&operation, person, vote).await
                }
                Ok(_) => self.run(operation, person, vote, None).await,
            },
            Choice::Confirm if operation.has_approvals(0) => self.run(operation, person, vote, None).await,
            Choice::Confirm => Err(SettleError::Unsettled(Box::new(operation), Unsettled::NeedsApproval)),
        }
    }

    async fn count(&self, operation: &Operation, person: &Person, vote: &Vote) -> Result<Settled, SettleError> {
        let counted = self.record(operation, person, vote, None, Then::Nothing).await?;
        Ok(Settled::Counted(Box::new(counted)))
    }

    async fn close(&self, operation: &Operation, person: &Person, vote: &Vote) -> Result<Settled, SettleError> {
        let closed = self.record(operation, person, vote, None, Then::Nothing).await?;
        Ok(Settled::Closed(Box::new(closed)))
    }

    fn runs_for_requester(&self, operation: &Operation) -> bool {
        let action = self.runtime.catalog().action(&operation.pending.plan.first().action);
        action.is_some_and(Action::runs_for_requester)
    }

    /// Whether the approvals so far, each asked about again, are enough; with one more where somebody is about to agree.
    pub(super) async fn is_enough(&self, operation: &Operation, one_more: Option<&Person>) -> bool {
        let mut approvals: Vec<(Principal, Vec<bool>)> = Vec::new();
        let mut add = |person: &Person| {
            // The approval of a user who is no longer permitted to give it does not count.
            if let Ok(counts) = self.approves(operation, person) {
                approvals.push((person.principal.clone(), counts));
            }
        };
        for decided in operation.approvers() {
            add(&self.decider.person(&decided.principal, &decided.place).await);
        }
        one_more.into_iter().for_each(add);
        let requester = &operation.pending.requester;
        let principals = [requester].into_iter().chain(approvals.iter().map(|(principal, _)| principal));
        let people = self.decider.people().distinct(principals);
        let counts = approvals.iter().filter(|(principal, _)| people.contains(&principal) && principal != requester);
        operation.enough(&counts.map(|(_, counts)| counts.clone()).collect::<Vec<_>>())
    }

    /// Asks about everything again, and records the decision together with the intent. `alone` are the seconds that a lone
    /// operator waited instead of the approval of others.
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
        let requester = self.decider.person(&pending.requester, &pending.place).await;
        let reader = Reader::new(&*self.runtime, &self.decider, &requester, &operation.id);
        let planned = self.plan_again(&operation, &reader).await;
        let lookups = reader.requests();
        let (plan, invocation, action) = match planned {
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
        // Planning takes its time. All of them are judged after it, and by one policy.
        let requester = self.decider.person(&pending.requester, &pending.place).await;
        let person = self.decider.person(&person.principal, &person.place).await;
        let reason = pending.reason.as_deref();
        let requirements = match self.decider.decide(&requester, action, &plan.first().arguments, reason) {
            Decision::Allow(requirements) => requirements,
            Decision::Deny(denial) => {
                return Err(SettleError::RequesterNotAllowed(Box::new(operation), denial, lookups));
            }
        };
        if requirements.reason && pending.reason.is_none() {
            return Err(SettleError::NoReason(Box::new(operation), lookups));
        }
        let one_more = Some(&person).filter(|_| vote.choice == Choice::Approve);
        let enough = match alone {
            // A policy that came into force meanwhile can name a second person.
            Some(_) => requirements.alone.is_some() || requirements.approvals.is_empty(),
            None => self.is_enough(&operation, one_more).await,
        };
        if self.decider.policy_hash() != requester.policy_hash() || (!enough && alone.is_some()) {
            return Err(SettleError::Busy(Box::new(operation)));
        }
        if !enough {
            return match vote.choice {
                Choice::Approve => self.count(&operation, &person, vote).await,
                _ => Err(SettleError::Unsettled(Box::new(operation), Unsettled::NeedsApproval)),
            };
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
            let operation = self.supersede(&operation, &person, renewed, &differences, lookups).await?;
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

    /// Records a decision, if things still stand as they did, and what follows.
    async fn record(
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
                let intent = Event::Intent {
                    host: host.clone(),
                    plan_hash: Some(current.plan_hash.clone()),
                    policy_hash: person.policy_hash().to_owned(),
                    policies: policies.clone(),
                    approvers,
                    reason: current.pending.reason.clone(),
                };
                entries.push(current.entry_of_step(FIRST_STEP, intent).after_lookups(lookups));
            }
            Ok(entries)
        })
        .await
    }

    /// Puts a new plan in the place of the one that was shown.
    async fn supersede(
        &self,
        operation: &Operation,
        person: &Person,
        renewed: Pending,
        differences: &[Difference],
        lookups: Vec<String>,
    ) -> Result<Operation, SettleError> {
        let (person, differences) = (person.clone(), differences.to_vec());
        let superseded = self.commit(operation, move |current, now| {
            if !current.waits(now) {
                return Err(SettleError::Unsettled(Box::new(current.clone()), Unsettled::Settled));
            }
            let superseded = Event::Superseded { differences: differences.clone() };
            let Pending { requester, place, .. } = &renewed;
            let again = Entry::by(requester, place, requested(&renewed, person.policy_hash(), now));
            Ok(vec![current.note(person.did(superseded)).after_lookups(&lookups), renewed.note(&current.id, again)])
        });
        let superseded = superseded.await?;
        self.secrets.keep_until(&superseded.id, superseded.expires_ms);
        Ok(superseded)
    }

    /// Appends entries about an operation, unless somebody decided about it since it was looked at; returns it as it is
    /// then.
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

/// People of one workspace do not decide about what was asked in another.
pub(super) fn is_foreign(operation: &Operation, person: &Person) -> bool {
    is_other_tenant(&operation.pending.place, &person.principal)
}

/// Whether somebody is of the platform of a place, and of another tenant there.
pub(super) fn is_other_tenant(place: &Place, principal: &Principal) -> bool {
    place.platform == principal.platform && place.tenant != principal.tenant
}

/// Whether requirements ask for something that earlier ones did not.
fn asks_for_more(now: &Requirements, earlier: &Requirements) -> bool {
    let met = |rule: &ApprovalRule| {
        earlier.approvals.iter().any(|known| known.from == rule.from && known.count >= rule.count)
    };
    let more_of_whoever_asks =
        (now.reason && !earlier.reason) || (now.confirm && !earlier.confirm && earlier.approvals.is_empty());
    more_of_whoever_asks || !now.approvals.iter().all(met)
}

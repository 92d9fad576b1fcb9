//! The run of a plan with several steps: each step is decided again, and compared with what was shown, before it runs.
//!
//! The intent of a step is on disk before its request is sent, and its outcome before the next step is considered. If
//! this process ends at any time, the log shows which steps were done, which one might have been, and which were not
//! tried.

use super::intent::Intent;
use super::settle::asks_for_more;
use super::{Approvals, Authorized, End, FINISH_ATTEMPTS, FINISH_PAUSE, Stage};
use crate::Reader;
use crate::cause::{of_call_error, of_denial};
use crate::execute::CallError;
use crate::operation::{CommitError, DONE, LedgerError, Operation, Projection, State, StepEnd};
use crate::plan::{Before, Results, Step, before, code_of, outcome_of};
use crate::policy::{Decision, Denial};
use claude_admin_audit::store::Durability;
use claude_admin_audit::{Cause, Code, Difference, Entry, Event};
use claude_admin_catalog::{Futility, Method};
use claude_admin_chat::command::Invocation;
use claude_admin_chat::{Changed, Outcome, Verdict, is_missing, wait_before_retry};
use std::convert::Infallible;

/// The next step of a plan.
#[derive(Debug)]
pub enum NextStep {
    /// The step can run. Its intent is recorded.
    Run(u32, Authorized<Invocation>),
    /// The API asks to wait this number of seconds before the next step.
    Later(u64),
    /// The operation ended: every step was done, or a step cannot run. This is recorded.
    Over,
}

/// The reason why a step does not run.
#[derive(Debug)]
enum NotRun {
    /// The policy no longer permits it to the requester.
    Denied(Denial),
    /// The policy now requires more than was given.
    Stricter,
    /// The target is not as it was shown.
    TargetChanged(Vec<Difference>),
    /// The target does not exist.
    Gone,
    /// The target is in a state in which the step has nothing to change, or the API would not accept it.
    Pointless(Futility),
    /// The target cannot be read.
    Unread(Box<CallError>),
    /// An argument, which an earlier step determines, is missing in its result or not valid.
    NoValue(String),
    /// The component no longer has the action.
    NoAction,
}

impl Approvals {
    /// Checks the next step of a plan that this host runs, and records its intent. Steps that have nothing to change are
    /// recorded as done, and skipped. `results` are those of the steps that were done. If `may_wait` is false, a request of the API to wait ends the run.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if the log fails. Nothing was sent.
    pub async fn next_step(
        &self,
        operation: &Operation,
        may_wait: bool,
        results: &Results,
    ) -> Result<NextStep, LedgerError> {
        loop {
            let Some(current) = self.current(operation).await? else { return Ok(NextStep::Over) };
            let is_ours = matches!(&current.state, State::Running { host } if host == self.ledger.host());
            let (Some(number), true) = (current.next_step(), is_ours) else { return Ok(NextStep::Over) };
            let Some(step) = current.pending.plan.step(number) else { return Ok(NextStep::Over) };
            let requester = self.decider.person(&current.pending.requester, &current.pending.place).await;
            let reader = Reader::new(&*self.runtime, &self.decider, &requester, &current.id);
            let reader = reader.in_playbook(current.pending.plan.in_playbook());
            let checked = self.checked(&current, step, results, &reader).await;
            let lookups = reader.requests();
            match checked {
                Ok((invocation, policies)) => {
                    let (host, policy_hash) = (self.ledger.host().to_owned(), requester.policy_hash());
                    let approvers = current.approvers().map(|decided| decided.principal.clone()).collect();
                    let plan_hash = current.plan_hash.clone();
                    let intent = Intent { host, plan_hash, policy_hash, policies, approvers };
                    let entry = intent.entry_of_step(&current, number).after_lookups(&lookups);
                    let command = invocation.canonical(&self.runtime.catalog().types);
                    let entry = Entry { command: Some(command), ..entry };
                    if !self.append_if_next(&current, number, vec![entry]).await? {
                        return Ok(NextStep::Over);
                    }
                    self.observer.reached(Stage::Intent);
                    let requester = current.pending.requester.clone();
                    return Ok(NextStep::Run(number, Authorized::new(invocation, current.id, requester)));
                }
                Err(NotRun::Unread(error)) if may_wait && wait_of(&error).is_some() => {
                    return Ok(wait_of(&error).map_or(NextStep::Over, NextStep::Later));
                }
                Err(not_run) => {
                    let (result, cause) = not_run.recorded(step, self.removes(step));
                    let outcome = Event::Outcome {
                        result: result.to_owned(),
                        changed: Some(Changed::No),
                        status: None,
                        requests: Vec::new(),
                        cause: Some(cause.clone()),
                    };
                    let entry = current.entry_of_step(number, outcome).after_lookups(&lookups);
                    let end = StepEnd { result, changed: Changed::No };
                    let entries = [entry].into_iter().chain(ending(&current, number, end, Some(cause))).collect();
                    if !self.append_if_next(&current, number, entries).await? || result != DONE {
                        return Ok(NextStep::Over);
                    }
                }
            }
        }
    }

    /// Records the result of a step. If it was the last one, or was not done, the operation ends with it.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if it cannot be recorded: the result of the step is then unknown after this host exits, and no
    /// other step can run.
    pub async fn finish_step(&self, operation: &Operation, number: u32, end: End) -> Result<(), LedgerError> {
        self.step_ended(operation, number, end, false).await
    }

    /// Records that the API did not accept a step yet, and changed nothing. The step is the next one again.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] as for [`Self::finish_step`].
    pub async fn postpone_step(&self, operation: &Operation, number: u32, end: End) -> Result<(), LedgerError> {
        self.step_ended(operation, number, end, true).await
    }

    async fn step_ended(&self, operation: &Operation, number: u32, end: End, again: bool) -> Result<(), LedgerError> {
        self.observer.reached(Stage::Answered);
        let mut attempt = 1;
        loop {
            match self.record_step(operation, number, end.clone(), again).await {
                Ok(()) => break,
                Err(error) if attempt == FINISH_ATTEMPTS => return Err(error),
                Err(error) => {
                    tracing::warn!(operation = operation.id, number, %error, attempt, "the outcome is not recorded yet");
                    tokio::time::sleep(FINISH_PAUSE * attempt).await;
                    attempt += 1;
                }
            }
        }
        self.observer.reached(Stage::Ended);
        Ok(())
    }

    /// Ends an operation that this host no longer runs: the result of a running step is unknown.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if it cannot be recorded.
    pub async fn cut_short(&self, operation: &Operation, cause: &Cause) -> Result<(), LedgerError> {
        let (id, cause) = (operation.id.clone(), cause.clone());
        let decide = move |projection: &Projection, _: i64| {
            let running = projection.operation(&id).filter(|current| matches!(current.state, State::Running { .. }));
            Ok::<_, Infallible>(running.map(|current| current.cut_short(&cause)).unwrap_or_default())
        };
        self.ledger.commit(Durability::Disk, decide, |_, _| ()).await.map_err(LedgerError::of_commit)
    }

    async fn current(&self, operation: &Operation) -> Result<Option<Operation>, LedgerError> {
        let id = operation.id.clone();
        self.ledger.look(move |projection| projection.operation(&id).cloned()).await
    }

    fn removes(&self, step: &Step) -> bool {
        self.runtime.catalog().action(&step.action).is_some_and(|action| action.http.method == Method::Delete)
    }

    /// Evaluates one step again: its target, the permission of its requester, and the approvals.
    async fn checked(
        &self,
        operation: &Operation,
        step: &Step,
        results: &Results,
        reader: &Reader<'_>,
    ) -> Result<(Invocation, Vec<String>), NotRun> {
        let catalog = self.runtime.catalog();
        let written = step.invocation(catalog).ok_or(NotRun::NoAction)?;
        let invocation = match step.fills.is_empty() {
            true => written,
            false => step.filled(catalog, results).map_err(NotRun::NoValue)?,
        };
        // A target that an earlier step determines was not shown.
        let now = if step.fills.is_empty() { before(reader, &invocation).await } else { Ok(Before::Nothing) };
        let now = now.map_err(|error| match error.reported().is_some_and(is_missing) {
            true => NotRun::Gone,
            false => NotRun::Unread(Box::new(error)),
        })?;
        let changed = step.before.differences(&now);
        let current = Step { before: now, ..step.clone() };
        if let Some(found) = current.pointless(catalog) {
            return Err(NotRun::Pointless(found.kind));
        }
        if !changed.is_empty() {
            return Err(NotRun::TargetChanged(changed));
        }
        // Reading takes time. All users are evaluated after it.
        let pending = &operation.pending;
        let requester = self.decider.person(&pending.requester, &pending.place).await;
        let reason = pending.reason.as_deref();
        let playbook = pending.plan.in_playbook();
        let (action, arguments) = (&invocation.action, &invocation.arguments);
        let decision = self.decider.decide_in(&requester, action, arguments, reason, playbook.as_ref());
        let requirements = match decision {
            Decision::Allow(requirements) => requirements,
            Decision::Deny(denial) => return Err(NotRun::Denied(denial)),
        };
        let lacks_reason = requirements.reason && pending.reason.is_none();
        // The approvers must be permitted the step with its real values.
        let filled = (!step.fills.is_empty()).then(|| operation.with_arguments(step, &invocation));
        let is_approved = operation.alone.is_some() || self.is_enough(filled.as_ref().unwrap_or(operation), None).await;
        if lacks_reason || !is_approved || asks_for_more(&requirements, &pending.requirements) {
            return Err(NotRun::Stricter);
        }
        Ok((invocation, requirements.policies))
    }

    /// Appends entries about the next step, if the operation still runs here and the step is still the next one.
    async fn append_if_next(
        &self,
        operation: &Operation,
        number: u32,
        entries: Vec<Entry>,
    ) -> Result<bool, LedgerError> {
        let (id, host) = (operation.id.clone(), self.ledger.host().to_owned());
        let decide = move |projection: &Projection, _: i64| {
            let current = projection.operation(&id);
            let is_next = current.is_some_and(|current| {
                current.state == State::Running { host: host.clone() } && current.next_step() == Some(number)
            });
            if is_next { Ok(entries.clone()) } else { Err(()) }
        };
        match self.ledger.commit(Durability::Disk, decide, |_, _| ()).await {
            Ok(()) => Ok(true),
            Err(CommitError::Refused(())) => Ok(false),
            Err(CommitError::Ledger(error)) => Err(error),
        }
    }

    async fn record_step(&self, operation: &Operation, number: u32, end: End, again: bool) -> Result<(), LedgerError> {
        let id = operation.id.clone();
        let decide = move |projection: &Projection, _: i64| {
            let Some(current) = projection.operation(&id) else { return Ok::<_, Infallible>(Vec::new()) };
            let of_step = StepEnd { result: end.result, changed: end.changed };
            let whole = if again { None } else { ending(current, number, of_step, end.cause.clone()) };
            let outcome = current.entry_of_step(number, Event::from(end.clone()));
            Ok([outcome].into_iter().chain(whole).collect())
        };
        self.ledger.commit(Durability::Disk, decide, |_, _| ()).await.map_err(LedgerError::of_commit)
    }
}

/// The seconds after which a failed read can be sent again, if the API names them.
fn wait_of(error: &CallError) -> Option<u64> {
    wait_before_retry(Verdict::Unchanged, error.reported())
}

/// The entry that ends the operation after a step, if no other step runs.
fn ending(operation: &Operation, number: u32, end: StepEnd<'_>, cause: Option<Cause>) -> Option<Entry> {
    let is_last = operation.pending.plan.numbered().all(|(other, _)| other <= number);
    if end.result == DONE && !is_last {
        return None;
    }
    let (result, changed) = operation.end_after(Some(end), end.result);
    Some(operation.entry(Event::Outcome {
        result: result.to_owned(),
        changed: Some(changed),
        status: None,
        requests: Vec::new(),
        cause: cause.filter(|_| result != DONE),
    }))
}

impl NotRun {
    /// The word of the outcome of the step, and its cause.
    fn recorded(&self, step: &Step, removes: bool) -> (&'static str, Cause) {
        let (outcome, code) = match self {
            Self::Denied(denial) => (Outcome::Denied, of_denial(denial)),
            Self::Stricter => (Outcome::Denied, Code::new("stricter-policy")),
            Self::TargetChanged(changed) => {
                let fields = changed.iter().map(|difference| match difference {
                    Difference::Field { field, .. } => field.clone(),
                    Difference::Other(cause) => cause.to_string(),
                });
                (Outcome::Conflict, Code::new("target-changed").names("fields", fields))
            }
            Self::Gone if removes => (Outcome::Done, Code::new("target-gone").number("status", 404_u64)),
            Self::Gone => (Outcome::NotFound, Code::new("target-gone").number("status", 404_u64)),
            Self::Pointless(kind) => (outcome_of(*kind), code_of(*kind)),
            Self::Unread(error) => (Outcome::Failed, of_call_error(error)),
            Self::NoValue(input) => (Outcome::Failed, Code::new("no-value").name("input", input.as_str())),
            Self::NoAction => (Outcome::Failed, Code::new("no-such-action").name("action", step.action.as_str())),
        };
        (outcome.as_str(), code.into())
    }
}

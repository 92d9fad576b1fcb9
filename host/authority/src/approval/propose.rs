//! From a request to a plan that is pending or can run immediately.

use super::immediate::is_immediate;
use super::intent::Intent;
use super::{Approvals, Authorized, FailedCommand, MAX_STEPS, NoApprover, Stage};
use crate::execute::{CallError, CredentialError};
use crate::operation::{CommitError, LedgerError, Operation, Pending, Projection, Receipt};
use crate::plan::{Plan, ResolveError, Step, Target, before, resolve};
use crate::policy::{Decision, Denial, Requirements};
use crate::{Person, Reader};
use claude_admin_audit::store::Durability;
use claude_admin_audit::{Entry, Event};
use claude_admin_catalog::Action;
use claude_admin_chat::command::{Arguments, Draft, Invocation, Options, Reason};
use claude_admin_chat::identity::Principal;
use claude_admin_chat::paging::{in_large_pages, is_followed};
use claude_admin_chat::{Choice, Verdict};
use std::sync::Arc;

/// The maximum number of pending requests of one requester, and the maximum number of bytes of memory for them. Every
/// host on the store has them in memory until they are decided or expire.
pub const MAX_PENDING: usize = 100;
const MAX_PENDING_BYTES: usize = 16 << 20;

/// The requester already has the maximum number of pending requests.
pub(super) struct TooManyPending;

/// A request: the requester and the command.
#[derive(Debug)]
pub struct Proposal<'p> {
    /// The ID of the operation.
    pub operation: &'p str,
    /// The requester.
    pub person: &'p Person,
    /// The command.
    pub draft: Draft,
    /// The options of the command.
    pub options: &'p Options,
    /// The receipt of the request: recorded before its plan.
    pub receipt: &'p Receipt,
}

/// The result of a proposal.
#[derive(Debug)]
pub enum Proposed {
    /// The command changes nothing and can run.
    Read {
        /// The invocation that can run.
        authorized: Authorized<Invocation>,
        /// The policies that permit it.
        policies: Vec<String>,
        /// The lookups for it.
        found: Found,
    },
    /// The command has nothing to change, or the API would not accept it in the current state of the target. No
    /// decision is requested, and nothing is sent.
    Pointless(Box<Plan>, Found),
    /// The command was planned.
    Planned(Planned),
}

/// The state of a request after its plan was made.
#[derive(Debug)]
pub enum Planned {
    /// Only the plan was requested. The last value is the reason why its approvals can never be given, if that is so.
    DryRun(Box<Plan>, Requirements, Option<NoApprover>),
    /// The request is pending.
    Waiting(Box<Operation>),
    /// The requester confirmed the command, and it can run. The intent is recorded.
    Run(Box<Operation>, Authorized<Invocation>),
    /// The requester confirmed a plan with several steps, and the first one can begin. This is recorded.
    RunSteps(Box<Operation>),
}

/// The lookups before the decision.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The IDs that were found.
    pub targets: Vec<Target>,
    /// The API request IDs.
    pub requests: Vec<String>,
    /// Whether any request was sent, with or without an API request ID.
    pub sent: bool,
}

impl Found {
    /// The verdict about the lookups.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict::of_reads(self.sent)
    }

    /// Adds the lookups to an entry.
    #[must_use]
    pub fn note(&self, entry: Entry) -> Entry {
        let resolved = self.targets.iter().map(Target::to_string).collect();
        Entry { resolved, ..entry.after_lookups(&self.requests) }
    }
}

/// A proposal that failed, and the lookups before the failure.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct NotProposed {
    /// The reason.
    pub error: ProposeError,
    /// The lookups.
    pub found: Found,
}

/// The reason why a proposal failed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ProposeError {
    /// The policy denies it.
    #[error("{}", .0.message)]
    Denied(Denial, Invocation),
    /// An address or a mention does not match an ID.
    #[error("an address matches no single ID")]
    Resolve(ResolveError),
    /// This host can send no request of the command.
    #[error("{0}")]
    Unavailable(CredentialError, Invocation),
    /// The command requires approvals that no user can give.
    #[error("no other user can approve the command")]
    NoApprover(NoApprover, Invocation),
    /// The command requires a reason.
    #[error("the command requires a reason")]
    NoReason(Invocation),
    /// The requester already has the maximum number of pending requests.
    #[error("the requester has the maximum number of pending requests")]
    TooManyPending(Invocation),
    /// The target of the command cannot be read.
    #[error("the target cannot be read: {0}")]
    Before(Box<CallError>, Invocation),
    /// The API would not accept the command in the current state of its target.
    #[error("the API would not accept the command")]
    Refused(Box<Step>),
    /// The command cannot be one of several: it changes nothing, or its arguments or its result contain a secret.
    #[error("the command cannot be one of several")]
    NotAStep(Invocation),
    /// The command needs the result of an earlier command, which is not part of the plan.
    #[error("the command needs the result of a command that is not in the plan")]
    NoResult(Invocation),
    /// One request has more commands than is allowed.
    #[error("{count} commands in one request; the maximum is {MAX_STEPS}")]
    TooManySteps {
        /// The number of commands.
        count: usize,
    },
    /// Some of several commands cannot run.
    #[error("some of the commands cannot run")]
    Several(Vec<FailedCommand>),
    /// The audit log cannot be written.
    #[error("{0}")]
    Ledger(#[from] LedgerError),
}

impl Approvals {
    /// Decides a request, and plans it if it is a write or needs a decision.
    ///
    /// # Errors
    ///
    /// [`NotProposed`] if the proposal fails.
    pub async fn propose(&self, proposal: Proposal<'_>) -> Result<Proposed, NotProposed> {
        let reader = Reader::new(&*self.runtime, &self.decider, proposal.person, proposal.operation);
        let mut targets = Vec::new();
        let proposed = self.propose_with(&reader, &mut targets, proposal).await;
        proposed.map_err(|error| NotProposed { error, found: reader.found(targets) })
    }

    fn obstacle(&self, action: &Action, arguments: &Arguments) -> Option<CredentialError> {
        self.runtime.obstacle(action, arguments)
    }

    async fn propose_with(
        &self,
        reader: &Reader<'_>,
        targets: &mut Vec<Target>,
        proposal: Proposal<'_>,
    ) -> Result<Proposed, ProposeError> {
        let Proposal { operation, person, draft, options, receipt } = proposal;
        let catalog = self.runtime.catalog().clone();
        let directory = self.decider.groups().directory();
        let resolved = resolve(&catalog, draft, reader, directory).await;
        let (mut invocation, found) = resolved.map_err(ProposeError::Resolve)?;
        targets.clone_from(&found);
        let action = &*Arc::clone(&invocation.action);
        if options.all || is_followed(&catalog, &invocation) {
            invocation.arguments = in_large_pages(action, invocation.arguments);
        }
        let reason = options.reason.as_ref().map(Reason::as_str);
        // The policy is evaluated without secrets: a later evaluation would not have them.
        let shown = invocation.shown(&catalog.types);
        let requirements = match self.decider.decide(person, action, &shown.arguments, reason) {
            Decision::Deny(denial) => return Err(ProposeError::Denied(denial, invocation)),
            // No approval is requested for a command that cannot be sent.
            Decision::Allow(_) if let Some(obstacle) = self.obstacle(action, &invocation.arguments) => {
                return Err(ProposeError::Unavailable(obstacle, invocation));
            }
            Decision::Allow(requirements) if is_immediate(action, &requirements) => {
                let authorized = Authorized::new(invocation, operation.to_owned(), person.principal.clone());
                return Ok(Proposed::Read { authorized, policies: requirements.policies, found: reader.found(found) });
            }
            Decision::Allow(requirements) => requirements,
        };
        let no_approver = self.no_approver(person, &[action], &requirements);
        if let Some(no_approver) = no_approver.clone().filter(|_| !options.dry_run) {
            return Err(ProposeError::NoApprover(no_approver, invocation));
        }
        if requirements.reason && options.reason.is_none() && !options.dry_run {
            return Err(ProposeError::NoReason(invocation));
        }
        let go = options.yes && requirements.approvals.is_empty();
        if !go && !options.dry_run {
            let requester = person.principal.clone();
            let now = self.ledger.clock().now_ms();
            if self.ledger.look(move |projection| has_too_many(projection, &requester, now, 0)).await? {
                return Err(ProposeError::TooManyPending(invocation));
            }
        }
        let before = before(reader, &invocation)
            .await
            .map_err(|error| ProposeError::Before(Box::new(error), invocation.clone()))?;
        let all = options.all && action.paging.is_some();
        let step = Step::new(&catalog, &invocation, found, before).showing(all, &options.columns);
        let is_pointless = step.pointless(&catalog).is_some();
        let has_secrets = step.secrets.is_some();
        let plan = Plan::of(step);
        let planned = person.did(Event::Planned {
            plan: serde_json::to_string(&plan).unwrap_or_default(),
            plan_hash: plan.hash(),
            dry_run: options.dry_run,
            requests: reader.requests(),
        });
        let planned = plan.note(operation, planned).decided_by(&requirements.policies);
        self.ledger.append(Durability::Process, receipt.before(vec![planned])).await?;
        self.observer.reached(Stage::Planned);
        if is_pointless {
            let found = reader.found(plan.first().targets.clone());
            return Ok(Proposed::Pointless(Box::new(plan), found));
        }
        if options.dry_run {
            return Ok(Proposed::Planned(Planned::DryRun(Box::new(plan), requirements, no_approver)));
        }
        let pending = first_request(person, plan, requirements, options);
        // Stored first: a request that is recorded can be decided immediately.
        if has_secrets && !go {
            self.forget_expired_secrets();
            let expires_ms = expires_ms(&pending.requirements, self.ledger.clock().now_ms());
            if !self.secrets.keep(operation, &person.principal, invocation.arguments.clone(), expires_ms) {
                return Err(ProposeError::TooManyPending(invocation));
            }
        }
        let requested = self.request(operation, person, pending, go).await;
        let operation = requested.map_err(|error| {
            self.secrets.forget(operation);
            match error {
                CommitError::Refused(TooManyPending) => ProposeError::TooManyPending(invocation.clone()),
                CommitError::Ledger(error) => ProposeError::Ledger(error),
            }
        })?;
        self.observer.reached(if go { Stage::Intent } else { Stage::Requested });
        if !go {
            return Ok(Proposed::Planned(Planned::Waiting(Box::new(operation))));
        }
        let requester = &operation.pending.requester;
        let authorized = Authorized::new(invocation, operation.id.clone(), requester.clone());
        Ok(Proposed::Planned(Planned::Run(Box::new(operation), authorized)))
    }

    /// Records a pending request. If `go` is true, the requester has already confirmed it, and the intent is recorded
    /// in the same commit.
    pub(super) async fn request(
        &self,
        id: &str,
        person: &Person,
        pending: Pending,
        go: bool,
    ) -> Result<Operation, CommitError<TooManyPending>> {
        if go {
            self.observer.reached(Stage::Decided);
        }
        let (id, person) = (id.to_owned(), person.clone());
        let host = self.ledger.host().to_owned();
        let wanted = id.clone();
        let decide = move |projection: &Projection, now: i64| {
            let policy_hash = person.policy_hash();
            let requested = requested(&pending, policy_hash, now, i64::MAX);
            if let Event::Requested { pending: recorded, .. } = &requested
                && !go
                && has_too_many(projection, &person.principal, now, pending.bytes(recorded))
            {
                return Err(TooManyPending);
            }
            let mut entries = vec![pending.note(&id, person.did(requested))];
            if go {
                let decided = Event::Decided { decision: Choice::Confirm, reason: None };
                entries.push(pending.note(&id, person.did(decided)));
                let policies = pending.requirements.policies.clone();
                let (host, plan_hash) = (host.clone(), pending.plan.hash());
                let intent = Intent { host, plan_hash, policy_hash, policies, approvers: Vec::new() };
                entries.push(intent.entry(&id, &pending));
            }
            Ok(entries)
        };
        let then = move |projection: &Projection, _: &[Entry]| projection.operation(&wanted).cloned();
        let operation = self.ledger.commit(Durability::Disk, decide, then).await?;
        operation.ok_or(CommitError::Ledger(LedgerError::Stopping))
    }
}

/// The first plan of a request.
pub(super) fn first_request(person: &Person, plan: Plan, requirements: Requirements, options: &Options) -> Pending {
    Pending {
        version: 1,
        requester: person.principal.clone(),
        person: person.person.clone(),
        place: person.place.clone(),
        plan,
        requirements,
        reason: options.reason.as_ref().map(ToString::to_string),
    }
}

/// Whether a requester has so many pending requests, or such large ones, that another one of `bytes` bytes is too much.
fn has_too_many(projection: &Projection, requester: &Principal, now_ms: i64, bytes: usize) -> bool {
    let (count, pending_bytes) = projection.pending_of(requester, now_ms);
    count >= MAX_PENDING || pending_bytes.saturating_add(bytes) > MAX_PENDING_BYTES
}

/// The event with which a request becomes pending.
pub(super) fn requested(pending: &Pending, policy_hash: &str, now_ms: i64, latest_ms: i64) -> Event {
    Event::Requested {
        pending: serde_json::to_string(pending).unwrap_or_default(),
        plan_hash: pending.plan.hash(),
        policy_hash: policy_hash.to_owned(),
        expires_ms: expires_ms(&pending.requirements, now_ms).min(latest_ms),
    }
}

/// The time at which a request that is made now expires.
fn expires_ms(requirements: &Requirements, now_ms: i64) -> i64 {
    let seconds = i64::try_from(requirements.expires_seconds).unwrap_or(i64::MAX / 1000);
    now_ms.saturating_add(seconds.saturating_mul(1000))
}

//! From a wish to a plan that waits, or may run at once.

use super::{Approvals, Authorized, NoApprover, Stage};
use crate::execute::{CallError, CredentialError};
use crate::operation::{CommitError, FIRST_STEP, LedgerError, Operation, Pending, Projection, Receipt};
use crate::plan::{Before, Plan, ResolveError, Step, Target, read_before, resolve};
use crate::policy::{Decision, Denial, Requirements};
use crate::{Person, Reader};
use claude_admin_audit::store::Durability;
use claude_admin_audit::{Entry, Event};
use claude_admin_catalog::Action;
use claude_admin_chat::command::{Arguments, Draft, Invocation, Options, Reason};
use claude_admin_chat::identity::Principal;
use claude_admin_chat::paging::{Following, in_large_pages, is_followed};
use claude_admin_chat::{Choice, Verdict};
use serde_json::Value;

/// The most pending requests of one requester, and the most bytes of memory for them. They are in the memory of every host
/// on the store until they are decided or expire.
pub const MAX_PENDING: usize = 100;
const MAX_PENDING_BYTES: usize = 16 << 20;

/// The maximum number of pages that are read of a list with an item that a write replaces.
const MAX_PAGES: usize = 10;

/// A requester has as many pending requests as one can have.
struct TooManyPending;

/// A wish: who wants what.
#[derive(Debug)]
pub struct Proposal<'p> {
    /// The operation that it becomes.
    pub operation: &'p str,
    /// Who.
    pub person: &'p Person,
    /// What.
    pub draft: Draft,
    /// How.
    pub options: &'p Options,
    /// That it was received: recorded before its plan is.
    pub receipt: &'p Receipt,
}

/// What a wish comes to.
#[derive(Debug)]
pub enum Proposed {
    /// It changes nothing, and may be done.
    Read {
        /// What may be done.
        authorized: Authorized<Invocation>,
        /// The policies that permit it.
        policies: Vec<String>,
        /// What was looked up for it.
        found: Found,
    },
    /// Only its plan was wanted. Comes with why its approvals can never be given, if that is so.
    DryRun(Box<Plan>, Requirements, Option<NoApprover>),
    /// It has nothing to change, or the API refuses it as its target is: nobody is asked, and nothing is sent.
    Pointless(Box<Plan>, Found),
    /// It waits for decisions.
    Waiting(Box<Operation>),
    /// It was confirmed, and may be done. The intent is recorded.
    Run(Box<Operation>, Authorized<Invocation>),
}

/// What was looked up before anything was decided.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The ids that were found.
    pub targets: Vec<Target>,
    /// The ids at the API of the requests.
    pub requests: Vec<String>,
    /// Whether any request left, with or without an id.
    pub sent: bool,
}

impl Found {
    /// What the lookups did.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict::of_reads(self.sent)
    }

    /// Says what was looked up for what an entry is about.
    #[must_use]
    pub fn note(&self, entry: Entry) -> Entry {
        let resolved = self.targets.iter().map(Target::to_string).collect();
        Entry { resolved, ..entry.after_lookups(&self.requests) }
    }
}

/// A wish that comes to nothing, and what was looked up until then.
#[derive(Debug)]
pub struct NotProposed {
    /// Why.
    pub error: ProposeError,
    /// What was looked up.
    pub found: Found,
}

/// Why a wish comes to nothing. Nothing was changed.
#[derive(Debug)]
pub enum ProposeError {
    /// The policy denies it.
    Denied(Denial, Invocation),
    /// An address or a mention does not stand for an id.
    Resolve(ResolveError),
    /// No request of it can be sent by this host.
    Unavailable(CredentialError, Invocation),
    /// It requires approvals that nobody can give.
    NoApprover(NoApprover, Invocation),
    /// It takes a reason.
    NoReason(Invocation),
    /// Its requester has as many pending requests as one can have.
    TooManyPending(Invocation),
    /// What it is done to cannot be read.
    Before(Box<CallError>, Invocation),
    /// The audit trail cannot be written.
    Ledger(LedgerError),
}

impl From<LedgerError> for ProposeError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl Approvals {
    /// Decides on a wish, and plans it where it changes something.
    ///
    /// # Errors
    ///
    /// [`NotProposed`] when it comes to nothing.
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
        let Some(action) = catalog.action(&invocation.action) else {
            return Err(ProposeError::Denied(Denial::unknown_action(&invocation.action), invocation));
        };
        if options.all || is_followed(&catalog, &invocation) {
            invocation.arguments = in_large_pages(action, invocation.arguments);
        }
        let reason = options.reason.as_ref().map(Reason::as_str);
        // No policy decides by a secret: it could not decide by it again later.
        let shown = invocation.shown(action, &catalog.types);
        let requirements = match self.decider.decide(person, action, &shown.arguments, reason) {
            Decision::Deny(denial) => return Err(ProposeError::Denied(denial, invocation)),
            // Nobody is asked to approve what cannot be sent.
            Decision::Allow(_) if let Some(obstacle) = self.obstacle(action, &invocation.arguments) => {
                return Err(ProposeError::Unavailable(obstacle, invocation));
            }
            Decision::Allow(requirements) if requirements.is_empty() && !action.writes() => {
                let authorized = Authorized::new(invocation, operation.to_owned(), person.principal.clone());
                return Ok(Proposed::Read { authorized, policies: requirements.policies, found: reader.found(found) });
            }
            Decision::Allow(requirements) => requirements,
        };
        let no_approver = self.no_approver(person, action, &requirements);
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
        let before = before(reader, action, &invocation)
            .await
            .map_err(|error| ProposeError::Before(Box::new(error), invocation.clone()))?;
        let all = options.all && action.paging.is_some();
        let step = Step::new(&catalog, action, &invocation, found, before).showing(all, &options.columns);
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
            return Ok(Proposed::DryRun(Box::new(plan), requirements, no_approver));
        }
        let pending = Pending {
            version: 1,
            requester: person.principal.clone(),
            place: person.place.clone(),
            plan,
            requirements,
            reason: options.reason.as_ref().map(ToString::to_string),
        };
        // Kept first: a request that is recorded can be decided about at once.
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
            return Ok(Proposed::Waiting(Box::new(operation)));
        }
        let requester = &operation.pending.requester;
        let authorized = Authorized::new(invocation, operation.id.clone(), requester.clone());
        Ok(Proposed::Run(Box::new(operation), authorized))
    }

    /// Lets a plan wait; with `go`, its requester has confirmed it already, and the intent to run it is recorded in the
    /// same breath.
    async fn request(
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
            let requested = requested(&pending, policy_hash, now);
            if let Event::Requested { pending: recorded, .. } = &requested
                && !go
                && has_too_many(projection, &person.principal, now, pending.bytes(recorded))
            {
                return Err(TooManyPending);
            }
            let mut entries = vec![pending.note(&id, person.did(requested))];
            if go {
                let decided = Event::Decided { decision: Choice::Confirm, reason: None };
                let intent = Event::Intent {
                    host: host.clone(),
                    plan_hash: Some(pending.plan.hash()),
                    policy_hash: policy_hash.to_owned(),
                    policies: pending.requirements.policies.clone(),
                    approvers: Vec::new(),
                    reason: pending.reason.clone(),
                };
                entries.push(pending.note(&id, person.did(decided)));
                entries.push(Entry { step: Some(FIRST_STEP), ..pending.note(&id, person.did(intent)) });
            }
            Ok(entries)
        };
        let then = move |projection: &Projection, _: &[Entry]| projection.operation(&wanted).cloned();
        let operation = self.ledger.commit(Durability::Disk, decide, then).await?;
        operation.ok_or(CommitError::Ledger(LedgerError::Stopping))
    }
}

/// Whether somebody has so many pending requests, or such large ones, that another one of some bytes is too much.
fn has_too_many(projection: &Projection, requester: &Principal, now_ms: i64, bytes: usize) -> bool {
    let (count, pending_bytes) = projection.pending_of(requester, now_ms);
    count >= MAX_PENDING || pending_bytes.saturating_add(bytes) > MAX_PENDING_BYTES
}

/// The entry by which a plan begins to wait.
pub(super) fn requested(pending: &Pending, policy_hash: &str, now_ms: i64) -> Event {
    Event::Requested {
        pending: serde_json::to_string(pending).unwrap_or_default(),
        plan_hash: pending.plan.hash(),
        policy_hash: policy_hash.to_owned(),
        expires_ms: expires_ms(&pending.requirements, now_ms),
    }
}

/// When a request that is made now expires.
fn expires_ms(requirements: &Requirements, now_ms: i64) -> i64 {
    let seconds = i64::try_from(requirements.expires_seconds).unwrap_or(i64::MAX / 1000);
    now_ms.saturating_add(seconds.saturating_mul(1000))
}

/// Reads what a write is done to, as far as whoever wants it may read it.
pub(super) async fn before(reader: &Reader<'_>, action: &Action, invocation: &Invocation) -> Result<Before, CallError> {
    let catalog = reader.runtime.catalog();
    // A read changes nothing that there could be a state before of.
    if !action.writes() {
        return Ok(Before::Nothing);
    }
    let Some(read) = read_before(catalog, action, invocation) else {
        return replaced(reader, action, invocation).await;
    };
    let Some(read_action) = catalog.action(&read.action) else { return Ok(Before::Nothing) };
    match reader.read(read_action, read).await {
        None => Ok(Before::NotAllowed { action: read_action.id.clone() }),
        Some(Ok(value)) => Ok(Before::read(&catalog.types, read_action, &value)),
        Some(Err(error)) => Err(error),
    }
}

/// Reads the item of a list that a write replaces (`@replaces`).
async fn replaced(reader: &Reader<'_>, action: &Action, write: &Invocation) -> Result<Before, CallError> {
    let catalog = reader.runtime.catalog();
    let (Some(replaces), Some(list)) = (&action.replaces, catalog.replaced_list(action)) else {
        return Ok(Before::Nothing);
    };
    let mut read = Invocation { action: list.id.clone(), arguments: in_large_pages(list, Arguments::new()) };
    let mut following = Following::beginning_at(None);
    for _ in 0..MAX_PAGES {
        let Some(page) = reader.read(list, read.clone()).await else {
            return Ok(Before::NotAllowed { action: list.id.clone() });
        };
        let page = page?;
        let items = page.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let is_replaced = |item: &&Value| replaces.is_replaced(action, |name| write.arguments.get(name).cloned(), item);
        if let Some(item) = items.iter().find(is_replaced) {
            return Ok(Before::read(&catalog.types, list, item));
        }
        let Some(paging) = &list.paging else { break };
        match following.take(paging.onward(&page), true) {
            Ok(Some(cursor)) => _ = read.arguments.insert(paging.input().to_owned(), cursor.into()),
            Ok(None) => return Ok(Before::read(&catalog.types, list, &Value::Null)),
            Err(_) => break,
        }
    }
    // Whether there is such an item is not known.
    Ok(Before::Nothing)
}

//! From a request with several commands to one plan, which is decided as one.
//!
//! Every command is looked up, decided and compared with the state of its target. If one of them cannot run, nothing is
//! requested, and the error names each of them. The requirements of the plan are the strictest of all its steps.

use super::propose::first_request;
use super::{Approvals, Authorized, Found, NotProposed, Planned, ProposeError, Stage};
use crate::operation::{CommitError, Receipt};
use crate::plan::{Lookups, Origin, Plan, ResolveError, Step, Unneeded, before, code_of, resolve_with};
use crate::policy::{Decision, InPlaybook, Requirements};
use crate::{Person, Reader};
use claude_admin_audit::store::Durability;
use claude_admin_audit::{Code, Event};
use claude_admin_catalog::{Action, Futility, Method};
use claude_admin_chat::command::{Draft, Options, Reason};
use claude_admin_chat::is_missing;
use std::sync::Arc;

/// The maximum number of commands in one request.
pub const MAX_STEPS: usize = 500;

/// A request with several commands.
#[derive(Debug)]
pub struct Commands<'p> {
    /// The ID of the operation.
    pub operation: &'p str,
    /// The requester.
    pub person: &'p Person,
    /// The commands.
    pub drafts: Vec<CommandDraft>,
    /// The playbook that proposed them, and the requirements for it, if one did.
    pub playbook: Option<(Origin, Requirements)>,
    /// The options of the request.
    pub options: &'p Options,
    /// The receipt of the request: recorded before its plan.
    pub receipt: &'p Receipt,
}

/// One of several commands.
#[derive(Debug)]
pub struct CommandDraft {
    /// The command.
    pub draft: Draft,
    /// The reason that a playbook gave.
    pub why: Option<String>,
}

impl From<Draft> for CommandDraft {
    fn from(draft: Draft) -> Self {
        Self { draft, why: None }
    }
}

/// One of several commands, which cannot run.
#[derive(Debug)]
pub struct FailedCommand {
    /// Its number, from 1.
    pub number: usize,
    /// Its canonical form.
    pub command: String,
    /// The reason.
    pub error: ProposeError,
}

/// The result of a request with several commands.
#[derive(Debug)]
pub enum ProposedSeveral {
    /// None of them has anything to change.
    Nothing(Vec<Unneeded>),
    /// They were planned.
    Planned(Planned),
}

/// One of several commands, after it was compared with the state of its target.
enum Compared {
    Step(Box<Step>, Requirements),
    Unneeded(Unneeded),
}

impl Approvals {
    /// Decides and plans several commands as one request. `reader` reads for all of them.
    ///
    /// # Errors
    ///
    /// [`NotProposed`] if one of the commands cannot run.
    pub async fn propose_several(
        &self,
        commands: Commands<'_>,
        reader: &Reader<'_>,
    ) -> Result<(ProposedSeveral, Found), NotProposed> {
        let proposed = self.propose_several_with(reader, commands).await;
        let found = reader.found(Vec::new());
        match proposed {
            Ok(proposed) => Ok((proposed, found)),
            Err(error) => Err(NotProposed { error, found }),
        }
    }

    async fn propose_several_with(
        &self,
        reader: &Reader<'_>,
        commands: Commands<'_>,
    ) -> Result<ProposedSeveral, ProposeError> {
        let Commands { operation, person, drafts, playbook, options, receipt } = commands;
        let (origin, of_playbook) = playbook.unzip();
        if drafts.len() > MAX_STEPS {
            return Err(ProposeError::TooManySteps { count: drafts.len() });
        }
        let mut lookups = Lookups::new(reader, drafts.iter().map(|one| one.draft.references.len()).sum());
        let (mut steps, mut unneeded, mut failed) = (Vec::<Step>::new(), Vec::new(), Vec::new());
        let mut actions: Vec<Arc<Action>> = Vec::new();
        let playbook = origin.as_ref().map(|origin| origin.with_steps(drafts.len()));
        let mut needs = Vec::<Requirements>::new();
        for (number, CommandDraft { draft, why }) in (1..).zip(drafts) {
            let (action, written) = (Arc::clone(&draft.invocation.action), draft.invocation.clone());
            match self.compared(reader, &mut lookups, (person, playbook.as_ref()), draft, options).await {
                Ok(Compared::Step(step, _)) if steps.iter().any(|known| known.is_same(&step)) => {}
                Ok(Compared::Step(step, requirements)) => {
                    steps.push(Step { why, ..*step });
                    needs.push(requirements);
                    if !actions.iter().any(|known| known.id == action.id) {
                        actions.push(action);
                    }
                }
                Ok(Compared::Unneeded(one)) => unneeded.push(one),
                Err(error @ ProposeError::Ledger(_)) => return Err(error),
                Err(error) => {
                    let command = written.canonical(&self.runtime.catalog().types);
                    failed.push(FailedCommand { number, command, error });
                }
            }
        }
        if !failed.is_empty() {
            return Err(ProposeError::Several(failed));
        }
        let Some(plan) = Plan::of_several(steps, unneeded.clone(), origin) else {
            return Ok(ProposedSeveral::Nothing(unneeded));
        };
        let all = of_playbook.into_iter().chain(needs.iter().cloned()).reduce(|all, some| all.and(&some));
        let requirements = all.unwrap_or_else(|| Requirements::floor([]));
        let actions: Vec<&Action> = actions.iter().map(|action| &**action).collect();
        // An error names a step that has the requirement.
        let step_with = |has: &dyn Fn(&Requirements) -> bool| {
            let index = needs.iter().position(has).unwrap_or(0);
            let step = plan.steps().get(index).and_then(|step| step.invocation(self.runtime.catalog()));
            step.ok_or_else(|| ProposeError::Several(Vec::new()))
        };
        let no_approver = self.no_approver(person, &actions, &requirements);
        if let Some(no_approver) = no_approver.clone().filter(|_| !options.dry_run) {
            let step = step_with(&|needs| needs.approvals.contains(&no_approver.rule))?;
            return Err(ProposeError::NoApprover(no_approver, step));
        }
        if requirements.reason && options.reason.is_none() && !options.dry_run {
            return Err(ProposeError::NoReason(step_with(&|needs| needs.reason)?));
        }
        let planned = person.did(Event::Planned {
            plan: serde_json::to_string(&plan).unwrap_or_default(),
            plan_hash: plan.hash(),
            dry_run: options.dry_run,
            requests: reader.requests(),
        });
        let planned = plan.note(operation, planned).decided_by(&requirements.policies);
        self.ledger.append(Durability::Process, receipt.before(vec![planned])).await?;
        self.observer.reached(Stage::Planned);
        if options.dry_run {
            return Ok(ProposedSeveral::Planned(Planned::DryRun(Box::new(plan), requirements, no_approver)));
        }
        let go = options.yes && requirements.approvals.is_empty();
        let invocation = step_with(&|_| true)?;
        let pending = first_request(person, plan, requirements, options);
        let requested = self.request(operation, person, pending, go).await;
        let operation = requested.map_err(|error| match error {
            CommitError::Refused(_) => ProposeError::TooManyPending(invocation.clone()),
            CommitError::Ledger(error) => ProposeError::Ledger(error),
        })?;
        self.observer.reached(if go { Stage::Intent } else { Stage::Requested });
        Ok(ProposedSeveral::Planned(match operation.pending.plan.only() {
            _ if !go => Planned::Waiting(Box::new(operation)),
            None => Planned::RunSteps(Box::new(operation)),
            Some(_) => {
                let requester = person.principal.clone();
                let authorized = Authorized::new(invocation, operation.id.clone(), requester);
                Planned::Run(Box::new(operation), authorized)
            }
        }))
    }

    async fn compared(
        &self,
        reader: &Reader<'_>,
        lookups: &mut Lookups<'_>,
        (person, playbook): (&Person, Option<&InPlaybook>),
        draft: Draft,
        options: &Options,
    ) -> Result<Compared, ProposeError> {
        let catalog = self.runtime.catalog().clone();
        let types = &catalog.types;
        let written = draft.invocation.clone();
        let action = &*written.action;
        let removes = action.http.method == Method::Delete;
        let gone = |code: Code| Compared::Unneeded(Unneeded { command: written.canonical(types), why: code.into() });
        let directory = self.decider.groups().directory();
        let (invocation, targets) = match resolve_with(&catalog, draft, lookups, directory).await {
            Ok(resolved) => resolved,
            // A repeated removal has nothing to do. Whether the policy permits it is decided without the ID.
            Err(ResolveError::NotFound { .. }) if removes && self.decider.may_ever(person, action) => {
                return Ok(gone(Code::new("target-gone")));
            }
            Err(error) => return Err(ProposeError::Resolve(error)),
        };
        if !action.writes() || action.sensitive || invocation.shown(types) != invocation {
            return Err(ProposeError::NotAStep(invocation));
        }
        let reason = options.reason.as_ref().map(Reason::as_str);
        let requirements = match self.decider.decide_in(person, action, &invocation.arguments, reason, playbook) {
            Decision::Deny(denial) => return Err(ProposeError::Denied(denial, invocation)),
            Decision::Allow(_) if let Some(obstacle) = self.runtime.obstacle(action, &invocation.arguments) => {
                return Err(ProposeError::Unavailable(obstacle, invocation));
            }
            Decision::Allow(requirements) => requirements,
        };
        let before = match before(reader, &invocation).await {
            Ok(before) => before,
            Err(error) if removes && error.reported().is_some_and(is_missing) => {
                return Ok(gone(Code::new("target-gone").number("status", 404_u64)));
            }
            Err(error) => return Err(ProposeError::Before(Box::new(error), invocation)),
        };
        let step = Step::new(&catalog, &invocation, targets, before);
        match step.pointless(&catalog).map(|found| found.kind) {
            None => Ok(Compared::Step(Box::new(step), requirements)),
            Some(kind @ Futility::Done) => {
                Ok(Compared::Unneeded(Unneeded { command: step.command, why: code_of(kind).into() }))
            }
            Some(Futility::Refused) => Err(ProposeError::Refused(Box::new(step))),
        }
    }
}

impl Step {
    /// Whether another step runs the same command.
    fn is_same(&self, other: &Self) -> bool {
        (&self.action, &self.arguments) == (&other.action, &other.arguments)
    }
}

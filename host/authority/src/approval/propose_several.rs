//! From a request with several commands to one plan, which is decided as one.
//!
//! Every command is looked up, decided and compared with the state of its target. If one of them cannot run, nothing is
//! requested, and the error names each of them. The requirements of the plan are the strictest of all its steps.

use super::propose::first_request;
use super::{Approvals, Authorized, Found, NotProposed, Planned, ProposeError, Stage};
use crate::operation::{CommitError, Receipt};
use crate::plan::{
    Before, Fill, Lookups, NOT_PERMITTED, Origin, Plan, ResolveError, Selection, Step, Unneeded, before, code_of,
    resolve_with,
};
use crate::policy::{Decision, InPlaybook, Requirements};
use crate::{Person, Reader};
use claude_admin_audit::store::Durability;
use claude_admin_audit::{Code, Event};
use claude_admin_catalog::{Futility, Method};
use claude_admin_chat::command::{Draft, Invocation, Options, Reason};
use claude_admin_chat::is_missing;
use std::collections::BTreeMap;

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
    /// Whether it runs only if it is selected.
    pub is_optional: bool,
    /// Arguments whose values are in the results of earlier commands. Commands are numbered from 1.
    pub fills: Vec<Fill>,
}

impl From<Draft> for CommandDraft {
    fn from(draft: Draft) -> Self {
        Self { draft, why: None, is_optional: false, fills: Vec::new() }
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
        // An optional step is selected later, and decided again then.
        let required = drafts.iter().filter(|one| !one.is_optional).count();
        let playbook = origin.as_ref().map(|origin| origin.with_steps(required.max(1)));
        // The selected steps, each with its requirements.
        let mut decided = Vec::<(Invocation, Requirements)>::new();
        let mut first = None;
        // The numbers of the commands in the plan. Commands that have nothing to change are not in it.
        let mut numbers = BTreeMap::<usize, u32>::new();
        for (number, CommandDraft { mut draft, why, is_optional, fills }) in (1..).zip(drafts) {
            let renumbered = |fill: &Fill| {
                let step = numbers.get(&usize::try_from(fill.step).ok()?)?;
                Some(Fill { step: *step, ..fill.clone() })
            };
            let in_plan: Option<Vec<Fill>> = fills.iter().map(renumbered).collect();
            for fill in in_plan.as_ref().unwrap_or(&fills) {
                draft.invocation.arguments.insert(fill.input.clone(), fill.shown().into());
            }
            let (written, fills) = (draft.invocation.clone(), in_plan);
            let compared = match &fills {
                None => Err(ProposeError::NoResult(written.clone())),
                Some(fills) => {
                    let asks = (person, playbook.as_ref());
                    self.compared(reader, &mut lookups, asks, draft, options, !fills.is_empty()).await
                }
            };
            match compared {
                Ok(Compared::Step(step, requirements))
                    if let Some(at) = steps.iter().position(|known| known.is_same(&step)) =>
                {
                    numbers.insert(number, u32::try_from(at + 1).unwrap_or(u32::MAX));
                    // The same step runs once. It is required if one of the commands is.
                    if !is_optional && steps[at].selection != Selection::Required {
                        steps[at].selection = Selection::Required;
                        let invocation = step.invocation(self.runtime.catalog());
                        decided.extend(invocation.map(|invocation| (invocation, requirements)));
                    }
                }
                Ok(Compared::Step(step, requirements)) => {
                    numbers.insert(number, u32::try_from(steps.len() + 1).unwrap_or(u32::MAX));
                    let fills = fills.unwrap_or_default();
                    let selection = if is_optional { Selection::Offered } else { Selection::Required };
                    if let Some(invocation) = step.invocation(self.runtime.catalog()) {
                        first.get_or_insert_with(|| invocation.clone());
                        decided.extend((!is_optional).then_some((invocation, requirements)));
                    }
                    steps.push(Step { why, selection, fills, ..*step });
                }
                Ok(Compared::Unneeded(one)) => unneeded.push(one),
                Err(error @ ProposeError::Ledger(_)) => return Err(error),
                Err(ProposeError::Refused(step)) if is_optional => {
                    unneeded.push(Unneeded { command: step.command, why: code_of(Futility::Refused).into() });
                }
                // A step that is only offered, and that this user cannot run, is left out.
                Err(ProposeError::Denied(..) | ProposeError::Unavailable(..)) if is_optional => {
                    let command = written.canonical(&self.runtime.catalog().types);
                    unneeded.push(Unneeded { command, why: Code::new(NOT_PERMITTED).into() });
                }
                Err(error) => {
                    let command = written.canonical(&self.runtime.catalog().types);
                    failed.push(FailedCommand { number, command, error });
                }
            }
        }
        if !failed.is_empty() {
            return Err(ProposeError::Several(failed));
        }
        let (Some(plan), Some(first)) = (Plan::of_several(steps, unneeded.clone(), origin), first) else {
            return Ok(ProposedSeveral::Nothing(unneeded));
        };
        let needs = decided.iter().map(|(_, requirements)| requirements.clone());
        let all = of_playbook.into_iter().chain(needs).reduce(|all, some| all.and(&some));
        let requirements = all.unwrap_or_else(|| Requirements::floor([]));
        // An error names a step that has the requirement.
        let step_with = |has: &dyn Fn(&Requirements) -> bool| {
            let found = decided.iter().find(|(_, requirements)| has(requirements));
            found.map_or_else(|| first.clone(), |(invocation, _)| invocation.clone())
        };
        let no_approver = self.no_approver_of(person, &plan, &requirements);
        if let Some(no_approver) = no_approver.clone().filter(|_| !options.dry_run) {
            let step = step_with(&|needs| needs.approvals.contains(&no_approver.rule));
            return Err(ProposeError::NoApprover(no_approver, step));
        }
        if requirements.reason && options.reason.is_none() && !options.dry_run {
            return Err(ProposeError::NoReason(step_with(&|needs| needs.reason)));
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
        let go = options.yes && requirements.approvals.is_empty() && plan.steps().next().is_some();
        let invocation = first;
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
        is_filled_later: bool,
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
        // A target that an earlier step determines cannot be read yet.
        let before = if is_filled_later { Ok(Before::Nothing) } else { before(reader, &invocation).await };
        let before = match before {
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

//! Several commands as one request: one plan and one decision, then one step after the other.

use super::audience;
use super::ending::{Ending, of_list_error, of_propose_error};
use super::executed::Executed;
use super::pace::Pace;
use super::steps_json::operation_json;
use super::{Outcome, Reply, Service};
use crate::audit::{Cause, Code, Effect, Entry, Event};
use crate::command::{Options, Several};
use crate::decision::approval::pages::Follow;
use crate::decision::approval::{CommandDraft, Commands, Found, NextStep, NotProposed, ProposeError, ProposedSeveral};
use crate::decision::operation::{DONE, LedgerError, Operation, Projection, Receipt, State, StepState};
use crate::decision::plan::{ListError, NOTHING_TO_CHANGE, Results, Unneeded, of_list};
use crate::decision::{Person, Reader};
use crate::document::{self, Block, Document, Level, Notice};
use crate::sandbox::Plugin;
use claude_admin_catalog::Action;
use claude_admin_chat::{Verdict, wait_before_retry};
use serde_json::json;
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// The maximum number of times that a run waits because the API asked for it.
const MOST_WAITS: u32 = 20;

impl Service {
    /// Plans several commands as one request. It runs if it needs no other decision.
    pub(super) async fn run_several(
        &self,
        id: &str,
        person: &Person,
        receipt: &Receipt,
        several: Several,
        options: Options,
    ) -> Reply {
        let catalog = self.catalog();
        let Some(action) = several.action().cloned() else {
            return Reply::failed(Outcome::Usage, document::error("There is no command.".to_owned(), None::<&str>));
        };
        if let Some(refused) = audience::refusal(&action, &person.place, &options) {
            return refused.of(&action, &action.command(), &options);
        }
        let reader = Reader::new(&*self.plugin, self.decider(), person, id).keeping_items();
        let drafts = match several {
            Several::Given(drafts) => drafts,
            Several::OfList { list, common } => {
                let directory = self.decider().groups().directory();
                match of_list(catalog, &reader, list, &common, directory).await {
                    Ok(drafts) => drafts,
                    Err(error) => return self.no_list(id, person, &action, &options, &reader, &error).await,
                }
            }
        };
        let drafts = drafts.into_iter().map(CommandDraft::from).collect();
        let commands = Commands { operation: id, person, drafts, playbook: None, options: &options, receipt };
        let proposed = Box::pin(self.approvals.propose_several(commands, &reader)).await;
        match proposed {
            Err(not) => self.several_not_run(id, person, &action, &options, not).await,
            Ok((ProposedSeveral::Nothing(unneeded), found)) => {
                self.nothing_to_do(id, person, &action, &options, &unneeded, &found).await
            }
            Ok((ProposedSeveral::Planned(planned), _)) => {
                Box::pin(self.planned(id, person, &action, &options, planned)).await
            }
        }
    }

    async fn no_list(
        &self,
        id: &str,
        person: &Person,
        action: &Action,
        options: &Options,
        reader: &Reader<'_>,
        error: &ListError,
    ) -> Reply {
        let found = reader.found(Vec::new());
        let Ending { outcome, code } = of_list_error(self.catalog(), error);
        self.note(self.several_ended(id, person, action, outcome, code, &found)).await;
        let document = document::list_error(self.catalog(), error, found.verdict(), self.upstream());
        Reply::failed(outcome, document).with_verdict(found.verdict()).of(action, &action.command(), options)
    }

    pub(super) async fn several_not_run(
        &self,
        id: &str,
        person: &Person,
        action: &Action,
        options: &Options,
        not: NotProposed,
    ) -> Reply {
        let error = match &not.error {
            ProposeError::Several(failed) => failed.first().map_or(&not.error, |failed| &failed.error),
            error => error,
        };
        let Ending { outcome, code } = of_propose_error(self.catalog(), action, error);
        let mut entry = self.several_ended(id, person, action, outcome, code.clone(), &not.found);
        if let ProposeError::Denied(denial, _) = error {
            entry.event = Event::Denied { reason: code.into(), count: 1 };
            entry = entry.decided_by(denial.policies());
        }
        self.note(entry).await;
        let document = document::propose_error(self.catalog(), &not, self.upstream());
        let mut reply = Reply::failed(outcome, document).with_verdict(not.found.verdict());
        if let ProposeError::Several(failed) = &not.error {
            let rows = failed.iter().map(|failed| json!({ "number": failed.number, "command": failed.command }));
            reply.error = Some(json!({ "failed": rows.collect::<Vec<_>>() }));
        }
        reply.of(action, &action.command(), options)
    }

    pub(super) async fn nothing_to_do(
        &self,
        id: &str,
        person: &Person,
        action: &Action,
        options: &Options,
        unneeded: &[Unneeded],
        found: &Found,
    ) -> Reply {
        if !options.dry_run {
            let code = Code::new(NOTHING_TO_CHANGE);
            self.note(self.several_ended(id, person, action, Outcome::Done, code, found)).await;
        }
        let text = format!("Nothing to change. {}", Verdict::Unchanged.sentence());
        let mut document =
            Document::titled(action.summary()).with(Block::Notice(Notice { level: Level::Done, text, hint: None }));
        if !unneeded.is_empty() {
            document = document.with(Block::Table(document::all_unneeded(unneeded)));
        }
        let nothing_sent = "None of the commands has anything to change.";
        let data = json!({ "dry_run": options.dry_run, "nothing_sent": nothing_sent, "unneeded": unneeded });
        Reply::done(document, data).with_verdict(found.verdict()).of(action, &action.command(), options)
    }

    /// The entry of a request with several commands that ended without a plan.
    fn several_ended(
        &self,
        id: &str,
        person: &Person,
        action: &Action,
        outcome: Outcome,
        code: Code,
        found: &Found,
    ) -> Entry {
        let event = Event::Outcome {
            result: outcome.as_str().to_owned(),
            changed: Some(found.verdict().changed()),
            status: None,
            requests: Vec::new(),
            cause: Some(code.into()),
        };
        Entry {
            operation: Some(id.to_owned()),
            action: Some(action.id.clone()),
            effect: Some(Effect::of(self.catalog(), action)),
            ..found.note(person.did(event))
        }
    }

    /// Runs the steps of an operation whose run has begun, and records the result of each. The run continues even if the
    /// client no longer waits for the reply.
    pub(super) async fn run_steps(&self, operation: Operation) -> Reply {
        let (plugin, approvals, tasks) = (Arc::clone(&self.plugin), self.approvals.clone(), self.writes.clone());
        let (names, running, pace) = (Arc::clone(&self.names), operation.clone(), Arc::clone(&self.pace));
        let run = self.running.begin(&operation.id);
        let work = self.writes.spawn(async move {
            let _run = run;
            let ended = steps(&plugin, &approvals, (&tasks, &pace), &running).await;
            names.forget();
            ended
        });
        let ended = match work.await {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(operation = operation.id, %error, "a run ended without a result");
                self.approvals.cut_short(&operation, &Code::new("host-failed").into()).await
            }
        };
        self.steps_ended(operation, ended).await
    }

    /// The progress of the run with several steps that this process began last: the steps that ended, and all steps.
    /// None if there is no such run.
    pub async fn progress(&self) -> Option<(usize, usize)> {
        let host = self.ledger().host().to_owned();
        let look = move |projection: &Projection| {
            let is_run = |operation: &&Arc<Operation>| {
                operation.pending.plan.only().is_none()
                    && matches!(&operation.state, State::Running { host: running } if *running == host)
            };
            let run = projection.operations().filter(is_run).max_by_key(|operation| operation.since_ms)?;
            let ended = run.steps.values().filter(|state| matches!(state, StepState::Ended { .. })).count();
            Some((ended, run.pending.plan.steps().count()))
        };
        self.ledger().look(look).await.ok().flatten()
    }

    /// The reply to a plan with several steps whose run has ended.
    pub(super) async fn steps_ended(&self, operation: Operation, ended: Result<(), LedgerError>) -> Reply {
        let current = self.approvals.find(&operation.id).await.unwrap_or(operation);
        let record = document::record(self.catalog(), &current);
        let mut reply = match (&ended, current.state.as_str()) {
            (Ok(()), DONE) => Reply::told(record),
            (Ok(()), word) => {
                let outcome = Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == word);
                Reply::failed(outcome.unwrap_or(Outcome::Unknown), record)
            }
            (Err(error), _) => {
                tracing::error!(operation = current.id, %error, "a step is not recorded, and no other step runs");
                let mut document = document::ledger_error(error);
                document.blocks.extend(record.blocks);
                Reply::failed(Outcome::Unknown, document)
            }
        };
        reply.data = Some(operation_json(self.catalog(), &current));
        reply.with_verdict(current.changed().map_or(Verdict::Unknown, Verdict::from)).about(&current)
    }
}

/// Runs the steps in order. The run stops at the first one that was not done, and when the host stops.
async fn steps(
    plugin: &Plugin,
    approvals: &crate::decision::approval::Approvals,
    (tasks, pace): (&TaskTracker, &Pace),
    operation: &Operation,
) -> Result<(), LedgerError> {
    let catalog = Arc::clone(plugin.catalog());
    let (mut waits, mut results) = (0, Results::new());
    // Only results that a later step needs are stored.
    let is_needed =
        |number: u32| operation.pending.plan.steps().any(|step| step.fills.iter().any(|fill| fill.step == number));
    loop {
        pace.wait(|| tasks.is_closed()).await;
        if tasks.is_closed() {
            return approvals.cut_short(operation, &Cause::from(Code::new("host-stopped"))).await;
        }
        let may_wait = waits < MOST_WAITS;
        let (number, authorized) = match approvals.next_step(operation, may_wait, &results).await? {
            NextStep::Run(number, authorized) => (number, authorized),
            NextStep::Later(seconds) => {
                waits += 1;
                pace.postpone(seconds);
                continue;
            }
            NextStep::Over => return Ok(()),
        };
        let action = Arc::clone(&authorized.get().action);
        tracing::info!(operation = operation.id, number, action = action.id, "running");
        let executed = Executed::of(plugin, &action, authorized, Follow::One).await;
        let error = executed.read.error.as_ref().and_then(|error| error.reported());
        // The API rejected the step before its effect, and named the time after which it accepts it.
        let seconds = wait_before_retry(executed.read.verdict, error).filter(|_| may_wait);
        let end = executed.end(&catalog);
        if let Some(value) = executed.read.value.as_ref().filter(|_| is_needed(number)) {
            results.insert(number, value.clone());
        }
        match seconds {
            Some(seconds) => {
                approvals.postpone_step(operation, number, end).await?;
                waits += 1;
                pace.postpone(seconds);
            }
            None => approvals.finish_step(operation, number, end).await?,
        }
    }
}

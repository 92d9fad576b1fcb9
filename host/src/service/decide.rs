//! Pending requests: their list, their status, the decisions about them, and the results of decisions.

use super::ending::{Ending, of_settle_error};
use super::run::waiting_json;
use super::secret;
use super::steps_json::operation_json;
use super::{OperationStatus, Outcome, Reply, Service};
use crate::Choice;
use crate::audit::{Entry, Event};
use crate::command::{Format, Options};
use crate::decision::approval::{Look, SettleError, Settled, Vote};
use crate::decision::operation::{Operation, State, Unsettled};
use crate::decision::plan::{Before, Plan, Step, outcome_of};
use crate::decision::{Person, Reader};
use crate::document::{self, Block, Cell, Column, Document, Fact, Level, Notice, Table};
use claude_admin_catalog::{Action, Catalog, Futility, Method, Place};
use claude_admin_chat::{Changed, Verdict};
use serde_json::{Value, json};
use std::sync::Arc;

impl Service {
    /// Records a decision. If it was the last one that the request needed, runs the request.
    pub(super) async fn vote(&self, person: &Person, vote: Vote, format: Option<Format>) -> Reply {
        let catalog = self.catalog();
        // Ends expired requests first: a host that does not run continuously has no other time for this.
        if let Err(error) = self.ledger().sweep().await {
            return Reply::failed(Outcome::Failed, document::ledger_error(&error));
        }
        if vote.choice == Choice::Confirm
            && let Ok(operation) = self.approvals.find_for(person, &vote.operation).await
            && operation.pending.requester == person.principal
            && let Some(action) = catalog.action(&operation.pending.plan.first().action)
            && let Some(denied) = self.undeliverable(&operation.id, person, action, format).await
        {
            return denied.under(&operation.id);
        }
        if vote.choice == Choice::Confirm
            && let Some(reply) = self.asked_for_name(person, &vote).await
        {
            return reply;
        }
        let settled = self.approvals.settle(vote.clone(), person).await;
        self.settled(person, &vote, settled).await
    }

    /// Runs a request that was decided, or reports any other result of the decision.
    pub(super) async fn settled(&self, person: &Person, vote: &Vote, settled: Result<Settled, SettleError>) -> Reply {
        let catalog = self.catalog();
        match settled {
            Ok(Settled::Run(operation, authorized)) => {
                let id = operation.id.clone();
                let step = operation.pending.plan.first();
                let options = Options { all: step.all, columns: step.columns.clone(), ..Options::default() };
                let mut reply = self.run_intended(*operation, authorized, options).await;
                if let Ok(operation) = self.approvals.find(&id).await {
                    let record = document::record(catalog, &operation);
                    reply.document = with_record(reply.document, record.clone());
                    reply.card = Some(record);
                }
                reply.under(&id)
            }
            Ok(Settled::RunSteps(operation)) => self.run_steps(*operation).await,
            Ok(Settled::Counted(operation)) => {
                let mut reply = Reply::failed(Outcome::Waiting, document::waiting(catalog, &operation));
                reply.error = Some(waiting_json(catalog, &operation));
                reply.about(&operation)
            }
            Ok(Settled::Closed(operation)) => {
                let mut reply = Reply::told(document::record(catalog, &operation));
                reply.data = Some(operation_json(catalog, &operation));
                reply.about(&operation)
            }
            Ok(Settled::Gone(operation)) => {
                let mut reply = Reply::failed(Outcome::NotFound, document::record(catalog, &operation));
                reply.error = Some(operation_json(catalog, &operation));
                reply.about(&operation)
            }
            Ok(Settled::Pointless(operation, kind)) => {
                let document = document::record(catalog, &operation);
                let mut reply = Reply::failed(outcome_of(kind), document);
                match kind {
                    Futility::Done => reply.data = Some(operation_json(catalog, &operation)),
                    Futility::Refused => reply.error = Some(operation_json(catalog, &operation)),
                }
                reply.about(&operation)
            }
            Ok(Settled::Superseded { operation, differences, others_come_in }) => {
                let mut reply =
                    Reply::failed(Outcome::Conflict, document::superseded(catalog, &operation, &differences));
                let mut error = waiting_json(catalog, &operation);
                error["differences"] = json!(differences.iter().map(document::difference).collect::<Vec<_>>());
                reply.error = Some(error);
                let action = catalog.action(&operation.pending.plan.first().action);
                reply.for_others = others_come_in;
                reply.share = others_come_in && action.is_some_and(|action| !action.sensitive);
                reply.about(&operation)
            }
            Err(error) => self.not_settled(person, vote, error).await,
        }
    }

    /// Records that a decision had no effect, and reports the reason.
    pub(super) async fn not_settled(&self, person: &Person, vote: &Vote, error: SettleError) -> Reply {
        let catalog = self.catalog();
        let reason = document::settle_error(catalog, &error, self.upstream());
        let Ending { outcome, code } = of_settle_error(catalog, &error);
        let event = Event::Denied { reason: code.into(), count: 1 };
        self.note(error.note(Entry { operation: Some(vote.operation.clone()), ..person.did(event) })).await;
        let mut reply = Reply::failed(outcome, reason);
        if let SettleError::Unplanned(_, problem, _) = &error
            && let Some(cause) = problem.failed_call()
        {
            reply = reply.because(cause);
        }
        match error {
            // An outdated card is replaced by the current one, but not while the operation runs: the process that runs
            // it replaces the card by the result. A second replacement could be later, and would remain.
            SettleError::Unsettled(operation, Unsettled::Settled)
                if matches!(operation.state, State::Running { .. }) => {}
            SettleError::Unsettled(operation, Unsettled::Settled) => {
                reply.card = Some(document::operation(catalog, &operation));
            }
            SettleError::Unsettled(operation, Unsettled::OtherVersion | Unsettled::NoVersion) => {
                let mut card = document::operation(catalog, &operation);
                // Only the requester sees a card to confirm, and can no longer decide about this request.
                let is_private = matches!(vote.choice, Choice::Confirm | Choice::Cancel);
                if is_private && !operation.pending.requirements.approvals.is_empty() {
                    card.drop_choices();
                }
                // A typed command has no card that can be replaced, so its output contains the new card.
                if !vote.by_button {
                    reply.document.title.clone_from(&card.title);
                    reply.document.blocks.extend(card.blocks.iter().cloned());
                    reply.document.footer.extend(card.footer.iter().cloned());
                    reply.error = Some(waiting_json(catalog, &operation));
                }
                reply.card = Some(card);
            }
            _ => {}
        }
        reply
    }

    /// The pending requests that this person can decide, and the ones that this person made.
    pub(super) async fn pending(&self, person: &Person) -> Reply {
        let now = self.ledger().clock().now_ms();
        let waiting = self
            .ledger()
            .look(move |projection| {
                projection.operations().filter(|operation| operation.waits(now)).map(Arc::clone).collect::<Vec<_>>()
            })
            .await;
        let waiting = match waiting {
            Ok(waiting) => waiting,
            Err(error) => return Reply::failed(Outcome::Failed, document::ledger_error(&error)),
        };
        let shown: Vec<Arc<Operation>> =
            waiting.into_iter().filter(|operation| self.approvals.concerns(person, operation)).collect();
        let data = shown.iter().map(|operation| operation_json(self.catalog(), operation)).collect();
        let columns = ["operation", "command", "asked_for_by", "needs", "expires_at"];
        let rows = shown.iter().map(|operation| {
            let needed: usize = operation.pending.requirements.approvals.iter().map(|rule| rule.count as usize).sum();
            let needs = match needed {
                _ if operation.pending.requirements.alone.is_some() => "the name of the target".to_owned(),
                0 => "confirmation".to_owned(),
                needed => format!("{} of {needed} approvals", operation.approvers().count()),
            };
            vec![
                Cell::Text(operation.plan_id()),
                Cell::Text(operation.pending.plan.command()),
                Cell::Text(operation.pending.requester.to_string()),
                Cell::Text(needs),
                Cell::time(document::instant(operation.expires_ms)),
            ]
        });
        let caption = match shown.len() {
            0 => "No request needs your decision, and none of your requests is pending".to_owned(),
            1 => "1 pending request".to_owned(),
            count => format!("{count} pending requests"),
        };
        let table = Table {
            caption,
            columns: columns
                .map(|field| Column { field: field.to_owned(), label: document::label(field), unit: None, shown: true })
                .to_vec(),
            rows: rows.collect(),
            ..Table::default()
        };
        let mut document = Document::titled("Pending requests").with(Block::Table(table));
        if !shown.is_empty() {
            document =
                document.footer("`status OPERATION` shows one. Decide with `approve`, `deny`, `confirm`, `cancel`.");
        }
        Reply::done(document, Value::Array(data))
    }

    /// The status of an operation. If the result is unknown, reads the target.
    pub(super) async fn operation_status(&self, command: &str, person: &Person, id: &str) -> Reply {
        if let Err(error) = self.ledger().sweep().await {
            return Reply::failed(Outcome::Failed, document::ledger_error(&error));
        }
        let found = match self.approvals.find_for(person, id).await {
            Ok(operation) => operation,
            Err(error) => {
                let document = document::settle_error(self.catalog(), &error, self.upstream());
                return Reply::failed(of_settle_error(self.catalog(), &error).outcome, document);
            }
        };
        let mut document = document::operation(self.catalog(), &found);
        let reader = Reader::new(&*self.plugin, self.decider(), person, command);
        if let Some(step) = found.pending.plan.only()
            && found.changed() == Some(Changed::Unknown)
            && found.state.is_settled()
        {
            let action = self.catalog().action(&step.action);
            let tells = action.is_some_and(|action| self.catalog().reads_the_target(action));
            let look = if tells { self.approvals.look_at_target(&found, &reader).await } else { None };
            document =
                document.with(Block::Notice(target_now(self.catalog(), action.map(|action| &**action), step, look)));
        }
        document.blocks.extend(secret::about(self.catalog(), &found).map(Block::Notice));
        document.blocks.push(Block::Facts(vec![
            Fact::new("State", found.state.as_str().to_owned()),
            Fact::time("Since", found.since_ms),
            Fact::new("Plan", found.plan_hash.clone()),
        ]));
        let mut data = operation_json(self.catalog(), &found);
        if let Some(Notice { text, hint, .. }) = secret::about(self.catalog(), &found) {
            data["secret"] = json!({ "lost": found.undelivered, "message": text, "hint": hint });
        }
        let mut reply = Reply::done(document, data).about(&found);
        reply.status = Some(OperationStatus { state: found.state.as_str().to_owned(), changed: found.changed() });
        if let Some(action) = self.catalog().action(&found.pending.plan.first().action)
            && found.state == State::Waiting
            && let Some(step) = found.pending.plan.only()
        {
            reply = self.with_dependents(&reader, action, step, false, reply).await;
        }
        self.note_reads(command, person, reader.requests()).await;
        reply
    }
}

/// The result of a write, with its requester and its approvers.
fn with_record(mut result: Document, record: Document) -> Document {
    result.blocks.extend(record.blocks.into_iter().filter(|block| matches!(block, Block::Facts(_))));
    result.footer.extend(record.footer);
    result
}

/// The current state of a target, compared with its state when the plan was made.
fn target_now(catalog: &Catalog, action: Option<&Action>, step: &Step, now: Option<Look>) -> Notice {
    let removes = action.is_some_and(|action| action.http.method == Method::Delete);
    let (text, hint) = match (now, &step.before) {
        (Some(Look::Now(now)), before @ Before::Read { .. }) => {
            let as_asked = action.zip(now.value()).and_then(|(action, now)| is_as_asked(catalog, action, step, now));
            let with = |before| Plan::of(Step { before, ..step.clone() });
            let differences = with(before.clone()).differences(&with(now));
            let changed =
                format!("The target is different now: {}.", document::differences(catalog, step, &differences));
            match as_asked {
                _ if differences.is_empty() => (
                    "The target is unchanged, so the change was probably not made; this is not certain.".to_owned(),
                    "Send the request again if it is still needed.",
                ),
                Some(true) => (
                    format!("{changed} {}", Verdict::Probable.sentence()),
                    "If the target is as requested, nothing more is needed.",
                ),
                Some(false) => (
                    format!(
                        "{changed} The target does not match the request: another change was made, before or after."
                    ),
                    "Check the target, and send the request again if it is still needed.",
                ),
                None => (
                    format!("{changed} It is not known whether this request made the change."),
                    "If the target is as requested, nothing more is needed.",
                ),
            }
        }
        (Some(Look::Missing), Before::Read { .. }) if removes => (
            format!("The target no longer exists. {}", Verdict::Probable.sentence()),
            "If the target was to be removed, nothing more is needed.",
        ),
        (Some(Look::Missing), Before::Read { .. }) => (
            "The target no longer exists: another request removed it.".to_owned(),
            "Check the list before you send the request again.",
        ),
        (Some(Look::Unread(problem)), Before::Read { .. }) => {
            (format!("The target cannot be read now: {problem}."), "Check the list before you send the request again.")
        }
        _ => (
            "The target does not show whether the change was made.".to_owned(),
            "Check the list before you send the request again.",
        ),
    };
    Notice { level: Level::Attention, text, hint: Some(hint.to_owned()) }
}

/// Whether all fields that a write was to set have the requested values; none if the target, as read, shows none of
/// these fields.
fn is_as_asked(catalog: &Catalog, action: &Action, step: &Step, now: &Value) -> Option<bool> {
    let asked = step.invocation(catalog)?.parameters();
    let mut set = action
        .params
        .iter()
        .filter(|param| param.place == Place::Body)
        .filter_map(|param| Some((asked.get(&param.name)?, now.get(&param.wire)?)))
        .peekable();
    set.peek()?;
    Some(set.all(|(asked, now)| holds(now, asked)))
}

/// Whether a value has the requested fields: the API changes the fields of an object that a request contains, and
/// removes the fields that are null in the request.
fn holds(now: &Value, asked: &Value) -> bool {
    match (now, asked) {
        (Value::Object(now), Value::Object(asked)) => {
            asked.iter().all(|(name, asked)| holds(now.get(name).unwrap_or(&Value::Null), asked))
        }
        (now, asked) => now == asked,
    }
}

//! Runs an action: it is decided, executed and recorded.

use super::audience;
use super::ending::{Ending, of_propose_error};
use super::executed::Executed;
use super::names::FoundNames;
use super::outcome::removes_nothing;
use super::{Outcome, Part, PartSink, Reply, Service};
use crate::audit::{Code, Effect, Entry, Event};
use crate::command::{self, Draft, Format, Invocation, Options};
use crate::decision::approval::pages::{self, Follow};
use crate::decision::approval::{End, NotProposed, Planned, Proposal, ProposeError, Proposed};
use crate::decision::operation::{FIRST_STEP, Operation, Receipt, UNKNOWN};
use crate::decision::plan::ResolveError;
use crate::decision::{Authorized, Person, Reader};
use crate::document::{self, Block, Document, Listing};
use crate::identity::Platform;
use crate::store::Durability;
use claude_admin_catalog::{Action, Catalog, Paging};
use claude_admin_chat::paging::{in_large_pages, is_followed};
use claude_admin_chat::{Changed, Verdict};
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

impl Service {
    /// Runs an action, if it needs no decision of a user; else returns its pending request.
    pub(super) async fn run(
        &self,
        id: &str,
        person: &Person,
        receipt: &Receipt,
        draft: Draft,
        options: Options,
        parts: Option<&dyn PartSink>,
    ) -> Reply {
        let catalog = self.catalog();
        let action = &*Arc::clone(&draft.invocation.action);
        if let Some(problem) = document::wrong_column(catalog, action, &options.columns) {
            let canonical = draft.invocation.canonical(&catalog.types);
            return Reply::failed(Outcome::Usage, problem).of(action, &canonical, &options);
        }
        if let Some(not_carried) = audience::refusal(action, &person.place, &options) {
            let canonical = draft.invocation.canonical(&catalog.types);
            let event = Event::Denied { reason: Code::new("confidential").into(), count: 1 };
            let entry = Entry {
                operation: Some(id.to_owned()),
                action: Some(action.id.clone()),
                effect: Some(Effect::of(catalog, action)),
                command: Some(canonical.clone()),
                ..person.did(event)
            };
            self.note(entry).await;
            return not_carried.of(action, &canonical, &options);
        }
        if !options.dry_run
            && person.without_policy().is_none()
            && let Some(denied) = self.undeliverable(id, person, action, options.format).await
        {
            let canonical = draft.invocation.canonical(&catalog.types);
            return denied.of(action, &canonical, &options);
        }
        let written = draft.invocation.clone();
        let proposal = Proposal { operation: id, person, draft, options: &options, receipt };
        let proposed = Box::pin(self.approvals.propose(proposal)).await;
        match proposed {
            Err(error) => {
                // The error can have names that the API returned.
                if let Err(error) = receipt.record().await {
                    tracing::error!(operation = id, %error, "not recorded, not shown");
                    let reply = Reply::failed(Outcome::Failed, document::unrecorded_read(&error));
                    return reply.of(action, &written.canonical(&catalog.types), &options);
                }
                self.not_run(id, person, action, &written, &options, error).await
            }
            Ok(Proposed::Read { authorized, policies, found }) => {
                let invocation = as_written(catalog, action, authorized.get(), &written);
                let canonical = invocation.canonical(&catalog.types);
                tracing::info!(operation = id, action = action.id, command = canonical, "running");
                let whole_list = whole_list(catalog, &invocation);
                let named =
                    !options.ids && Self::shows_names(&person.principal, &person.place, options.format, options.share);
                let ahead = match parts {
                    Some(_) if named && options.all && !document::is_report(catalog, action) => {
                        self.names_ahead(id, person, action, &invocation.arguments).await
                    }
                    _ => FoundNames::default(),
                };
                let mut hand_on = |page: &Value| match parts {
                    Some(parts) => {
                        let selected = document::selected(catalog, action, page, &options.columns);
                        let mut part = part(catalog, action, &invocation, page, &options);
                        part.document = self.in_local_time(part.document).with_names(&ahead.names);
                        parts.take(Part { page: &selected, ..part })
                    }
                    None => ControlFlow::Continue(()),
                };
                let follow = match parts {
                    // A report is shown with its sums, so its pages are not passed on.
                    Some(_) if options.all && !document::is_report(catalog, action) => Follow::Each(&mut hand_on),
                    _ => follow(catalog, &options, authorized.get()),
                };
                let mut executed = Executed::of(&self.plugin, action, authorized, follow).await;
                executed.invocation = invocation;
                executed.now = Some(self.api_now());
                if self.is_compared(action, person, &options) && executed.is_whole(&executed.read) {
                    executed.before = self.period_before(id, person, &mut executed, &options).await;
                }
                let names = match &executed.read.value {
                    Some(value) if named => {
                        self.names_for(id, person, action, &executed.invocation.arguments, value).await
                    }
                    _ => FoundNames::default(),
                };
                let mut end = executed.end(catalog);
                end.requests.extend(ahead.requests.iter().chain(&names.requests).cloned());
                let event = Event::from(end);
                let entry = Entry {
                    operation: Some(id.to_owned()),
                    action: Some(action.id.clone()),
                    effect: Some(Effect::of(catalog, action)),
                    command: Some(canonical.clone()),
                    ..found.note(person.did(event)).decided_by(&policies)
                };
                // The entry of the outcome replaces the other entries of the read. It is recorded before the result is
                // shown.
                receipt.replace();
                if let Err(error) = self.ledger().append(Durability::Process, vec![entry]).await {
                    tracing::error!(operation = id, %error, "not recorded, not shown");
                    let reply = Reply::failed(Outcome::Failed, document::unrecorded_read(&error));
                    return reply.with_verdict(executed.read.verdict).of(action, &canonical, &options);
                }
                let reply = executed.show(catalog, &options).named(&names.names).resolved(&found.targets);
                Reply { whole_list, ..reply.of(action, &canonical, &options) }
            }
            Ok(Proposed::Pointless(plan, found)) => {
                let reply = self.pointless(id, person, action, &plan, &found, &options).await;
                reply.of(action, &plan.command(), &options)
            }
            Ok(Proposed::Planned(planned)) => Box::pin(self.planned(id, person, action, &options, planned)).await,
        }
    }

    /// The reply to a request that was planned: its plan, its card, or the result of its run.
    pub(super) async fn planned(
        &self,
        id: &str,
        person: &Person,
        action: &Action,
        options: &Options,
        planned: Planned,
    ) -> Reply {
        let catalog = self.catalog();
        match planned {
            Planned::DryRun(plan, requirements, no_approver) => {
                let document = document::dry_run(catalog, &plan, &requirements, no_approver.as_ref());
                let mut reply = Reply::told(document);
                reply.data = Some(json!({
                    "dry_run": true,
                    "question": document::question(catalog, &plan),
                    "plan_hash": plan.hash(),
                    "plan": &plan,
                    "needs": &requirements,
                    "can_be_approved": no_approver.is_none(),
                }));
                reply = reply.of(action, &plan.command(), options);
                let Some(step) = plan.only() else { return reply };
                let reader = Reader::new(&*self.plugin, self.decider(), person, id);
                self.with_dependents(&reader, action, step, options.ids, reply).await
            }
            Planned::Waiting(operation) => {
                tracing::info!(operation = id, action = action.id, "needs a decision");
                let mut reply = Reply::failed(Outcome::Waiting, document::waiting(catalog, &operation));
                // Approvers must see the request that they decide.
                let witnessed = !operation.pending.requirements.approvals.is_empty();
                reply.error = Some(waiting_json(catalog, &operation));
                reply = reply.of(action, &operation.pending.plan.command(), options);
                reply.for_others = witnessed;
                reply.share |= witnessed && !action.sensitive;
                reply.alone = self.approvals.name_question(person, &operation).await;
                let Some(step) = operation.pending.plan.only() else { return reply };
                let reader = Reader::new(&*self.plugin, self.decider(), person, id);
                self.with_dependents(&reader, action, step, options.ids, reply).await
            }
            Planned::RunSteps(operation) => {
                let command = operation.pending.plan.command();
                Box::pin(self.run_steps(*operation)).await.of(action, &command, options)
            }
            Planned::Run(operation, authorized) => {
                let reply = Box::pin(self.run_intended(*operation, authorized, options.clone())).await;
                let command = reply.command.clone().unwrap_or_default();
                reply.of(action, &command, options)
            }
        }
    }

    /// Whether a report is compared with the report of the period before. Default: for people yes, for programs no.
    fn is_compared(&self, action: &Action, person: &Person, options: &Options) -> bool {
        let for_people = person.principal.platform != Platform::Http
            && matches!(options.format, None | Some(Format::Text | Format::Markdown));
        document::is_report(self.catalog(), action) && options.compare.unwrap_or(for_people)
    }

    /// The same report for the period before. It is a separate read with its own decision.
    async fn period_before(
        &self,
        id: &str,
        person: &Person,
        executed: &mut Executed<'_>,
        options: &Options,
    ) -> Option<Value> {
        let mut invocation = command::period_before(executed.action, &executed.invocation)?;
        let follow = follow(self.catalog(), options, &invocation);
        if matches!(follow, Follow::All) {
            invocation.arguments = in_large_pages(executed.action, invocation.arguments);
        }
        // A report that needs a decision of a user is not read for a comparison.
        let authorized = self.decider().authorize_now(person, invocation, id).ok()?;
        let before = pages::read(&*self.plugin, executed.action, &authorized, follow).await;
        let whole = executed.is_whole(&before);
        executed.read.sent.extend(before.sent);
        executed.held_before = Some(before.held);
        before.value.filter(|_| whole)
    }

    /// Runs an operation whose intent is recorded, and records its result. The run continues even if the client no
    /// longer waits for the reply.
    pub(super) async fn run_intended(
        &self,
        operation: Operation,
        authorized: Authorized<Invocation>,
        options: Options,
    ) -> Reply {
        let (plugin, approvals, tasks) = (Arc::clone(&self.plugin), self.approvals.clone(), self.writes.clone());
        let names = Arc::clone(&self.names);
        let running = operation.clone();
        let run = self.running.begin(&operation.id);
        let work = self.writes.spawn(async move {
            let _run = run;
            let catalog = plugin.catalog().clone();
            let Some(action) = catalog.action(&running.pending.plan.first().action) else {
                return Reply::failed(Outcome::Failed, Document::titled("There is no such action"));
            };
            tracing::info!(
                operation = running.id,
                action = action.id,
                command = running.pending.plan.command(),
                "running"
            );
            let follow = follow(&catalog, &options, authorized.get());
            let executed = Executed::of(&plugin, action, authorized, follow).await;
            names.forget();
            let end = executed.end(&catalog);
            let (outcome, verdict) = (executed.outcome, executed.read.verdict);
            // Recorded before the result is used in any other way.
            let recorded = approvals.finish(&running, end).await;
            let has_secret = action.sensitive && outcome == Outcome::Done;
            let shown = std::panic::catch_unwind(AssertUnwindSafe(|| executed.show(&catalog, &options)));
            if has_secret && shown.is_err() {
                let lost = approvals
                    .ledger()
                    .append(Durability::Disk, vec![running.entry_of_step(FIRST_STEP, Event::Undelivered)])
                    .await;
                if let Err(error) = lost {
                    tracing::error!(operation = running.id, %error, "the loss of a secret is not recorded");
                }
            }
            // The recorded result stays the same if the host cannot show it.
            let mut reply = shown.unwrap_or_else(|_| {
                tracing::error!(operation = running.id, "the result of a write cannot be shown");
                let text = format!("Internal error in the host: the result cannot be shown. {}", verdict.sentence());
                let hint = format!("Run `status {}` to see the recorded result.", running.id);
                Reply::failed(outcome, document::error(text, Some(hint))).with_verdict(verdict)
            });
            reply = reply.resolved(&running.pending.plan.first().targets);
            if let Some(secret) = &mut reply.secret {
                secret.of_operation(&approvals, &running, &tasks);
            }
            if let Err(error) = recorded {
                tracing::error!(operation = running.id, %error, "the outcome of a write is not recorded");
                let text = format!("The result below is not recorded in the audit log: {error}.");
                let hint = Some("`status` shows `running` until the host restarts, then `unknown`.".to_owned());
                let notice = document::Notice { level: document::Level::Error, text, hint };
                reply.document.blocks.insert(0, Block::Notice(notice));
            }
            reply.command = Some(running.pending.plan.command());
            reply
        });
        match work.await {
            Ok(reply) => reply,
            Err(error) => {
                tracing::error!(operation = operation.id, %error, "a write ended without a result");
                self.ended_unseen(operation).await
            }
        }
    }

    /// Records that the result of a write is unknown.
    pub(super) async fn ended_unseen(&self, operation: Operation) -> Reply {
        let current = self.approvals.find(&operation.id).await.unwrap_or(operation);
        // A result that was recorded before the host failed is not replaced.
        if current.state.is_settled() {
            let outcome = Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == current.state.as_str());
            let verdict = current.changed().map_or(Verdict::Unknown, Verdict::from);
            let reply = Reply::failed(outcome.unwrap_or(Outcome::Failed), document::record(self.catalog(), &current));
            return reply.with_verdict(verdict).about(&current);
        }
        let operation = current;
        if operation.pending.plan.only().is_none() {
            if let Err(error) = self.approvals.cut_short(&operation, &Code::new("host-failed").into()).await {
                tracing::error!(operation = operation.id, %error, "the end of a run is not recorded");
            }
            return self.steps_ended(operation, Ok(())).await;
        }
        let cause = Some(Code::new("host-failed").into());
        let changed = operation.changed().unwrap_or(Changed::Unknown);
        let end = End { result: UNKNOWN, changed, status: None, requests: Vec::new(), cause, content_of: Vec::new() };
        if let Err(error) = self.approvals.finish(&operation, end).await {
            tracing::error!(operation = operation.id, %error, "the outcome of a write is not recorded");
        }
        let operation = self.approvals.find(&operation.id).await.unwrap_or(operation);
        Reply::failed(Outcome::Unknown, document::record(self.catalog(), &operation)).about(&operation)
    }

    async fn not_run(
        &self,
        id: &str,
        person: &Person,
        action: &Action,
        written: &Invocation,
        options: &Options,
        not: NotProposed,
    ) -> Reply {
        let NotProposed { error, found } = &not;
        let catalog = self.catalog();
        let upstream = self.upstream();
        let Ending { outcome, code } = of_propose_error(catalog, action, error);
        // The object to remove does not exist: a repeated removal ends alike, however its target is written.
        let is_removed = matches!(error, ProposeError::Resolve(error) if removes_nothing(action, error))
            && self.decider().may_ever(person, action);
        let outcome = if is_removed { Outcome::Done } else { outcome };
        let invocation = match error {
            ProposeError::Denied(_, invocation)
            | ProposeError::NoApprover(_, invocation)
            | ProposeError::Unavailable(_, invocation)
            | ProposeError::NoReason(invocation)
            | ProposeError::TooManyPending(invocation)
            | ProposeError::NotAStep(invocation)
            | ProposeError::NoResult(invocation)
            | ProposeError::Before(_, invocation) => invocation,
            ProposeError::Resolve(_)
            | ProposeError::Refused(_)
            | ProposeError::TooManySteps { .. }
            | ProposeError::Several(_)
            | ProposeError::Ledger(_) => written,
        };
        let canonical = invocation.canonical(&catalog.types);
        let event = match error {
            ProposeError::Denied(..) => Event::Denied { reason: code.into(), count: 1 },
            _ => Event::Outcome {
                result: outcome.as_str().to_owned(),
                changed: Some(found.verdict().changed()),
                status: None,
                requests: Vec::new(),
                cause: Some(code.into()),
            },
        };
        let policies = match error {
            ProposeError::Denied(denial, _) => denial.policies(),
            _ => &[],
        };
        tracing::info!(operation = id, action = action.id, outcome = outcome.as_str(), "not run");
        self.note(Entry {
            operation: Some(id.to_owned()),
            action: Some(action.id.clone()),
            effect: Some(Effect::of(catalog, action)),
            command: Some(canonical.clone()),
            ..found.note(person.did(event)).decided_by(policies)
        })
        .await;
        let document = document::propose_error(catalog, &not, upstream);
        let mut reply = Reply::failed(outcome, document).with_verdict(found.verdict());
        match error {
            ProposeError::Before(cause, _) => reply = reply.because(cause),
            ProposeError::Resolve(ResolveError::Unread(cause, _)) => reply = reply.because(cause),
            _ => {}
        }
        reply.of(action, &canonical, options)
    }
}

/// The command that reads a whole list, from its beginning and with the largest pages.
fn whole_list(catalog: &Catalog, invocation: &Invocation) -> Option<String> {
    let paging = invocation.action.paging.as_ref().filter(|_| !invocation.action.is_confidential())?;
    let mut whole = invocation.clone();
    whole.arguments.retain(|name, _| name != Paging::LIMIT && !paging.positions().contains(&name.as_str()));
    Some(format!("{} --all", whole.canonical(&catalog.types)))
}

/// The pages to read. All pages of a list are read with `--all`, and all pages of a report, because a report is about a
/// period and not about a page.
fn follow<'f>(catalog: &Catalog, options: &Options, invocation: &Invocation) -> Follow<'f> {
    if options.all || is_followed(catalog, invocation) { Follow::All } else { Follow::One }
}

/// The command to show: a page size of a report is removed if the host chose it and not the requester.
fn as_written(catalog: &Catalog, action: &Action, run: &Invocation, written: &Invocation) -> Invocation {
    let mut invocation = run.clone();
    if document::is_report(catalog, action) && !written.arguments.contains_key(Paging::LIMIT) {
        invocation.arguments.shift_remove(Paging::LIMIT);
    }
    invocation
}

/// A page of a list that has several pages, as it is shown.
fn part<'p>(
    catalog: &Catalog,
    action: &Action,
    invocation: &Invocation,
    page: &'p Value,
    options: &Options,
) -> Part<'p> {
    let listing = Listing { all: true, ..Listing::default() };
    let document = document::result(catalog, action, invocation, page, &options.columns, listing);
    Part { document, page, format: options.format }
}

/// A pending request, for programs.
pub(super) fn waiting_json(catalog: &Catalog, operation: &Operation) -> Value {
    json!({
        "waiting": {
            "question": document::question(catalog, &operation.pending.plan),
            "operation_id": operation.id,
            "version": operation.pending.version,
            "plan_hash": operation.plan_hash,
            "plan": &operation.pending.plan,
            "needs": &operation.pending.requirements,
            "expires_at": document::instant(operation.expires_ms),
        }
    })
}

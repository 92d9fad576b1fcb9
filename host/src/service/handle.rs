//! The steps of a request: it is received, parsed, run and replied to.

use super::cause;
use super::guard::{Panicked, guarded};
use super::record::{Unreceived, denied};
use super::secret;
use super::understand::{Understood, about, harmless, runs};
use super::{Input, Outcome, PartSink, Reply, Request, Service};
use crate::audit::{Code, Entry, Event};
use crate::command::{Command, CommandError, Format, HostCommand};
use crate::decision::Person;
use crate::decision::approval::{Selecting, SettleError, Vote};
use crate::decision::operation::{NotClaimed, Receipt, State};
use crate::document::{self, Reader};
use crate::identity::Platform;
use crate::sandbox::LimitKind;
use claude_admin_authority::operation_id;
use claude_admin_chat::paging::cost_of;
use claude_admin_chat::{Changed, Verdict};
use std::pin::Pin;
use std::sync::Arc;

impl Service {
    /// Handles a request to its end, even if its client no longer waits for the reply.
    pub async fn handle_to_the_end(self: Arc<Self>, request: Request) -> Reply {
        let service = Arc::clone(&self);
        let work = self.writes.spawn(async move { service.handle(request).await });
        work.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a request ended without a reply");
            Reply::failed(Outcome::Unknown, document::internal_error(Verdict::Unknown, None))
        })
    }

    /// Handles a request, if the policy permits it. Until the reply is dropped, it counts as one of the commands that
    /// its requester has at the same time, and its result counts as used memory. [`Reply::kept`] describes how a
    /// frontend delays this.
    pub async fn handle(&self, request: Request) -> Reply {
        self.admitted(request, None).await
    }

    /// As [`Self::handle`]. If a list is read to its end and has several pages, each page is passed on when it is read,
    /// and the reply contains the text after the last page.
    pub async fn handle_in_parts(&self, request: Request, parts: &dyn PartSink) -> Reply {
        self.admitted(request, Some(parts)).await
    }

    /// Handles a request, unless its requester has too many at the same time. The check is before the request is
    /// recorded or waits.
    async fn admitted(&self, request: Request, parts: Option<&dyn PartSink>) -> Reply {
        let Some(flight) = self.in_flight.begin(&request.principal) else {
            tracing::info!(principal = %request.principal, "too many commands at the same time");
            return self.in_flight.too_many();
        };
        // Boxed without its type: otherwise the compiler checks for each caller that spawns it that all its parts are
        // `Send`.
        let handled: Pin<Box<dyn Future<Output = Reply> + Send + '_>> = Box::pin(self.handled(request, parts));
        let mut reply = self.shown(handled.await);
        reply.flight = Some(Arc::new(flight));
        reply
    }

    /// A reply with instants in the time zone of its readers.
    pub(super) fn shown(&self, mut reply: Reply) -> Reply {
        reply.document = self.in_local_time(reply.document);
        reply.card = reply.card.map(|card| self.in_local_time(card));
        reply
    }

    async fn handled(&self, request: Request, parts: Option<&dyn PartSink>) -> Reply {
        let id = operation_id::random();
        let Request { principal, place, input, delivery, format } = request;
        tracing::info!(operation = id, %principal, %place, "received");
        self.refresh_policy().await;
        let person = self.decider().person(&principal, &place).await;
        let is_operation = match &input {
            Input::Operation { .. } => true,
            Input::Parsed(parsed) => parsed.is_typed,
            Input::Text { .. } | Input::Words(_) | Input::Vote(_) => false,
        };
        let (typed, understood) = self.understand(input, format);
        let text = Some(secret::recorded(self.catalog(), &understood, typed));
        let later = parts.is_none() && self.only_reads(&understood);
        let receipt = match self.receive(&id, &person, delivery, text, later).await {
            Ok(receipt) => receipt,
            Err(Unreceived::NotClaimed(NotClaimed::Before(first))) => {
                tracing::warn!(operation = id, "a second delivery is ignored");
                self.note(person.did(denied("received-before", 1))).await;
                return Reply::duplicate(id, first);
            }
            Err(Unreceived::NotClaimed(NotClaimed::Forgotten)) => {
                tracing::warn!(operation = id, "a request is too old to determine whether it was received before");
                self.note(person.did(denied("too-old", 1))).await;
                return Reply::failed(Outcome::Denied, document::too_old()).under(&id);
            }
            // Commands for which `harmless` is true change nothing, and help to find the cause of the failure.
            Err(Unreceived::Ledger(error)) if !harmless(&understood) => {
                tracing::error!(operation = id, %error, "not recorded, not done");
                return Reply::failed(Outcome::Failed, document::ledger_error(&error)).under(&id);
            }
            Err(Unreceived::Ledger(error)) => {
                tracing::error!(operation = id, %error, "not recorded");
                Receipt::new(self.ledger().clone(), None)
            }
        };
        // Without a policy every command is denied. Actions report this with their own message.
        let without_policy = person.without_policy().filter(|_| !harmless(&understood) && !runs(&understood));
        if let Some(denial) = without_policy {
            return self.refuse(&id, &person, &denial, "run this command here").await.under(&id);
        }
        let ids_only = matches!(&understood, Ok(Understood::Command(command)) if command.shows_ids_only());
        let clicked = matches!(&understood, Ok(Understood::Vote(vote)) if vote.by_button);
        let about = about(&understood, &id).to_owned();
        let begun_ms = self.ledger().clock().now_ms();
        // Boxed: during a call to the API, the future then contains only the state of this command, and does not
        // reserve memory for the state of every other command.
        let answered = Box::pin(async {
            let reply = self.answer(&id, &person, &receipt, understood, format, parts).await;
            match ids_only {
                true => reply,
                false => Box::pin(self.with_names(&id, &person, reply, format, clicked)).await,
            }
        });
        let reply = match guarded(answered).await {
            Ok(reply) => reply,
            Err(Panicked) => {
                self.record_receipt(&receipt).await;
                self.panicked(&id, &person, &about, begun_ms).await
            }
        };
        self.record_receipt(&receipt).await;
        self.advised(reply.under(&id), &person, is_operation)
    }

    async fn answer(
        &self,
        id: &str,
        person: &Person,
        receipt: &Receipt,
        understood: Result<Understood, CommandError>,
        format: Option<Format>,
        parts: Option<&dyn PartSink>,
    ) -> Reply {
        match understood {
            Err(error) => {
                tracing::info!(operation = id, kind = ?error.kind, "not understood");
                let event = Event::Outcome {
                    result: Outcome::Usage.as_str().to_owned(),
                    changed: Some(Verdict::NotSent.changed()),
                    status: None,
                    requests: Vec::new(),
                    cause: Some(cause::of_command_error(&error).into()),
                };
                self.note(Entry { operation: Some(id.to_owned()), ..person.did(event) }).await;
                Reply::failed(Outcome::Usage, document::command_error(&error))
            }
            Ok(Understood::Vote(vote)) => Box::pin(self.vote(person, vote, format)).await,
            Ok(Understood::Command(command)) => match *command {
                Command::Help(topic) => self.help(&topic, person),
                Command::Run(draft, options) => Box::pin(self.run(id, person, receipt, draft, options, parts)).await,
                Command::Playbook(call, options) => {
                    Box::pin(self.run_playbook(id, person, receipt, call, options)).await
                }
                Command::RunSeveral(several, options) => {
                    Box::pin(self.run_several(id, person, receipt, several, options)).await
                }
                Command::Host(command) => {
                    let reads = command.info().only_reads();
                    let reply = Box::pin(self.host_command(id, person, receipt, command, format)).await;
                    if reads { self.counted(person, reply) } else { reply }
                }
            },
        }
    }

    async fn host_command(
        &self,
        id: &str,
        person: &Person,
        receipt: &Receipt,
        command: HostCommand,
        format: Option<Format>,
    ) -> Reply {
        match command {
            HostCommand::WhoAmI => self.whoami(person),
            HostCommand::Status(None) => self.status(person).await,
            HostCommand::Status(Some(operation)) => self.operation_status(id, person, &operation).await,
            HostCommand::Pending => self.pending(person).await,
            HostCommand::Decide { operation, version, choice, reason } => {
                self.vote(person, Vote { operation, version, by_button: false, choice, reason }, format).await
            }
            HostCommand::Select { operation, steps, reason } => {
                self.select(person, Selecting { operation, steps, reason }).await
            }
            HostCommand::Resume(operation) => Box::pin(self.resume(id, person, receipt, &operation, format)).await,
            HostCommand::CanI { draft, options, explain, principal } => {
                self.can_i(id, person, draft, &options, (explain, principal)).await
            }
            HostCommand::Audit(command) => self.audit(id, person, command).await,
            HostCommand::Policy => self.policy(id, person).await,
        }
    }

    /// Counts the memory of a result of the host itself like the memory of a result of the API.
    fn counted(&self, person: &Person, mut reply: Reply) -> Reply {
        let held = self.plugin.sandbox().room(&person.principal);
        if let Some(data) = &reply.data
            && let Err(limit) = held.take(cost_of(data))
        {
            let text = format!("The result needs more than its {limit}. {}", Verdict::Unchanged.sentence());
            let outcome = if limit == LimitKind::Answers { Outcome::RateLimited } else { Outcome::Failed };
            return Reply::failed(outcome, document::error(text, Some("Request less data at the same time.")));
        }
        reply.held = Some(Arc::new(held));
        reply
    }

    /// Words the advice of a reply for its reader: flags for a person, JSON keys for a program. After a usage error in
    /// typed text, the advice names flags, because the text contained them.
    pub(super) fn advised(&self, mut reply: Reply, person: &Person, is_operation: bool) -> Reply {
        let platform = person.place.platform;
        let is_program = matches!(platform, Platform::Http | Platform::Mcp);
        let reader = match is_program && (is_operation || reply.outcome != Outcome::Usage) {
            true => Reader::Program,
            false => Reader::Person,
        };
        if !self.lasts {
            let (outcome, others) = (reply.outcome, reply.for_others);
            reply.document = document::without_return(reply.document, &reply.operation, platform, outcome, others);
        }
        reply.document = reply.document.for_reader(reader);
        reply
    }

    /// Ends a command in which the host panicked. `about` is the operation of the command, or the operation that it
    /// decides about. A write is never sent before its intent is recorded.
    async fn panicked(&self, id: &str, person: &Person, about: &str, begun_ms: i64) -> Reply {
        tracing::error!(operation = id, "a panic ended a command");
        let found = match about == id {
            true => self.approvals.find(id).await,
            false => self.approvals.find_for(person, about).await,
        };
        let operation = match found {
            Ok(operation) => Some(operation),
            Err(SettleError::NotFound(_) | SettleError::Ambiguous(_)) => None,
            Err(_) => return Reply::failed(Outcome::Unknown, document::internal_error(Verdict::Unknown, None)),
        };
        if let Some(operation) = &operation
            && matches!(&operation.state, State::Running { host } if host == self.ledger().host())
            && !self.running.has(&operation.id)
        {
            return self.ended_unseen(operation.clone()).await;
        }
        let verdict = match &operation {
            // An operation that ended before this command began is not an effect of this command.
            Some(operation) if !operation.state.is_settled() || operation.since_ms >= begun_ms => {
                operation.changed().map_or(Verdict::Unknown, Verdict::from)
            }
            _ => Verdict::Unchanged,
        };
        let outcome = match verdict.changed() {
            Changed::No => Outcome::Failed,
            Changed::Yes => Outcome::Partial,
            Changed::Unknown => Outcome::Unknown,
        };
        if operation.as_ref().is_none_or(|operation| operation.id != id) {
            let event = Event::Outcome {
                result: outcome.as_str().to_owned(),
                changed: Some(verdict.changed()),
                status: None,
                requests: Vec::new(),
                cause: Some(Code::new("host-failed").into()),
            };
            self.note(Entry { operation: Some(id.to_owned()), ..person.did(event) }).await;
        }
        let document = document::internal_error(verdict, operation.as_ref().map(|operation| operation.id.as_str()));
        let reply = Reply::failed(outcome, document).with_verdict(verdict);
        match &operation {
            Some(operation) => reply.about(operation),
            None => reply,
        }
    }
}

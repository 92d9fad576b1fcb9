//! The life of a command: understood, decided, run, recorded, shown. Every frontend calls [`Service::handle`], or
//! [`Service::handle_in_parts`], and nothing else.

mod audience;
mod audit;
mod cause;
mod consequence;
mod decide;
mod guard;
mod in_flight;
mod inspect;
mod lone_operator;
mod names;
mod notices;
mod outcome;
mod part;
mod refusals;
mod reply;
mod run;
mod running;
mod secret;

pub use audit::{audit_entries, audit_filter, audit_verification};
pub use notices::Notice;
pub use outcome::Outcome;
pub use part::{Part, PartSink};
pub use reply::{Kept, Reply};
pub use secret::WithSecrets;

use crate::audit::{Cause, Code, Entry, Event};
use crate::command::{self, Arguments, Command, CommandError, Format, HostCommand, Markup, Options};
use crate::decision::approval::{Approvals, SettleError, Steps, Vote};
use crate::decision::operation::{
    Clock, CommitError, FirstDelivery, Ledger, LedgerError, Operation, Projection, State,
};
use crate::decision::policy::Denial;
use crate::decision::{Decider, Person};
use crate::document::{self, Document, Reader};
use crate::egress::CredentialError;
use crate::identity::{Place, Platform, Principal};
use crate::sandbox::{LimitKind, Plugin};
use crate::store::Durability;
use claude_admin_authority::operation_id;
use claude_admin_catalog::{Action, Catalog};
use claude_admin_chat::paging::cost_of;
use claude_admin_chat::{Changed, Verdict};
use guard::{Panicked, guarded};
use in_flight::InFlight;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use names::KeptNames;
use refusals::Refusals;
use running::Running;
use serde_json::{Map, Value};
use std::pin::Pin;
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// What is asked for.
#[derive(Debug, Clone)]
pub enum Input {
    /// A line that a person typed. It may hold anything: it is never logged.
    Text {
        /// The line, without the name of the command.
        line: String,
        /// The markup of the platform.
        markup: Markup,
    },
    /// A command line whose words a shell has taken apart.
    Words(Vec<String>),
    /// An operation with its arguments.
    Operation {
        /// The id, such as `users.list`.
        id: String,
        /// The arguments by name.
        arguments: Map<String, Value>,
        /// The flags that every command takes.
        options: Options,
    },
    /// A decision about what waits, by button.
    Vote(Vote),
}

/// A request that a frontend has proved.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who asks.
    pub principal: Principal,
    /// Where.
    pub place: Place,
    /// What for.
    pub input: Input,
    /// By what a second delivery of the same request is known, where the platform may deliver twice; behind a space, a
    /// digest of what it asks for, where two requests might be known by the same.
    pub delivery: Option<String>,
    /// How the answer will be written, where that is known before and the command does not say otherwise.
    pub format: Option<Format>,
}

/// The host: one component, one policy, one audit trail.
#[derive(Debug)]
pub struct Service {
    plugin: Arc<Plugin>,
    decider: Arc<Decider>,
    ledger: Ledger,
    approvals: Approvals,
    writes: TaskTracker,
    /// The operations whose request this process runs.
    running: Arc<Running>,
    refusals: Refusals,
    api_clock: Clock,
    time_zone: TimeZone,
    /// Whether a later command can come back to what is pending.
    lasts: bool,
    names: Arc<KeptNames>,
    in_flight: Arc<InFlight>,
}

/// Why a request goes no further.
enum Unreceived {
    /// It was received before.
    Duplicate(FirstDelivery),
    /// It cannot be recorded.
    Ledger(LedgerError),
}

impl Service {
    /// Puts a component behind a policy, before an audit trail. `steps` is told of every step of a write.
    #[must_use]
    pub fn new(plugin: impl Into<Arc<Plugin>>, decider: Decider, ledger: Ledger, steps: Arc<dyn Steps>) -> Self {
        let (plugin, decider) = (plugin.into(), Arc::new(decider));
        let approvals = Approvals::new(Arc::clone(&plugin), Arc::clone(&decider), ledger.clone(), steps);
        let in_flight = InFlight::new(plugin.sandbox().limits().commands_of_one());
        Self {
            plugin,
            decider,
            ledger,
            approvals,
            writes: TaskTracker::new(),
            running: Arc::default(),
            refusals: Refusals::default(),
            api_clock: Clock::system(),
            time_zone: TimeZone::UTC,
            lasts: true,
            names: Arc::default(),
            in_flight,
        }
    }

    /// Says in its answers that nobody can come back to what is pending: it ends with this process.
    #[must_use]
    pub fn passing(self) -> Self {
        Self { lasts: false, ..self }
    }

    /// Counts times such as `7d` back from what another clock shows: that of a simulation stands still.
    #[must_use]
    pub fn with_api_clock(self, api_clock: Clock) -> Self {
        Self { api_clock, ..self }
    }

    /// Shows people instants in a time zone; in UTC unless this is called.
    #[must_use]
    pub fn with_time_zone(self, time_zone: TimeZone) -> Self {
        Self { time_zone, ..self }
    }

    /// What the component can do.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        self.plugin.catalog()
    }

    /// The component.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    /// Which actions can work for somebody in a place: the policy might allow them, and a credential and the platform of
    /// the host do not exclude them.
    pub async fn can_ever_work(&self, principal: &Principal, place: &Place) -> impl Fn(&Action) -> bool {
        let person = self.decider.person(principal, place).await;
        let (decider, plugin) = (Arc::clone(&self.decider), Arc::clone(&self.plugin));
        move |action| {
            let credentials = plugin.sandbox().egress().credentials();
            credentials.obstacle(action, &Arguments::new()).is_none()
                && audience::never(action, &person.place).is_none()
                && decider.may_ever(&person, action)
        }
    }

    /// Why no request of an action can be sent by this host, whoever asks; none where one can.
    fn obstacle(&self, action: &Action) -> Option<CredentialError> {
        self.plugin.sandbox().egress().credentials().obstacle(action, &Arguments::new())
    }

    /// Why a call of an action cannot work in a place, and who can change that or where it can; none where it can. The policy
    /// has no part in it.
    fn closed(&self, action: &Action, arguments: &Arguments, place: &Place) -> Option<String> {
        let obstacle = self.plugin.sandbox().egress().credentials().obstacle(action, arguments);
        let obstacle = obstacle.map(|obstacle| document::obstacle(&obstacle));
        obstacle.or_else(|| audience::never(action, place).map(|(why, elsewhere)| format!("{why} {elsewhere}")))
    }

    fn upstream(&self) -> &str {
        self.plugin.sandbox().egress().upstream().authority()
    }

    /// The audit trail.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Waits until every write that was begun is finished and recorded.
    pub async fn finish(&self) {
        self.writes.close();
        self.writes.wait().await;
        self.note_refusals(true).await;
    }

    /// Ends what nobody settled in time and what a host ran that is gone, and reads a policy that changed. Returns the
    /// operations that it ended.
    pub async fn tick(&self) -> Vec<Operation> {
        self.refresh_policy().await;
        self.note_refusals(false).await;
        self.approvals.forget_expired_secrets();
        match self.ledger.sweep().await {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "what is over cannot be recorded");
                Vec::new()
            }
        }
    }

    /// Records that something was refused before anybody was believed: a forged, stale or foreign request. The first of a
    /// kind is recorded at once; what follows within a minute is counted, and the count is recorded while it grows.
    pub async fn refused(&self, code: &'static str) {
        if let Some(count) = self.refusals.take_in(code, self.ledger.clock().now_ms()) {
            self.note(Entry::of_host(denied(code, count))).await;
        }
    }

    /// Records that a user who was authenticated did something that cannot be believed.
    pub async fn disbelieved(&self, principal: &Principal, place: &Place, code: &'static str) {
        self.note(Entry::by(principal, place, denied(code, 1))).await;
    }

    async fn note_refusals(&self, all: bool) {
        for (code, count) in self.refusals.counted(self.ledger.clock().now_ms(), all) {
            self.note(Entry::of_host(denied(code, count))).await;
        }
    }

    /// Does what is asked to the end, even when nobody waits for the answer any more.
    pub async fn handle_to_the_end(self: Arc<Self>, request: Request) -> Reply {
        let service = Arc::clone(&self);
        let work = self.writes.spawn(async move { service.handle(request).await });
        work.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a request ended without a reply");
            Reply::failed(Outcome::Unknown, document::internal_error(Verdict::Unknown, None))
        })
    }

    /// Does what is asked, if it may be done. The reply counts as one of the commands that its requester has at the same
    /// time, and its result as used memory, until it is dropped: [`Reply::kept`] says how a frontend delays that.
    pub async fn handle(&self, request: Request) -> Reply {
        self.admitted(request, None).await
    }

    /// As [`Self::handle`]. Where a list is read to its end and has several pages, each is handed on as it comes, and the
    /// reply is what stands after the last one.
    pub async fn handle_in_parts(&self, request: Request, parts: &dyn PartSink) -> Reply {
        self.admitted(request, Some(parts)).await
    }

    /// Handles a request, unless its requester has too many at the same time: before anything of it is recorded or waits.
    async fn admitted(&self, request: Request, parts: Option<&dyn PartSink>) -> Reply {
        let Some(flight) = self.in_flight.begin(&request.principal) else {
            tracing::info!(principal = %request.principal, "too many commands at the same time");
            return self.in_flight.too_many();
        };
        // Without its type, so that a caller who spawns it need not prove of every part of it that it can be sent.
        let handled: Pin<Box<dyn Future<Output = Reply> + Send + '_>> = Box::pin(self.handled(request, parts));
        let mut reply = self.shown(handled.await);
        reply.flight = Some(Arc::new(flight));
        reply
    }

    /// A reply as people read it here.
    fn shown(&self, mut reply: Reply) -> Reply {
        reply.document = self.in_local_time(reply.document);
        reply.card = reply.card.map(|card| self.in_local_time(card));
        reply
    }

    async fn handled(&self, request: Request, parts: Option<&dyn PartSink>) -> Reply {
        let id = operation_id::random();
        let Request { principal, place, input, delivery, format } = request;
        tracing::info!(operation = id, %principal, %place, "received");
        self.refresh_policy().await;
        let person = self.decider.person(&principal, &place).await;
        let typed = typed(&input);
        let is_operation = matches!(input, Input::Operation { .. });
        let understood = self.understand(input, format);
        let text = typed.map(|typed| secret::recorded(self.catalog(), &understood, typed));
        match self.receive(&id, &person, delivery, text).await {
            Ok(()) => {}
            Err(Unreceived::Duplicate(first)) => {
                tracing::warn!(operation = id, "a second delivery is left out");
                self.note(person.did(denied("received-before", 1))).await;
                return Reply::duplicate(id, first);
            }
            // These change nothing, and help to find out what is wrong.
            Err(Unreceived::Ledger(error)) if !harmless(&understood) => {
                tracing::error!(operation = id, %error, "not recorded, not done");
                return Reply::failed(Outcome::Failed, document::ledger_error(&error)).under(&id);
            }
            Err(Unreceived::Ledger(error)) => tracing::error!(operation = id, %error, "not recorded"),
        }
        // Without a policy nothing may be done; actions say so themselves.
        let without_policy = person.without_policy().filter(|_| !harmless(&understood) && !runs(&understood));
        if let Some(denial) = without_policy {
            return self.refuse(&id, &person, &denial, "do that here").await.under(&id);
        }
        let ids_only = matches!(&understood, Ok(Understood::Command(command)) if command.shows_ids_only());
        let clicked = matches!(&understood, Ok(Understood::Vote(vote)) if vote.by_button);
        let about = about(&understood, &id).to_owned();
        let begun_ms = self.ledger.clock().now_ms();
        // What waits for a call holds its own state alone, and not room for that of everything else that could be asked.
        let answered = Box::pin(async {
            let reply = self.answer(&id, &person, understood, format, parts).await;
            match ids_only {
                true => reply,
                false => Box::pin(self.with_names(&id, &person, reply, format, clicked)).await,
            }
        });
        let reply = match guarded(answered).await {
            Ok(reply) => reply,
            Err(Panicked) => self.panicked(&id, &person, &about, begun_ms).await,
        };
        self.advised(reply.under(&id), &person, is_operation)
    }

    async fn answer(
        &self,
        id: &str,
        person: &Person,
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
                Command::Run(draft, options) => Box::pin(self.run(id, person, draft, options, parts)).await,
                Command::Host(command) => {
                    let reads = !matches!(command, HostCommand::Decide { .. });
                    let reply = Box::pin(self.host_command(id, person, command, format)).await;
                    if reads { self.counted(person, reply) } else { reply }
                }
            },
        }
    }

    /// Counts the memory of what the host knows itself, as that of a result of the API.
    fn counted(&self, person: &Person, mut reply: Reply) -> Reply {
        let held = self.plugin.sandbox().room(&person.principal);
        if let Some(data) = &reply.data
            && let Err(limit) = held.take(cost_of(data))
        {
            let text = format!("The result needs more than its {limit}. {}", Verdict::Unchanged.sentence());
            let outcome = if limit == LimitKind::Answers { Outcome::RateLimited } else { Outcome::Failed };
            return Reply::failed(outcome, document::error(text, Some("Request less at the same time.")));
        }
        reply.held = Some(Arc::new(held));
        reply
    }

    /// Puts the advice of an answer in words that its reader can follow. Who typed a command wrongly typed its flags.
    fn advised(&self, mut reply: Reply, person: &Person, is_operation: bool) -> Reply {
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

    /// Ends a command in which the host panicked. `about` is the operation that it is, or that it decides about: a write
    /// is never sent before it is recorded as one.
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
            && matches!(&operation.state, State::Running { host } if host == self.ledger.host())
            && !self.running.has(&operation.id)
        {
            return self.ended_unseen(operation.clone()).await;
        }
        let verdict = match &operation {
            // What ended before this command is not what it did.
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

    fn understand(&self, input: Input, format: Option<Format>) -> Result<Understood, CommandError> {
        let catalog = self.catalog();
        let now = self.api_now();
        let mut command = match input {
            Input::Text { line, markup } => command::parse(catalog, &line, markup, now)?,
            Input::Words(words) => command::parse_words(catalog, &words, now)?,
            Input::Operation { id, arguments, options } => {
                Command::Run(command::from_json(catalog, &id, &arguments, now)?, options)
            }
            Input::Vote(vote) => return Ok(Understood::Vote(vote)),
        };
        if let Command::Run(_, options) = &mut command {
            options.format = options.format.or(format);
        }
        Ok(Understood::Command(Box::new(command)))
    }

    /// The time that words such as `today` are counted from.
    fn api_now(&self) -> Timestamp {
        Timestamp::from_second(self.api_clock.now_ms().div_euclid(1000)).unwrap_or_default()
    }

    /// A document as it is shown to people here: with instants in their time zone.
    #[must_use]
    pub fn in_local_time(&self, document: Document) -> Document {
        document.in_time_zone(&self.time_zone)
    }

    async fn host_command(&self, id: &str, person: &Person, command: HostCommand, format: Option<Format>) -> Reply {
        match command {
            HostCommand::WhoAmI => self.whoami(person),
            HostCommand::Status(None) => self.status(person).await,
            HostCommand::Status(Some(operation)) => self.operation_status(id, person, &operation).await,
            HostCommand::Pending => self.pending(person).await,
            HostCommand::Decide { operation, version, choice, reason } => {
                self.vote(person, Vote { operation, version, by_button: false, choice, reason }, format).await
            }
            HostCommand::CanI { draft, options, explain, principal } => {
                self.can_i(id, person, draft, &options, (explain, principal)).await
            }
            HostCommand::Audit(command) => self.audit(id, person, command).await,
            HostCommand::Policy => self.policy(id, person).await,
        }
    }

    /// Records a request, unless it was received before.
    async fn receive(
        &self,
        id: &str,
        person: &Person,
        delivery: Option<String>,
        text: Option<String>,
    ) -> Result<(), Unreceived> {
        let (id, person) = (id.to_owned(), person.clone());
        let decide = move |projection: &Projection, _: i64| {
            if let Some(first) = delivery.as_deref().and_then(|delivery| projection.first_delivery(delivery)) {
                return Err(first);
            }
            let event = Event::Received { delivery: delivery.clone(), text: text.clone() };
            Ok(vec![Entry { operation: Some(id.clone()), ..person.did(event) }])
        };
        let received = self.ledger.commit(Durability::Process, decide, |_, _| ()).await;
        received.map_err(|error| match error {
            CommitError::Refused(first) => Unreceived::Duplicate(first),
            CommitError::Ledger(error) => Unreceived::Ledger(error),
        })
    }

    /// Refuses a command of the host, on the record.
    async fn refuse(&self, id: &str, person: &Person, denial: &Denial, what: &str) -> Reply {
        let document = document::denied(denial, what, Verdict::NotSent);
        let event = Event::Denied { reason: cause::of_denial(denial).into(), count: 1 };
        let entry = Entry { operation: Some(id.to_owned()), ..person.did(event) };
        self.note(entry.decided_by(denial.policies())).await;
        Reply::failed(Outcome::Denied, document)
    }

    /// Records which requests a command sent that shows what the host knows, where it sent some.
    async fn note_reads(&self, id: &str, person: &Person, requests: Vec<String>) {
        if requests.is_empty() {
            return;
        }
        let event = Event::Outcome {
            result: Outcome::Done.as_str().to_owned(),
            changed: Some(Verdict::Unchanged.changed()),
            status: None,
            requests,
            cause: None,
        };
        self.note(Entry { operation: Some(id.to_owned()), ..person.did(event) }).await;
    }

    /// Records something after which nothing is done. Where it cannot be recorded, the log says so.
    async fn note(&self, entry: Entry) {
        if let Err(error) = self.ledger.append(Durability::Process, vec![entry]).await {
            tracing::error!(%error, "not recorded");
        }
    }

    async fn refresh_policy(&self) {
        let Some(change) = self.decider.refresh() else { return };
        match &change.problem {
            None => tracing::info!(hash = change.hash, "a new policy is in force"),
            Some(problem) => tracing::error!(problem, "the policy was changed, and is not in force"),
        }
        let problem = change.cause.map(Cause::from);
        self.note(Entry::of_host(Event::PolicyChanged { policy_hash: change.hash, problem })).await;
    }
}

/// Something was denied before it was understood.
fn denied(code: &'static str, count: u64) -> Event {
    Event::Denied { reason: Code::new(code).into(), count }
}

enum Understood {
    Command(Box<Command>),
    Vote(Vote),
}

/// The operation that a command decides about, else the command itself.
fn about<'a>(understood: &'a Result<Understood, CommandError>, id: &'a str) -> &'a str {
    match understood {
        Ok(Understood::Vote(vote)) => &vote.operation,
        Ok(Understood::Command(command)) => match &**command {
            Command::Host(HostCommand::Decide { operation, .. }) => operation,
            _ => id,
        },
        Err(_) => id,
    }
}

/// Whether a command works without a policy and without an audit trail.
fn harmless(understood: &Result<Understood, CommandError>) -> bool {
    match understood {
        Err(_) => true,
        Ok(Understood::Vote(_)) => false,
        Ok(Understood::Command(command)) => {
            matches!(**command, Command::Help(_) | Command::Host(HostCommand::WhoAmI | HostCommand::Status(None)))
        }
    }
}

/// Whether a command is an action.
fn runs(understood: &Result<Understood, CommandError>) -> bool {
    matches!(understood, Ok(Understood::Command(command)) if matches!(**command, Command::Run(..)))
}

/// What was typed, for the record; no more of it than a command may have.
fn typed(input: &Input) -> Option<String> {
    let typed = match input {
        Input::Text { line, .. } => Some(line.clone()),
        Input::Words(words) => Some(words.join(" ")),
        Input::Operation { id, arguments, .. } => Some(format!("{id} {}", Value::Object(arguments.clone()))),
        Input::Vote(vote) => {
            let version = vote.version.map(|version| format!(".{version}")).unwrap_or_default();
            Some(format!("{} {}{version} (button)", vote.choice.as_str(), vote.operation))
        }
    };
    typed.map(|text| text.chars().take(command::MAX_CHARS).collect())
}

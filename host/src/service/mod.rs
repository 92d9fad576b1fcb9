//! The life of a command: understood, decided, run, recorded, shown. Every frontend calls [`Service::handle`], or
//! [`Service::handle_in_parts`], and nothing else.

mod audience;
mod audit;
mod cause;
mod consequence;
mod decide;
mod executed;
mod guard;
mod handle;
mod in_flight;
mod inspect;
mod lone_operator;
mod names;
mod notices;
mod outcome;
mod parsed;
mod part;
mod record;
mod refusals;
mod reply;
mod run;
mod running;
mod secret;
mod understand;

pub use audit::{audit_entries, audit_filter, audit_verification};
pub use notices::Notice;
pub use outcome::Outcome;
pub use parsed::Parsed;
pub use part::{Part, PartSink};
pub use reply::{Kept, OperationStatus, Reply};
pub use secret::WithSecrets;

use crate::audit::{Cause, Entry, Event};
use crate::command::{Arguments, Format, Markup, Options};
use crate::decision::Decider;
use crate::decision::approval::{Approvals, Observer, Vote};
use crate::decision::operation::{Clock, Ledger, Operation, RequestKey};
use crate::document::{self, Document};
use crate::egress::CredentialError;
use crate::identity::{Place, Principal};
use crate::sandbox::Plugin;
use claude_admin_catalog::{Action, Catalog};
use in_flight::InFlight;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use names::KeptNames;
use refusals::Refusals;
use running::Running;
use serde_json::{Map, Value};
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
    /// A command that the frontend has parsed, with [`Service::parse_line`] for example.
    Parsed(Parsed),
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
    /// What identifies the request, where it can be delivered twice.
    pub delivery: Option<RequestKey>,
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

impl Service {
    /// Puts a component behind a policy, before an audit trail. `observer` is notified of every stage of a write.
    #[must_use]
    pub fn new(plugin: impl Into<Arc<Plugin>>, decider: Decider, ledger: Ledger, observer: Arc<dyn Observer>) -> Self {
        let (plugin, decider) = (plugin.into(), Arc::new(decider));
        let approvals = Approvals::new(Arc::clone(&plugin), Arc::clone(&decider), ledger.clone(), observer);
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

    /// The time that words such as `today` are counted from.
    fn api_now(&self) -> Timestamp {
        Timestamp::from_second(self.api_clock.now_ms().div_euclid(1000)).unwrap_or_default()
    }

    /// A document as it is shown to people here: with instants in their time zone.
    #[must_use]
    pub fn in_local_time(&self, document: Document) -> Document {
        document.in_time_zone(&self.time_zone)
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

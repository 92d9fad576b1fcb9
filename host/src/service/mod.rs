//! Handles a command from its text to its reply: it is parsed, decided, run, recorded and shown. Each frontend
//! runs commands only through [`Service::handle`], [`Service::handle_to_the_end`] or [`Service::handle_in_parts`].

mod audience;
mod audit;
mod cause;
mod consequence;
mod decide;
mod ending;
mod executed;
mod guard;
mod handle;
mod in_flight;
mod inspect;
mod lone_operator;
mod names;
mod notices;
mod outcome;
mod pace;
mod parsed;
mod part;
mod playbook;
mod playbook_reads;
mod record;
mod refusals;
mod reply;
mod resume;
mod run;
mod running;
mod secret;
mod select;
mod several;
mod steps_json;
mod understand;
mod wait;

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
use crate::playbook::Library;
use crate::sandbox::Plugin;
use claude_admin_catalog::{Action, Catalog, PlaybookForm};
use in_flight::InFlight;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use names::KeptNames;
use pace::Pace;
use playbook::PLAYBOOKS_OF_ONE;
use refusals::Refusals;
use running::Running;
use serde_json::{Map, Value};
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// The command of a request, in the form in which the frontend received it.
#[derive(Debug, Clone)]
pub enum Input {
    /// A line that a person typed. It can contain any text, so it is never logged.
    Text {
        /// The line, without the name of the command.
        line: String,
        /// The markup of the platform.
        markup: Markup,
    },
    /// A command that the frontend has parsed, with [`Service::parse_line`] for example.
    Parsed(Parsed),
    /// A command line that a shell has split into words.
    Words(Vec<String>),
    /// An action with its arguments.
    Operation {
        /// The ID, such as `users.list`.
        id: String,
        /// The arguments by name.
        arguments: Map<String, Value>,
        /// The flags that every command takes.
        options: Options,
    },
    /// A decision about a pending request, by button.
    Vote(Vote),
}

/// A request that a frontend has authenticated.
#[derive(Debug, Clone)]
pub struct Request {
    /// The requester.
    pub principal: Principal,
    /// The place of the request.
    pub place: Place,
    /// The command.
    pub input: Input,
    /// The key that identifies the request, if it can be delivered twice.
    pub delivery: Option<RequestKey>,
    /// The format of the reply, if it is known before and the command does not set another format.
    pub format: Option<Format>,
}

/// The host: one component, one policy, one audit log.
#[derive(Debug)]
pub struct Service {
    plugin: Arc<Plugin>,
    approvals: Approvals,
    writes: TaskTracker,
    /// The operations that this process is running.
    running: Arc<Running>,
    refusals: Refusals,
    api_clock: Clock,
    time_zone: TimeZone,
    /// Whether a later command can decide a pending request.
    lasts: bool,
    names: Arc<KeptNames>,
    in_flight: Arc<InFlight>,
    /// The playbooks that run.
    planning: Arc<InFlight>,
    pace: Arc<Pace>,
    playbooks: Option<Arc<Library>>,
}

impl Service {
    /// A host that runs a component, controlled by the policy of `decider`, and records in `ledger`. `observer` is
    /// notified of each stage of a write.
    #[must_use]
    pub fn new(plugin: impl Into<Arc<Plugin>>, decider: Decider, ledger: Ledger, observer: Arc<dyn Observer>) -> Self {
        let plugin = plugin.into();
        let approvals = Approvals::new(Arc::clone(&plugin), Arc::new(decider), ledger, observer);
        let in_flight = InFlight::new(plugin.sandbox().limits().commands_of_one());
        Self {
            plugin,
            approvals,
            writes: TaskTracker::new(),
            running: Arc::default(),
            refusals: Refusals::default(),
            api_clock: Clock::system(),
            time_zone: TimeZone::UTC,
            lasts: true,
            names: Arc::default(),
            in_flight,
            planning: InFlight::new(PLAYBOOKS_OF_ONE),
            pace: Arc::default(),
            playbooks: None,
        }
    }

    /// Runs the playbooks of a library. The catalog of the component must have them.
    #[must_use]
    pub fn with_playbooks(self, playbooks: Option<Arc<Library>>) -> Self {
        Self { playbooks, ..self }
    }

    /// Makes the replies say that no later command can decide a pending request, because it ends with this process.
    #[must_use]
    pub fn passing(self) -> Self {
        Self { lasts: false, ..self }
    }

    /// Counts times such as `7d` back from the time of another clock. The clock of a simulation does not advance.
    #[must_use]
    pub fn with_api_clock(self, api_clock: Clock) -> Self {
        Self { api_clock, ..self }
    }

    /// Sets the time zone in which people see instants. Default: UTC.
    #[must_use]
    pub fn with_time_zone(self, time_zone: TimeZone) -> Self {
        Self { time_zone, ..self }
    }

    /// The actions of the component.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        self.plugin.catalog()
    }

    /// The component.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    /// Whether an action can work for a principal in a place: the policy might permit it, and neither the credentials
    /// nor the platform of the host exclude it.
    pub async fn can_ever_work(&self, principal: &Principal, place: &Place) -> impl Fn(&Action) -> bool {
        let person = self.decider().person(principal, place).await;
        let (decider, plugin) = (Arc::clone(self.decider()), Arc::clone(&self.plugin));
        move |action| {
            let credentials = plugin.sandbox().egress().credentials();
            credentials.obstacle(action, &Arguments::new()).is_none()
                && audience::never(action, &person.place).is_none()
                && decider.may_ever(&person, action)
        }
    }

    /// The playbooks that a principal can run in a place.
    pub async fn playbooks_for(&self, principal: &Principal, place: &Place) -> Vec<Arc<PlaybookForm>> {
        let person = self.decider().person(principal, place).await;
        let forms = self.catalog().playbooks.iter();
        let is_allowed =
            |form: &&Arc<PlaybookForm>| self.decider().decide_playbook(&person, form).requirements().is_some();
        forms.filter(is_allowed).cloned().collect()
    }

    /// The reason why this host can send no request of an action, for any requester; none if it can.
    fn obstacle(&self, action: &Action) -> Option<CredentialError> {
        self.plugin.sandbox().egress().credentials().obstacle(action, &Arguments::new())
    }

    /// The reason why a call of an action cannot work in a place, with who can change this or where the call works;
    /// none if it can work. The policy is ignored.
    fn closed(&self, action: &Action, arguments: &Arguments, place: &Place) -> Option<String> {
        let obstacle = self.plugin.sandbox().egress().credentials().obstacle(action, arguments);
        let obstacle = obstacle.map(|obstacle| document::obstacle(&obstacle));
        obstacle.or_else(|| audience::never(action, place).map(|(why, elsewhere)| format!("{why} {elsewhere}")))
    }

    fn upstream(&self) -> &str {
        self.plugin.sandbox().egress().upstream().authority()
    }

    /// The audit log.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        self.approvals.ledger()
    }

    /// The policy, the groups and the people.
    fn decider(&self) -> &Arc<Decider> {
        self.approvals.decider()
    }

    /// Waits until each write that was started is finished and recorded.
    pub async fn finish(&self) {
        self.writes.close();
        self.writes.wait().await;
        self.note_refusals(true).await;
    }

    /// Ends the pending requests that expired and the operations of hosts that have exited, and reads a changed policy.
    /// Returns the operations that it ended.
    pub async fn tick(&self) -> Vec<Operation> {
        self.refresh_policy().await;
        self.note_refusals(false).await;
        self.approvals.forget_expired_secrets();
        match self.ledger().sweep().await {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "ended operations cannot be recorded");
                Vec::new()
            }
        }
    }

    /// The current time for words such as `today`.
    fn api_now(&self) -> Timestamp {
        Timestamp::from_second(self.api_clock.now_ms().div_euclid(1000)).unwrap_or_default()
    }

    /// A document with instants in the time zone of its readers.
    #[must_use]
    pub fn in_local_time(&self, document: Document) -> Document {
        document.in_time_zone(&self.time_zone)
    }

    async fn refresh_policy(&self) {
        let Some(change) = self.decider().refresh() else { return };
        match &change.problem {
            None => tracing::info!(hash = change.hash, "a new policy is active"),
            Some(problem) => tracing::error!(problem, "the policy was changed, and the new version is not active"),
        }
        let problem = change.cause.map(Cause::from);
        self.note(Entry::of_host(Event::PolicyChanged { policy_hash: change.hash, problem })).await;
    }
}

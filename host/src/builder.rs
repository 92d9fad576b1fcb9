//! Puts a host together.

use crate::audit::{Cause, Entry, Event};
use crate::decision::approval::{LoneOperator, NoObserver, Observer};
use crate::decision::groups::Groups;
use crate::decision::operation::{Clock, Ledger, LedgerError};
use crate::decision::people::People;
use crate::decision::policy::{Policies, PolicyErrors};
use crate::decision::{Decider, LivePolicy, PolicyState};
use crate::egress::Egress;
use crate::identity::Principal;
use crate::playbook::{Library, PlaybookError, PlaybookLimits};
use crate::sandbox::{Limits, LoadError, Plugin, Sandbox, SandboxError};
use crate::service::Service;
use crate::store::{Durability, Hosts, Log, StoreError};
use claude_admin_catalog::Catalog;
use jiff::tz::TimeZone;
use std::path::PathBuf;
use std::sync::Arc;

/// A host: a component behind a policy, before an audit log.
#[derive(Debug, Clone)]
pub struct Host {
    service: Arc<Service>,
}

/// The source of the policy.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum PolicySource {
    /// A file, which is read again when it changes. If it is missing or invalid, everything is denied.
    File(PathBuf),
    /// A text in Cedar.
    Text {
        /// The name of the text in errors.
        name: String,
        /// The text.
        text: String,
    },
    /// Every action is permitted to one principal, and no action to others.
    Only(Principal),
}

/// The store of the audit log. [`HostBuilder::build`] opens it after all other checks, so a host that cannot be built
/// does not change it.
#[derive(Debug)]
pub struct Store(StoreKind);

#[derive(Debug)]
enum StoreKind {
    Log {
        log: Box<dyn Log>,
        hosts: Hosts,
        opened: Event,
    },
    #[cfg(feature = "sqlite")]
    File(PathBuf),
    #[cfg(feature = "sqlite")]
    Memory,
}

impl Store {
    /// Any log. `hosts` are the hosts that share it, and `opened` is recorded when the host starts to use it.
    #[must_use]
    pub fn new(log: Box<dyn Log>, hosts: Hosts, opened: Event) -> Self {
        Self(StoreKind::Log { log, hosts, opened })
    }

    /// A log in a SQLite file, which is created if it does not exist. Hosts on one machine can share it.
    #[cfg(feature = "sqlite")]
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(StoreKind::File(path.into()))
    }

    /// A log in memory, which ends with the host.
    #[cfg(feature = "sqlite")]
    #[must_use]
    pub fn memory() -> Self {
        Self(StoreKind::Memory)
    }

    /// Opens the ledger, and records that. The next entry can be that of the policy.
    ///
    /// # Errors
    ///
    /// [`BuildError::Store`] if the store cannot be opened, and [`BuildError::Ledger`] if its log cannot be read or
    /// written.
    pub fn open(self, clock: Clock, more: Option<Event>) -> Result<Ledger, BuildError> {
        let (log, hosts, opened) = match self.0 {
            StoreKind::Log { log, hosts, opened } => (log, hosts, opened),
            #[cfg(feature = "sqlite")]
            StoreKind::File(path) => sqlite::file(path)?,
            #[cfg(feature = "sqlite")]
            StoreKind::Memory => sqlite::memory()?,
        };
        let ledger = Ledger::open(log, hosts, clock)?;
        let entries = [Some(opened), more].into_iter().flatten().map(Entry::of_host).collect();
        ledger.record(Durability::Disk, entries)?;
        Ok(ledger)
    }
}

/// The parts of a store in SQLite.
#[cfg(feature = "sqlite")]
mod sqlite {
    use crate::audit::Event;
    use crate::store::{Hosts, Log, Settings, SqliteLog, StoreError, sqlite_version};
    use std::path::PathBuf;

    pub(super) type Parts = (Box<dyn Log>, Hosts, Event);

    pub(super) fn file(path: PathBuf) -> Result<Parts, StoreError> {
        let log = SqliteLog::open(&path, Settings::default())?;
        let dropped_bytes = log.unreadable_bytes();
        if dropped_bytes > 0 {
            tracing::warn!(dropped_bytes, "the end of the write-ahead log of the store was not a complete transaction");
        }
        // Hosts on the same file must find one another, even if the path is spelled differently.
        let path = path.canonicalize().map_err(|source| StoreError::Io { path, source })?;
        Ok((Box::new(log), Hosts::of(&path), opened(dropped_bytes)))
    }

    pub(super) fn memory() -> Result<Parts, StoreError> {
        Ok((Box::new(SqliteLog::in_memory()?), Hosts::in_memory(), opened(0)))
    }

    fn opened(dropped_bytes: u64) -> Event {
        Event::Opened { version: env!("CARGO_PKG_VERSION").to_owned(), sqlite: sqlite_version(), dropped_bytes }
    }
}

/// The log of a host: opened by it, or continued from a host before it.
#[derive(Debug)]
enum Source {
    Store(Store),
    Ledger(Ledger),
}

/// Why a host cannot be put together. Nothing was sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The sandbox cannot be made.
    #[error("the sandbox cannot be made: {0}")]
    Sandbox(#[from] SandboxError),
    /// The component cannot be loaded.
    #[error("the component cannot be loaded: {0}")]
    Component(#[from] LoadError),
    /// The playbooks cannot be set up.
    #[error("the playbooks cannot be set up: {0}")]
    Playbooks(#[from] PlaybookError),
    /// A playbook cannot be loaded.
    #[error("the playbook {name} cannot be loaded: {error}")]
    Playbook {
        /// Its name.
        name: String,
        /// The reason.
        error: PlaybookError,
    },
    /// The policy is invalid.
    #[error("{0}")]
    Policy(#[from] PolicyErrors),
    /// A lone operator is set, and the policy names another user.
    #[error("a lone operator is configured, but the policy names `{name}`")]
    SecondPerson {
        /// The other user, as the policy names them.
        name: String,
    },
    /// The store of the audit log cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The audit log cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Puts a [`Host`] together.
#[derive(Debug)]
#[must_use]
pub struct HostBuilder {
    egress: Arc<Egress>,
    policy: PolicySource,
    source: Source,
    component: Option<Vec<u8>>,
    playbooks: Vec<(String, Vec<u8>)>,
    limits: Limits,
    compiled: Option<PathBuf>,
    groups: Groups,
    people: People,
    lone_operator: Option<LoneOperator>,
    observer: Arc<dyn Observer>,
    clock: Clock,
    api_clock: Option<Clock>,
    time_zone: TimeZone,
    passing: bool,
}

impl Host {
    /// Begins with what a host cannot be without: the only way out, the policy, and the audit log.
    ///
    /// Call [`Service::tick`] of its service every few seconds, which ends expired requests, and
    /// [`Service::finish`] before the program exits, to let running operations end.
    ///
    /// ```
    /// use claude_admin::egress::{Credentials, Egress, Upstream};
    /// use claude_admin::{Host, PolicySource, Store};
    /// use std::sync::Arc;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let egress = Arc::new(Egress::new(Upstream::default(), Credentials::new(None, None), None)?);
    /// let policy = PolicySource::Text {
    ///     name: "policy.cedar".to_owned(),
    ///     text: r#"@id("read") permit(principal, action in Action::"read", resource);"#.to_owned(),
    /// };
    /// let host = Host::builder(egress, policy, Store::memory()).build()?;
    /// assert!(host.service().catalog().action("users.list").is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(egress: Arc<Egress>, policy: PolicySource, store: Store) -> HostBuilder {
        HostBuilder::new(egress, policy, Source::Store(store))
    }

    /// Begins with the audit log of a host that this one replaces.
    pub fn replacing(egress: Arc<Egress>, policy: PolicySource, ledger: Ledger) -> HostBuilder {
        HostBuilder::new(egress, policy, Source::Ledger(ledger))
    }

    /// The service that every frontend calls.
    #[must_use]
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// The frontends of this host, still without Slack and without clients of the HTTP API.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn frontends(&self) -> crate::frontend::Frontends {
        crate::frontend::Frontends::new(Arc::clone(&self.service))
    }
}

impl HostBuilder {
    fn new(egress: Arc<Egress>, policy: PolicySource, source: Source) -> Self {
        Self {
            egress,
            policy,
            source,
            component: None,
            playbooks: Vec::new(),
            limits: Limits::default(),
            compiled: None,
            groups: Groups::default(),
            people: People::default(),
            lone_operator: None,
            observer: Arc::new(NoObserver),
            clock: Clock::system(),
            api_clock: None,
            time_zone: TimeZone::UTC,
            passing: false,
        }
    }

    /// Another component than the embedded one.
    pub fn component(self, bytes: Vec<u8>) -> Self {
        Self { component: Some(bytes), ..self }
    }

    /// Another playbook: its name in errors, and its component. Default: the built-in playbooks.
    pub fn playbook(mut self, name: String, bytes: Vec<u8>) -> Self {
        self.playbooks.push((name, bytes));
        self
    }

    /// The limits of calls. Default: those of [`Limits::default`].
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The private folder for compiled code. Default: the component is compiled each time.
    pub fn compiled(self, folder: Option<PathBuf>) -> Self {
        Self { compiled: folder, ..self }
    }

    /// The groups that the policy names. Default: none.
    pub fn groups(self, groups: Groups) -> Self {
        Self { groups, ..self }
    }

    /// Which principals are one person. Default: none are.
    pub fn people(self, people: People) -> Self {
        Self { people, ..self }
    }

    /// The user of a host without a second person. Default: none.
    pub fn lone_operator(self, lone_operator: Option<LoneOperator>) -> Self {
        Self { lone_operator, ..self }
    }

    /// Is notified of every stage of a write. Default: nobody.
    pub fn observer(self, observer: Arc<dyn Observer>) -> Self {
        Self { observer, ..self }
    }

    /// The clock of the host. Default: that of the system.
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The clock of the API, from which times such as `7d` are counted back. Default: that of the system.
    pub fn api_clock(self, clock: Option<Clock>) -> Self {
        Self { api_clock: clock, ..self }
    }

    /// The time zone in which people read instants. Default: UTC.
    pub fn time_zone(self, time_zone: TimeZone) -> Self {
        Self { time_zone, ..self }
    }

    /// Says in replies that pending requests end with this process. Default: a later command can refer to them.
    pub fn passing(self, passing: bool) -> Self {
        Self { passing, ..self }
    }

    /// Loads the component, reads the policy and opens the audit log.
    ///
    /// # Errors
    ///
    /// [`BuildError`] with the part that failed.
    pub fn build(self) -> Result<Host, BuildError> {
        let sandbox = Sandbox::new(self.limits, self.egress, self.compiled.as_deref())?;
        let plugin = match &self.component {
            None => Plugin::embedded(&sandbox)?,
            Some(bytes) => Plugin::load(&sandbox, bytes)?,
        };
        let mut library = Library::built_in(plugin.catalog(), PlaybookLimits::default(), self.compiled.as_deref())?;
        for (name, bytes) in &self.playbooks {
            library.add(bytes).map_err(|error| BuildError::Playbook { name: name.clone(), error })?;
        }
        let plugin = plugin.with_playbooks(library.forms().to_vec());
        let policy = Arc::new(live_policy(plugin.catalog(), &self.groups, self.policy)?);
        let decider = Decider::new(policy, self.groups, self.clock.clone())
            .with_people(self.people)
            .with_lone_operator(self.lone_operator);
        if let Some(name) = decider.second_person() {
            return Err(BuildError::SecondPerson { name });
        }
        let loaded = loaded(&decider.policy());
        let ledger = match self.source {
            Source::Store(store) => store.open(self.clock, Some(loaded))?,
            Source::Ledger(ledger) => {
                ledger.record(Durability::Process, vec![Entry::of_host(loaded)])?;
                ledger
            }
        };
        let service = Service::new(plugin, decider, ledger, self.observer).with_time_zone(self.time_zone);
        let service = service.with_playbooks(Some(Arc::new(library)));
        let service = if self.passing { service.passing() } else { service };
        let service = match self.api_clock {
            Some(clock) => service.with_api_clock(clock),
            None => service,
        };
        Ok(Host { service: Arc::new(service) })
    }
}

fn live_policy(catalog: &Catalog, groups: &Groups, source: PolicySource) -> Result<LivePolicy, PolicyErrors> {
    let names = groups.names();
    Ok(match source {
        PolicySource::File(path) => LivePolicy::open(catalog, path, names),
        PolicySource::Text { name, text } => LivePolicy::fixed(Policies::parse(catalog, &names, &name, &text)?),
        PolicySource::Only(principal) => LivePolicy::fixed(Policies::of_operator(catalog, &principal)?),
    })
}

/// The entry of a host that begins to use a policy.
fn loaded(policy: &PolicyState) -> Event {
    if let Some(problem) = &policy.problem {
        tracing::error!(problem, "the policy is invalid: everything is denied until it is valid");
    }
    Event::PolicyChanged { policy_hash: policy.hash.clone(), problem: policy.cause.clone().map(Cause::from) }
}

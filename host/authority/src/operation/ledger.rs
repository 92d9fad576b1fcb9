//! The audit trail as the one place where things are settled.
//!
//! Whoever wants to change something looks at what the trail comes to, and appends only if nobody appended in the
//! meantime; otherwise they look again. So that what is settled is settled once, with any number of hosts on one store.

mod batch;
mod claims;
#[cfg(test)]
mod tests;

use super::change::{Change, change};
use super::reader_queue::ReaderQueue;
use super::{Clock, FIRST_STEP, Operation, Projection, State, UNKNOWN};
use batch::{entry, unreadable};
use claude_admin_audit::Code;
use claude_admin_audit::store::{Durability, HostLock, Hosts, Log, StoreError};
use claude_admin_audit::{Entry, Event, Head};
use claude_admin_chat::identity::Principal;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// How often a change is tried while others append.
const MAX_ATTEMPTS: u32 = 1000;

/// Why the ledger cannot be read or written. Nothing was sent.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum LedgerError {
    #[error("the audit trail cannot be used: {0}")]
    Store(#[from] StoreError),
    #[error("the audit trail cannot be used: {0}")]
    Shared(String),
    #[error("record {seq} of the audit trail cannot be read: {problem}; `claude-admin audit verify` says more")]
    Record { seq: u64, problem: String },
    #[error("an entry cannot be recorded: {0}")]
    Unrecordable(String),
    #[error("the audit trail is too busy: other hosts append all the time")]
    Busy,
    #[error("no lock can be held beside it: {0}")]
    Lock(std::io::Error),
    #[error("the host stops")]
    Stopping,
}

/// Changes that were decided as things stood, and what they append.
type Decided = Vec<(Box<dyn Change>, Vec<Entry>)>;

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
pub enum CommitError<E> {
    /// As things stand, it may not be.
    #[error("refused")]
    Refused(E),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(LedgerError),
}

impl LedgerError {
    /// What failed where nothing can be refused.
    pub(crate) fn of_commit(error: CommitError<Infallible>) -> Self {
        match error {
            CommitError::Ledger(error) => error,
            CommitError::Refused(never) => match never {},
        }
    }
}

/// The audit trail, and what it comes to.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("log", &self.inner.log).field("host", &self.inner.lock).finish_non_exhaustive()
    }
}

struct Inner {
    log: Box<dyn Log>,
    hosts: Hosts,
    lock: HostLock,
    clock: Clock,
    state: Mutex<Loaded>,
    waiting: Mutex<Queue>,
    changes: watch::Sender<u64>,
    turns: ReaderQueue,
}

/// Changes that wait to be made: those that come while the trail is written are written together.
#[derive(Default)]
struct Queue {
    changes: Vec<Box<dyn Change>>,
    /// Whether somebody makes them. One thread is enough: others would each wait for it, with a stack of their own.
    is_served: bool,
}

#[derive(Debug, Default)]
struct Loaded {
    projection: Projection,
    head: Option<Head>,
}

impl Ledger {
    /// Reads the part of a log that still matters.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] when the log cannot be read.
    pub fn open(log: Box<dyn Log>, hosts: Hosts, clock: Clock) -> Result<Self, LedgerError> {
        let lock = hosts.join().map_err(LedgerError::Lock)?;
        let (state, waiting, changes) = (Mutex::default(), Mutex::default(), watch::Sender::default());
        let inner = Inner { log, hosts, lock, clock, state, waiting, changes, turns: ReaderQueue::default() };
        let from = inner.first_that_matters()?;
        if from > 1 {
            let mut state = inner.state();
            if let Some(before) = inner.log.read(from - 2, 1)?.first() {
                state.projection.start_after(before.seq, entry(before.seq, &before.text)?.latest_ms());
                state.head =
                    Some(Head::of(before.seq, &before.text).map_err(|problem| unreadable(before.seq, problem))?);
            }
        }
        inner.catch_up(&mut inner.state())?;
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The clock of the host.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// The name under which this host runs operations.
    #[must_use]
    pub fn host(&self) -> &str {
        self.inner.lock.name()
    }

    /// Whether a host with this name still runs on the store.
    #[must_use]
    pub fn is_alive(&self, host: &str) -> bool {
        self.inner.hosts.is_alive(host)
    }

    /// Reports changes of operations that this process makes or reads. Changes by other processes on the store show at
    /// the next look at it.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// The records themselves.
    #[must_use]
    pub fn log(&self) -> &dyn Log {
        &*self.inner.log
    }

    /// Runs something that reads the records, on a thread where that may take its time.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Stopping`] when the host stops meanwhile.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Log) -> T + Send + 'static,
    ) -> Result<T, LedgerError> {
        self.read_while((), read).await
    }

    /// As [`Self::read`], one at a time for each principal: a log takes long to read, and many reads of one principal must
    /// not slow down those of others.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Stopping`] when the host stops meanwhile.
    pub async fn read_for<T: Send + 'static>(
        &self,
        principal: &Principal,
        read: impl FnOnce(&dyn Log) -> T + Send + 'static,
    ) -> Result<T, LedgerError> {
        let turn = self.inner.turns.take(principal).await;
        self.read_while(turn, read).await
    }

    /// Keeps something until the read has ended, even when nobody waits for it any more.
    async fn read_while<T: Send + 'static>(
        &self,
        kept: impl Send + 'static,
        read: impl FnOnce(&dyn Log) -> T + Send + 'static,
    ) -> Result<T, LedgerError> {
        let inner = Arc::clone(&self.inner);
        let read = move || {
            let _kept = kept;
            read(inner.log.for_readers())
        };
        tokio::task::spawn_blocking(read).await.map_err(|_| LedgerError::Stopping)
    }

    /// The end of the chain now.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] when the trail cannot be read.
    pub async fn head(&self) -> Result<Option<Head>, LedgerError> {
        let inner = Arc::clone(&self.inner);
        let read = tokio::task::spawn_blocking(move || {
            let mut state = inner.state();
            inner.catch_up(&mut state)?;
            Ok(state.head.clone())
        });
        read.await.map_err(|_| LedgerError::Stopping)?
    }

    /// Looks at how things stand now, other hosts included.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] when the trail cannot be read.
    pub async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Projection) -> T + Send + 'static,
    ) -> Result<T, LedgerError> {
        let inner = Arc::clone(&self.inner);
        let looked = tokio::task::spawn_blocking(move || {
            let mut state = inner.state();
            inner.catch_up(&mut state)?;
            Ok(look(&state.projection))
        });
        looked.await.map_err(|_| LedgerError::Stopping)?
    }

    /// Appends what `decide` makes of how things stand; asks it again when somebody else was faster.
    ///
    /// `decide` gets the time too, which becomes the time of its entries. It looks at nothing but the operation and the
    /// pending requests of the requester that its entries are about: changes about different ones can be decided from the
    /// same state, and are appended in one transaction. `then` sees how things stand afterwards, with nothing about the same in between, and
    /// what was appended.
    ///
    /// # Errors
    ///
    /// [`CommitError::Refused`] with what `decide` says; [`CommitError::Ledger`] when the trail fails. Nothing is
    /// appended then.
    pub async fn commit<T, E>(
        &self,
        durability: Durability,
        decide: impl FnMut(&Projection, i64) -> Result<Vec<Entry>, E> + Send + 'static,
        then: impl FnOnce(&Projection, &[Entry]) -> T + Send + 'static,
    ) -> Result<T, CommitError<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let (change, end) = change(durability, decide, then);
        let is_served = {
            let mut queue = self.inner.waiting();
            queue.changes.push(change);
            std::mem::replace(&mut queue.is_served, true)
        };
        if !is_served {
            let inner = Arc::clone(&self.inner);
            tokio::task::spawn_blocking(move || inner.serve());
        }
        end.await.map_err(|_| CommitError::Ledger(LedgerError::Stopping))?
    }

    /// Appends entries as they are, on this thread: for when a host starts.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] when the trail fails.
    pub fn record(&self, durability: Durability, entries: Vec<Entry>) -> Result<(), LedgerError> {
        let (change, mut end) = change(durability, move |_, _| Ok::<_, Infallible>(entries.clone()), |_, _| ());
        self.inner.make(vec![change]);
        end.try_recv().map_err(|_| LedgerError::Stopping)?.map_err(LedgerError::of_commit)
    }

    /// Appends entries as they are.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] when the trail fails.
    pub async fn append(&self, durability: Durability, entries: Vec<Entry>) -> Result<(), LedgerError> {
        let appended = self.commit(durability, move |_, _| Ok::<_, Infallible>(entries.clone()), |_, _| ());
        appended.await.map_err(LedgerError::of_commit)
    }

    /// Ends what nobody settled in time, and what a host ran that is gone. Returns what it ended.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] when the trail fails.
    pub async fn sweep(&self) -> Result<Vec<Operation>, LedgerError> {
        let inner = Arc::clone(&self.inner);
        let decide = move |projection: &Projection, now: i64| {
            let over = projection.operations().filter_map(|operation| {
                let event = match &operation.state {
                    State::Waiting if now >= operation.expires_ms => Event::Expired,
                    State::Running { host } if !inner.hosts.is_alive(host) => Event::Outcome {
                        result: UNKNOWN.to_owned(),
                        changed: operation.changed(),
                        status: None,
                        requests: Vec::new(),
                        cause: Some(Code::new("host-stopped").into()),
                    },
                    _ => return None,
                };
                Some(match event {
                    Event::Outcome { .. } => operation.entry_of_step(FIRST_STEP, event),
                    event => operation.entry(event),
                })
            });
            Ok::<_, Infallible>(over.collect())
        };
        let swept = self.commit(Durability::Disk, decide, |projection, entries| {
            let ids = entries.iter().filter_map(|entry| entry.operation.as_deref());
            ids.filter_map(|id| projection.operation(id).cloned()).collect()
        });
        swept.await.map_err(LedgerError::of_commit)
    }
}

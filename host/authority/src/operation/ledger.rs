//! The audit log, in which all operations are decided.
//!
//! A writer reads the current state of the log, and appends only if no other writer appended in the meantime. Otherwise
//! it reads the state again. So each request is decided once, with any number of hosts on one store.

mod batch;
mod first_delivery;
#[cfg(test)]
mod tests;

use super::change::{Change, change};
use super::reader_queue::ReaderQueue;
use super::{Clock, Operation, Projection, State};
use batch::{entry, unreadable};
use claude_admin_audit::Code;
use claude_admin_audit::store::{Durability, HostLock, Hosts, Log, StoreError};
use claude_admin_audit::{Entry, Event, Head};
use claude_admin_chat::identity::Principal;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// The maximum number of attempts for a change while others append.
const MAX_ATTEMPTS: u32 = 1000;

/// The reason why the ledger cannot be read or written. Nothing was sent.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum LedgerError {
    #[error("the audit log cannot be used: {0}")]
    Store(#[from] StoreError),
    #[error("the audit log cannot be used: {0}")]
    Shared(String),
    #[error("entry {seq} of the audit log cannot be read: {problem}; run `claude-admin audit verify` for details")]
    Record { seq: u64, problem: String },
    #[error("an entry cannot be recorded: {0}")]
    Unrecordable(String),
    #[error("the audit log is too busy: other hosts append entries continuously")]
    Busy,
    #[error("the lock file of this host next to the audit log cannot be created: {0}")]
    Lock(std::io::Error),
    #[error("the host is stopping")]
    Stopping,
}

/// Changes that were decided in the current state, and the entries that they append.
type Decided = Vec<(Box<dyn Change>, Vec<Entry>)>;

/// The reason why nothing was appended.
#[derive(Debug, thiserror::Error)]
pub enum CommitError<E> {
    /// The current state does not allow the change.
    #[error("the current state does not allow the change")]
    Refused(E),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(LedgerError),
}

impl LedgerError {
    /// The error of a change that is allowed in every state.
    pub(crate) fn of_commit(error: CommitError<Infallible>) -> Self {
        match error {
            CommitError::Ledger(error) => error,
            CommitError::Refused(never) => match never {},
        }
    }
}

/// The audit log, and the state that results from it.
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

/// Pending changes: those that arrive while the log is written are written together.
#[derive(Default)]
struct Queue {
    changes: Vec<Box<dyn Change>>,
    /// Whether a thread makes the changes. One thread is enough: further threads would only wait for it, each with its
    /// own stack.
    is_served: bool,
}

#[derive(Debug, Default)]
struct Loaded {
    projection: Projection,
    head: Option<Head>,
}

impl Ledger {
    /// Reads the part of a log that is still needed.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if the log cannot be read.
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

    /// Reports changes of operations that this process makes or reads. Changes by other processes on the store are
    /// reported when this process reads the log the next time.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// The stored records.
    #[must_use]
    pub fn log(&self) -> &dyn Log {
        &*self.inner.log
    }

    /// Runs a function that reads the records, on a thread that can block.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Stopping`] if the host stops meanwhile.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Log) -> T + Send + 'static,
    ) -> Result<T, LedgerError> {
        self.read_while((), read).await
    }

    /// Like [`Self::read`], but one at a time for each principal. Reading a log takes long, and many reads of one
    /// principal must not slow down those of others.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Stopping`] if the host stops meanwhile.
    pub async fn read_for<T: Send + 'static>(
        &self,
        principal: &Principal,
        read: impl FnOnce(&dyn Log) -> T + Send + 'static,
    ) -> Result<T, LedgerError> {
        let turn = self.inner.turns.take(principal).await;
        self.read_while(turn, read).await
    }

    /// Retains `kept` until the read has ended, even if its caller no longer waits.
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

    /// The current end of the chain.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if the log cannot be read.
    pub async fn head(&self) -> Result<Option<Head>, LedgerError> {
        let inner = Arc::clone(&self.inner);
        let read = tokio::task::spawn_blocking(move || {
            let mut state = inner.state();
            inner.catch_up(&mut state)?;
            Ok(state.head.clone())
        });
        read.await.map_err(|_| LedgerError::Stopping)?
    }

    /// Reads the current state, with the entries of other hosts.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if the log cannot be read.
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

    /// Appends the entries that `decide` returns for the current state. If another writer appends first, `decide` is
    /// called again.
    ///
    /// `decide` also gets the time, which becomes the time of its entries. It reads only the operation, and the pending
    /// requests of the requester, that its entries are about. So changes about different ones can be decided from the
    /// same state, and are appended in one transaction. `then` gets the appended entries and the state afterwards, with
    /// no other change about the same operation or requester in between.
    ///
    /// # Errors
    ///
    /// [`CommitError::Refused`] with the error of `decide`; [`CommitError::Ledger`] if the log fails. Nothing is
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
        self.make_soon(change);
        end.await.map_err(|_| CommitError::Ledger(LedgerError::Stopping))?
    }

    /// Makes a change on another thread, together with all pending ones.
    fn make_soon(&self, change: Box<dyn Change>) {
        let is_served = {
            let mut queue = self.inner.waiting();
            queue.changes.push(change);
            std::mem::replace(&mut queue.is_served, true)
        };
        if !is_served {
            let inner = Arc::clone(&self.inner);
            tokio::task::spawn_blocking(move || inner.serve());
        }
    }

    /// Appends entries unchanged, on this thread: for the start of a host.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if the log fails.
    pub fn record(&self, durability: Durability, entries: Vec<Entry>) -> Result<(), LedgerError> {
        let (change, mut end) = change(durability, move |_, _| Ok::<_, Infallible>(entries.clone()), |_, _| ());
        self.inner.make(vec![change]);
        end.try_recv().map_err(|_| LedgerError::Stopping)?.map_err(LedgerError::of_commit)
    }

    /// Appends entries unchanged.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if the log fails.
    pub async fn append(&self, durability: Durability, entries: Vec<Entry>) -> Result<(), LedgerError> {
        let appended = self.commit(durability, move |_, _| Ok::<_, Infallible>(entries.clone()), |_, _| ());
        appended.await.map_err(LedgerError::of_commit)
    }

    /// Ends requests that were not decided in time, and operations of hosts that have exited. Returns the ended
    /// operations.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if the log fails.
    pub async fn sweep(&self) -> Result<Vec<Operation>, LedgerError> {
        let inner = Arc::clone(&self.inner);
        let decide = move |projection: &Projection, now: i64| {
            let over = projection.operations().flat_map(|operation| match &operation.state {
                State::Waiting if now >= operation.expires_ms => vec![operation.entry(Event::Expired)],
                State::Running { host } if !inner.hosts.is_alive(host) => {
                    operation.cut_short(&Code::new("host-stopped").into())
                }
                _ => Vec::new(),
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

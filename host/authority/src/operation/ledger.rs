//! The audit trail as the one place where things are settled.
//!
//! Whoever wants to change something looks at what the trail comes to, and appends only if nobody appended in the
//! meantime; otherwise they look again. So that what is settled is settled once, with any number of hosts on one store.

use super::change::{Change, change, subjects};
use super::projection::{CHUNK, DELIVERIES, DELIVERY_MS};
use super::turns::Turns;
use super::{Clock, Operation, Projection, State, UNKNOWN};
use claude_admin_audit::Code;
use claude_admin_audit::store::{AppendError, Durability, HostLock, Hosts, Log, StoreError};
use claude_admin_audit::{Entry, Event, Head, redact, seal};
use claude_admin_chat::identity::Principal;
use std::collections::HashSet;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
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
    /// As [`Projection::forgotten_ms`], to be read without waiting for the state; [`NEVER`] for none.
    forgotten_ms: AtomicI64,
    changes: watch::Sender<u64>,
    turns: Turns,
}

/// No time at all.
const NEVER: i64 = i64::MIN;

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
    /// Reads the part of a trail that still matters.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] when the trail cannot be read.
    pub fn open(log: Box<dyn Log>, hosts: Hosts, clock: Clock) -> Result<Self, LedgerError> {
        Self::open_from(log, hosts, clock, DELIVERIES)
    }

    /// As [`Self::open`], for a host to which nothing is delivered twice: it need not read what others were sent lately.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] when the trail cannot be read.
    pub fn open_without_deliveries(log: Box<dyn Log>, hosts: Hosts, clock: Clock) -> Result<Self, LedgerError> {
        Self::open_from(log, hosts, clock, 0)
    }

    fn open_from(log: Box<dyn Log>, hosts: Hosts, clock: Clock, deliveries: usize) -> Result<Self, LedgerError> {
        let lock = hosts.join().map_err(LedgerError::Lock)?;
        let (state, waiting, changes) = (Mutex::default(), Mutex::default(), watch::Sender::default());
        let forgotten_ms = AtomicI64::new(NEVER);
        let turns = Turns::default();
        let inner = Inner { log, hosts, lock, clock, state, waiting, forgotten_ms, changes, turns };
        let from = inner.first_that_matters(deliveries)?;
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

    /// When the last delivery was received that this host does not remember, in milliseconds since 1970, if there can be
    /// one. A request that can be older must not be accepted.
    #[must_use]
    pub fn forgotten_ms(&self) -> Option<i64> {
        Some(self.inner.forgotten_ms.load(Ordering::Acquire)).filter(|ms| *ms != NEVER)
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
    /// `decide` gets the time too, which becomes the time of its entries. It looks at nothing but the operation, the
    /// delivery and the pending requests of the requester that its entries are about: changes that are about different ones may be decided at the same time, and are
    /// appended in one transaction. `then` sees how things stand afterwards, with nothing about the same in between, and
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
                Some(operation.entry(event))
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

impl Inner {
    /// A panic elsewhere does not make what was read untrue: the trail is read on from where it was.
    fn state(&self) -> std::sync::MutexGuard<'_, Loaded> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first record of what is open, which the last record tells, or of the deliveries that are remembered: a number of
    /// them, and all recent ones. Whichever is earlier.
    fn first_that_matters(&self, deliveries: usize) -> Result<u64, LedgerError> {
        let Some(last) = self.log.last()? else { return Ok(1) };
        let last_entry = entry(last.seq, &last.text)?;
        let open_from = last_entry.open_from.unwrap_or(last.seq);
        if deliveries == 0 {
            return Ok(last.seq.min(open_from));
        }
        let recent_ms = last_entry.latest_ms().max(self.clock.now_ms()).saturating_sub(DELIVERY_MS);
        let many = last.seq.saturating_sub(u64::try_from(deliveries).unwrap_or(u64::MAX));
        let mut from = last.seq;
        // Most hosts begin long after the last record, so that the first look back is a short one.
        let mut chunk = 1;
        loop {
            let earlier = self.log.read_back(from, chunk)?;
            if earlier.is_empty() {
                return Ok(from.min(open_from));
            }
            for record in &earlier {
                if record.seq < many && entry(record.seq, &record.text)?.latest_ms() < recent_ms {
                    return Ok(from.min(open_from));
                }
                from = record.seq;
            }
            chunk = CHUNK.min(chunk * 2);
        }
    }

    fn catch_up(&self, state: &mut Loaded) -> Result<(), LedgerError> {
        loop {
            let records = self.log.read(state.projection.last_seq(), CHUNK)?;
            for record in &records {
                state.projection.apply(record.seq, &entry(record.seq, &record.text)?);
            }
            self.note_forgotten(state);
            if let Some(last) = records.last() {
                state.head = Some(Head::of(last.seq, &last.text).map_err(|problem| unreadable(last.seq, problem))?);
            }
            if records.len() < CHUNK {
                self.report_changes(state);
                return Ok(());
            }
        }
    }

    fn note_forgotten(&self, state: &Loaded) {
        self.forgotten_ms.store(state.projection.forgotten_ms().unwrap_or(NEVER), Ordering::Release);
    }

    /// Wakes those who follow the operations, where one changed.
    fn report_changes(&self, state: &Loaded) {
        let now = state.projection.changes();
        self.changes.send_if_modified(|changes| std::mem::replace(changes, now) != now);
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes what waits, until nothing does.
    fn serve(&self) {
        loop {
            let changes = {
                let mut queue = self.waiting();
                if queue.changes.is_empty() {
                    // Within the lock: a change that comes later finds that nobody serves it.
                    queue.is_served = false;
                    return;
                }
                std::mem::take(&mut queue.changes)
            };
            // A change that breaks off must not leave those that came meanwhile to nobody. Whoever waits for it is told,
            // since its reply is dropped.
            let _ = catch_unwind(AssertUnwindSafe(|| self.make(changes)));
        }
    }

    /// Makes changes, in one transaction where they are about different things.
    fn make(&self, mut left: Vec<Box<dyn Change>>) {
        let mut state = self.state();
        let mut most = usize::MAX;
        let mut attempt = 0;
        while !left.is_empty() {
            if attempt == MAX_ATTEMPTS {
                left.drain(..).for_each(|change| change.failed(LedgerError::Busy));
                break;
            }
            if let Err(error) = self.catch_up(&mut state) {
                // The others find out for themselves, each in its own words.
                left.remove(0).failed(error);
                continue;
            }
            let now = self.clock.now_ms();
            let (decided, later) = decide(&state.projection, std::mem::take(&mut left), now, most);
            left = later;
            if decided.is_empty() {
                continue;
            }
            match self.append(&mut state, &decided, now) {
                Ok(stored) => {
                    attempt = 0;
                    for ((change, _), entries) in decided.into_iter().zip(&stored) {
                        change.done(&state.projection, entries);
                    }
                }
                Err(Unappended::Conflict) => {
                    std::thread::sleep(Duration::from_micros(u64::from(attempt.min(50)) * 20));
                    attempt += 1;
                    left.splice(0..0, decided.into_iter().map(|(change, _)| change));
                }
                // Nothing was written, and what is wrong with one must not harm the others.
                Err(Unappended::Unrecordable(_)) if decided.len() > 1 => {
                    most = 1;
                    left.splice(0..0, decided.into_iter().map(|(change, _)| change));
                }
                Err(Unappended::Unrecordable(problem)) => {
                    let unrecordable = || LedgerError::Unrecordable(problem.clone());
                    decided.into_iter().for_each(|(change, _)| change.failed(unrecordable()));
                }
                // It is not known whether anything was written: whoever waits is told, and nothing is tried again.
                Err(Unappended::Store(error)) => {
                    let problem = error.to_string();
                    let mut error = Some(error);
                    for (change, _) in decided {
                        let shared = || LedgerError::Shared(problem.clone());
                        change.failed(error.take().map_or_else(shared, LedgerError::Store));
                    }
                }
            }
        }
    }

    /// Appends what was decided, in one transaction. Returns what was stored of each.
    fn append(&self, state: &mut Loaded, decided: &Decided, now: i64) -> Result<Vec<Vec<Entry>>, Unappended> {
        let open_from = Some(state.projection.open_from());
        // What this host goes on with is what is stored, so that every other host comes to the same.
        let latest_ms = Some(state.projection.latest_ms(now)).filter(|latest| *latest > now);
        let stored = |entry: &Entry| redact(&Entry { time_ms: now, open_from, latest_ms, ..entry.clone() });
        let stored: Vec<Vec<Entry>> = decided.iter().map(|(_, entries)| entries.iter().map(stored).collect()).collect();
        let all = stored.concat();
        let sealed = seal(&all, state.head.as_ref());
        let (records, head) = sealed.map_err(|error| Unappended::Unrecordable(error.to_string()))?;
        let disk = decided.iter().any(|(change, _)| change.durability() == Durability::Disk);
        let durability = if disk { Durability::Disk } else { Durability::Process };
        match self.log.append(state.projection.last_seq(), &records, durability) {
            Ok(()) => {
                for entry in &all {
                    let seq = state.projection.last_seq() + 1;
                    state.projection.apply(seq, entry);
                }
                self.note_forgotten(state);
                state.head = Some(head);
                self.report_changes(state);
                Ok(stored)
            }
            Err(AppendError::Conflict { .. }) => Err(Unappended::Conflict),
            Err(AppendError::Store(error)) => Err(Unappended::Store(error)),
        }
    }
}

/// Why nothing was appended.
enum Unappended {
    /// Another host was faster.
    Conflict,
    /// An entry cannot be recorded.
    Unrecordable(String),
    /// The store failed.
    Store(StoreError),
}

/// Decides changes as things stand: as many as are about different things, and no more than `most`. The others come later.
fn decide(
    projection: &Projection,
    changes: Vec<Box<dyn Change>>,
    now_ms: i64,
    most: usize,
) -> (Decided, Vec<Box<dyn Change>>) {
    let (mut decided, mut later) = (Decided::new(), Vec::new());
    let mut taken = HashSet::new();
    for mut change in changes {
        if decided.len() == most {
            later.push(change);
            continue;
        }
        let Some(entries) = change.decide(projection, now_ms) else { continue };
        if entries.is_empty() {
            change.done(projection, &entries);
        } else if subjects(&entries).any(|subject| taken.contains(&subject)) {
            later.push(change);
        } else {
            taken.extend(subjects(&entries));
            decided.push((change, entries));
        }
    }
    (decided, later)
}

fn entry(seq: u64, text: &str) -> Result<Entry, LedgerError> {
    Entry::from_record(text).map_err(|problem| unreadable(seq, problem))
}

fn unreadable(seq: u64, problem: impl std::fmt::Display) -> LedgerError {
    LedgerError::Record { seq, problem: problem.to_string() }
}

#[cfg(test)]
mod tests;

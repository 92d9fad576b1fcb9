//! Changes that arrive at the same time are decided one after the other, and appended in one transaction if they are
//! about different subjects.

use super::{Change, Decided, Inner, LedgerError, Loaded, MAX_ATTEMPTS, Queue};
use crate::operation::Projection;
use crate::operation::change::subjects;
use crate::operation::projection::CHUNK;
use claude_admin_audit::store::{AppendError, Claim, Claimed, Durability, StoreError};
use claude_admin_audit::{Entry, Head, redact, seal};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;
use std::time::Duration;

impl Inner {
    /// A panic elsewhere does not invalidate the state that was read: reading continues after the last entry.
    pub(super) fn state(&self) -> std::sync::MutexGuard<'_, Loaded> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first entry that is still needed, according to the last entry.
    pub(super) fn first_that_matters(&self) -> Result<u64, LedgerError> {
        let Some(last) = self.log.last()? else { return Ok(1) };
        let open_from = entry(last.seq, &last.text)?.open_from;
        Ok(open_from.map_or(last.seq, |open_from| open_from.min(last.seq)))
    }

    pub(super) fn catch_up(&self, state: &mut Loaded) -> Result<(), LedgerError> {
        loop {
            let records = self.log.read(state.projection.last_seq(), CHUNK)?;
            for record in &records {
                state.projection.apply(record.seq, &entry(record.seq, &record.text)?);
            }
            if let Some(last) = records.last() {
                state.head = Some(Head::of(last.seq, &last.text).map_err(|problem| unreadable(last.seq, problem))?);
            }
            if records.len() < CHUNK {
                self.report_changes(state);
                return Ok(());
            }
        }
    }

    /// Notifies the subscribers of changes, if an operation changed.
    pub(super) fn report_changes(&self, state: &Loaded) {
        let now = state.projection.changes();
        self.changes.send_if_modified(|changes| std::mem::replace(changes, now) != now);
    }

    pub(super) fn waiting(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes all pending changes.
    pub(super) fn serve(&self) {
        loop {
            let changes = {
                let mut queue = self.waiting();
                if queue.changes.is_empty() {
                    // Inside the lock: a change that arrives later finds that no thread is running.
                    queue.is_served = false;
                    return;
                }
                std::mem::take(&mut queue.changes)
            };
            // A change that panics must not leave later changes without a thread. Its caller is notified because its
            // sender is dropped.
            let _ = catch_unwind(AssertUnwindSafe(|| self.make(changes)));
        }
    }

    /// Makes changes, in one transaction if they are about different subjects.
    pub(super) fn make(&self, mut left: Vec<Box<dyn Change>>) {
        let mut state = self.state();
        let mut most = usize::MAX;
        let mut attempt = 0;
        while !left.is_empty() {
            if attempt == MAX_ATTEMPTS {
                left.drain(..).for_each(|change| change.failed(LedgerError::Busy));
                break;
            }
            if let Err(error) = self.catch_up(&mut state) {
                // The other changes read the log again, and each gets its own error.
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
                Err(Unappended::Claimed { change, reason }) => {
                    let mut decided = decided;
                    decided.remove(change).0.not_claimed(reason);
                    left.splice(0..0, decided.into_iter().map(|(change, _)| change));
                }
                // Nothing was written, and an error of one change must not affect the others.
                Err(Unappended::Unrecordable(_)) if decided.len() > 1 => {
                    most = 1;
                    left.splice(0..0, decided.into_iter().map(|(change, _)| change));
                }
                Err(Unappended::Unrecordable(problem)) => {
                    let unrecordable = || LedgerError::Unrecordable(problem.clone());
                    decided.into_iter().for_each(|(change, _)| change.failed(unrecordable()));
                }
                // It is not known whether anything was written. The callers are notified, and no change is tried again.
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

    /// Appends the decided changes in one transaction. Returns the stored entries of each.
    fn append(&self, state: &mut Loaded, decided: &Decided, now: i64) -> Result<Vec<Vec<Entry>>, Unappended> {
        let open_from = Some(state.projection.open_from());
        // This host continues with the stored entries, so every other host gets the same state.
        let latest_ms = Some(state.projection.latest_ms(now)).filter(|latest| *latest > now);
        let stored_now = |entry: &Entry| redact(&Entry { time_ms: now, open_from, latest_ms, ..entry.clone() });
        let stored: Vec<Vec<Entry>> =
            decided.iter().map(|(_, entries)| entries.iter().map(&stored_now).collect()).collect();
        let carried: Vec<Entry> = state.projection.carried().iter().map(&stored_now).collect();
        let all = [carried, stored.concat()].concat();
        let sealed = seal(&all, state.head.as_ref());
        let (records, head) = sealed.map_err(|error| Unappended::Unrecordable(error.to_string()))?;
        let disk = decided.iter().any(|(change, _)| change.durability() == Durability::Disk);
        let durability = if disk { Durability::Disk } else { Durability::Process };
        let (claiming, claims): (Vec<usize>, Vec<Claim>) = decided
            .iter()
            .enumerate()
            .filter_map(|(index, (change, _))| Some((index, change.claim()?.clone())))
            .unzip();
        match self.log.append(state.projection.last_seq(), &records, &claims, durability) {
            Ok(()) => {
                for entry in &all {
                    let seq = state.projection.last_seq() + 1;
                    state.projection.apply(seq, entry);
                }
                state.head = Some(head);
                self.report_changes(state);
                Ok(stored)
            }
            Err(AppendError::Conflict { .. }) => Err(Unappended::Conflict),
            Err(AppendError::Claimed { index, reason }) => Err(Unappended::Claimed { change: claiming[index], reason }),
            Err(AppendError::Store(error)) => Err(Unappended::Store(error)),
        }
    }
}

/// The reason why nothing was appended.
enum Unappended {
    /// Another host appended first.
    Conflict,
    /// The key of a change cannot be claimed.
    Claimed {
        /// The position of the change.
        change: usize,
        reason: Claimed,
    },
    /// An entry cannot be recorded.
    Unrecordable(String),
    /// The store failed.
    Store(StoreError),
}

/// Decides changes in the current state: as many as are about different subjects, at most `most`. The others are
/// decided later.
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
        let key = change.claim().map(|claim| format!("claim of {}", claim.key));
        let subjects: Vec<String> = subjects(&entries).chain(key).collect();
        if entries.is_empty() {
            change.done(projection, &entries);
        } else if subjects.iter().any(|subject| taken.contains(subject)) {
            later.push(change);
        } else {
            taken.extend(subjects);
            decided.push((change, entries));
        }
    }
    (decided, later)
}

pub(super) fn entry(seq: u64, text: &str) -> Result<Entry, LedgerError> {
    Entry::from_record(text).map_err(|problem| unreadable(seq, problem))
}

pub(super) fn unreadable(seq: u64, problem: impl std::fmt::Display) -> LedgerError {
    LedgerError::Record { seq, problem: problem.to_string() }
}

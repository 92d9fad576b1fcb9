//! The state that results from the entries of the audit log.

use super::{Operation, Pending, State};
use claude_admin_audit::store::{Log, StoreError};
use claude_admin_audit::{Entry, Event};
use claude_admin_chat::identity::Principal;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// The number of records that are read in one batch.
pub(super) const CHUNK: usize = 256;
/// The maximum number of ended operations in memory, and the maximum number of bytes of them. Older operations are read
/// from the audit log again.
const MAX_SETTLED: usize = 1000;
const MAX_SETTLED_BYTES: usize = 32 << 20;

/// An operation that is not closed is carried after this number of entries, plus one entry for each `BYTES_OF_AN_ENTRY`
/// bytes of all operations in memory that are not closed. So less is written for carried operations than for other
/// entries.
const CARRIED_AFTER: u64 = 1024;
const BYTES_OF_AN_ENTRY: usize = 512;

/// The state that results from the entries that were read.
#[derive(Debug, Default)]
pub struct Projection {
    operations: BTreeMap<String, Arc<Operation>>,
    settled: VecDeque<String>,
    settled_bytes: usize,
    /// Operations with an entry that can still be needed, by the first such entry.
    open: BTreeSet<(u64, String)>,
    /// The latest time of any entry.
    latest_ms: i64,
    last_seq: u64,
    changes: u64,
}

/// The entries of an operation among the last `most` of a log, the last one first, up to the first one that is needed.
///
/// # Errors
///
/// The error of the log.
pub(super) fn entries_of(log: &dyn Log, id: &str, most: usize) -> Result<Vec<(u64, Entry)>, StoreError> {
    let (mut found, mut before, mut left) = (Vec::new(), u64::MAX, most);
    while left > 0 {
        let records = log.read_back(before, CHUNK.min(left))?;
        let Some(oldest) = records.last() else { break };
        before = oldest.seq;
        left -= records.len();
        for record in records.iter().filter(|record| record.text.contains(id)) {
            let Ok(entry) = Entry::from_record(&record.text) else { continue };
            if entry.operation.as_deref() != Some(id) {
                continue;
            }
            let is_first = matches!(entry.event, Event::Received { .. } | Event::Carried { .. });
            found.push((record.seq, entry));
            if is_first {
                return Ok(found);
            }
        }
    }
    Ok(found)
}

impl Projection {
    /// The operation with this ID, if it is in memory.
    #[must_use]
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.get(id).map(Arc::as_ref)
    }

    /// Every operation in memory. A clone of the `Arc` does not copy the operation.
    pub fn operations(&self) -> impl Iterator<Item = &Arc<Operation>> {
        self.operations.values()
    }

    /// The number of pending requests of a principal at a time, and their bytes.
    #[must_use]
    pub fn pending_of(&self, requester: &Principal, now_ms: i64) -> (usize, usize) {
        let own = self.operations.values().filter(|operation| operation.pending.requester == *requester);
        let pending = own.filter(|operation| operation.waits(now_ms));
        pending.fold((0, 0), |(count, bytes), operation| (count + 1, bytes + operation.bytes))
    }

    /// The number of the last record that was read.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// A counter of changes of operations: it increases whenever a message about one might have to be posted.
    #[must_use]
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// The number of the first entry that is still needed: a host that starts must read from here on.
    pub(super) fn open_from(&mut self) -> u64 {
        // An operation that is no longer open is checked once, and again when it changes.
        while let Some((first_seq, id)) = self.open.first() {
            let is_open = |operation: &Arc<Operation>| operation.is_open(self.latest_ms);
            if self.operations.get(id).is_some_and(|operation| operation.first_seq == *first_seq && is_open(operation))
            {
                return *first_seq;
            }
            self.open.pop_first();
        }
        self.last_seq + 1
    }

    /// Finds an operation that is no longer in memory, among the last `most` records.
    ///
    /// # Errors
    ///
    /// The error of the log.
    pub fn search(log: &dyn Log, id: &str, most: usize) -> Result<Option<Operation>, StoreError> {
        let mut projection = Self::default();
        for (seq, entry) in entries_of(log, id, most)?.iter().rev() {
            projection.apply(*seq, entry);
        }
        Ok(projection.operations.remove(id).map(Arc::unwrap_or_clone))
    }

    /// The IDs of operations that begin with a text, among the last `most` records of a log; at most `limit`, the newest
    /// first.
    ///
    /// # Errors
    ///
    /// The error of the log.
    pub fn ids_beginning_with(
        log: &dyn Log,
        prefix: &str,
        most: usize,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let (mut found, mut before, mut left) = (Vec::new(), u64::MAX, most);
        while left > 0 && found.len() < limit {
            let records = log.read_back(before, CHUNK.min(left))?;
            let Some(oldest) = records.last() else { break };
            before = oldest.seq;
            left -= records.len();
            for record in records.iter().filter(|record| record.text.contains(prefix)) {
                let id = Entry::from_record(&record.text).ok().and_then(|entry| entry.operation);
                found.extend(id.filter(|id| id.starts_with(prefix) && !found.contains(id)));
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// Skips all records up to this one: none of them is needed.
    pub(super) fn start_after(&mut self, seq: u64, latest_ms: i64) {
        self.last_seq = seq;
        self.latest_ms = latest_ms;
    }

    /// The entry that carries the operation with the oldest entry that is still needed, if that entry is far back.
    /// Otherwise a host would have to read all later entries when it starts, and none of them could be archived.
    pub(super) fn carried(&self) -> Option<Entry> {
        let (first_seq, id) = self.open.first()?;
        let operation = self.operations.get(id).filter(|operation| operation.first_seq == *first_seq)?;
        let distance = self.last_seq.saturating_sub(*first_seq);
        if distance < CARRIED_AFTER {
            return None;
        }
        let open = self.operations.values().filter(|operation| operation.is_open(self.latest_ms));
        let bytes: usize = open.map(|operation| operation.bytes).sum();
        if distance < CARRIED_AFTER + (bytes / BYTES_OF_AN_ENTRY) as u64 {
            return None;
        }
        let state = serde_json::to_string(&**operation).ok()?;
        Some(operation.entry(Event::Carried { state }))
    }

    /// The latest time of any entry, or this one if it is later.
    pub(super) fn latest_ms(&self, now_ms: i64) -> i64 {
        self.latest_ms.max(now_ms)
    }

    /// Applies the next entry.
    pub(super) fn apply(&mut self, seq: u64, entry: &Entry) {
        self.last_seq = seq;
        self.latest_ms = self.latest_ms(entry.latest_ms());
        let Some(id) = &entry.operation else { return };
        if let Event::Requested { pending, plan_hash, policy_hash, expires_ms } = &entry.event {
            // A request that this version of the host cannot read stays pending for a version that can.
            let recorded = pending;
            let Ok(pending) = serde_json::from_str::<Pending>(recorded) else { return };
            let bytes = pending.bytes(recorded);
            let earlier = self.operations.get(id);
            // An ID belongs to one operation: an operation that is decided or running does not begin again.
            if earlier.is_some_and(|earlier| earlier.state != State::Waiting) {
                return;
            }
            let first_seq = earlier.map_or(seq, |earlier| earlier.first_seq);
            let change = earlier.and_then(|earlier| earlier.change.clone());
            let notices = earlier.map(|earlier| earlier.notices.clone()).unwrap_or_default();
            let operation = Operation {
                id: id.clone(),
                pending,
                plan_hash: plan_hash.clone(),
                policy_hash: policy_hash.clone(),
                requested_ms: entry.time_ms,
                expires_ms: *expires_ms,
                decisions: Vec::new(),
                alone: None,
                state: State::Waiting,
                steps: BTreeMap::new(),
                since_ms: entry.time_ms,
                first_seq,
                change,
                notices,
                undelivered: false,
                bytes,
            };
            self.operations.insert(id.clone(), Arc::new(operation));
            self.open.insert((first_seq, id.clone()));
            self.changes += 1;
        } else if let Event::Carried { state } = &entry.event {
            // As with a request: a state that this version of the host cannot read is left to a version that can.
            let Ok(mut operation) = serde_json::from_str::<Operation>(state) else { return };
            let recorded = serde_json::to_string(&operation.pending).unwrap_or_default();
            (operation.id, operation.first_seq) = (id.clone(), seq);
            operation.bytes = operation.pending.bytes(&recorded);
            let (is_settled, bytes) = (operation.state.is_settled(), operation.bytes);
            let is_new = self.operations.insert(id.clone(), Arc::new(operation)).is_none();
            self.open.insert((seq, id.clone()));
            if is_new {
                self.changes += 1;
                if is_settled {
                    self.settled.push_back(id.clone());
                    self.settled_bytes += bytes;
                }
            }
        } else if let Some(operation) = self.operations.get_mut(id) {
            let operation = Arc::make_mut(operation);
            let was_settled = operation.state.is_settled();
            operation.apply(entry);
            self.changes += 1;
            self.open.insert((operation.first_seq, id.clone()));
            if operation.state.is_settled() && !was_settled {
                self.settled.push_back(id.clone());
                self.settled_bytes += operation.bytes;
            }
        }
        while self.settled.len() > MAX_SETTLED || (self.settled.len() > 1 && self.settled_bytes > MAX_SETTLED_BYTES) {
            let removed = self.settled.pop_front().and_then(|id| self.operations.remove(&id));
            self.settled_bytes = self.settled_bytes.saturating_sub(removed.map_or(0, |operation| operation.bytes));
        }
    }
}

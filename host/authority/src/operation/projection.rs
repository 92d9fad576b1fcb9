//! What the entries of the audit trail come to.

use super::{Operation, Pending, State};
use claude_admin_audit::store::{Log, StoreError};
use claude_admin_audit::{Entry, Event};
use claude_admin_chat::identity::Principal;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

/// How long a delivery is remembered at least, in milliseconds: twice the time for which a signature is fresh.
pub(super) const DELIVERY_MS: i64 = 600_000;
/// How many entries with deliveries are remembered at least, however old they are: a clock that was wrong for a while must
/// not make the host forget what it just received.
pub(super) const DELIVERIES: usize = 10_000;
/// How many records are read at once.
pub(super) const CHUNK: usize = 256;
/// The most settled operations that are kept at hand, and the most bytes of them; older ones are read again from the trail.
const MAX_SETTLED: usize = 1000;
const MAX_SETTLED_BYTES: usize = 32 << 20;

/// What a request was when it was received first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstDelivery {
    /// The operation that it began.
    pub operation: String,
    /// The word of its outcome, where it ended before it became something that waits or runs.
    pub ended: Option<String>,
    /// Whether it asked for the same.
    pub is_same: bool,
}

#[derive(Debug)]
struct Delivered {
    operation: String,
    content: String,
    ended: Option<String>,
}

/// By what a delivery is known, and behind a space, where there is one, the digest of what it asks for.
fn parts(delivery: &str) -> (&str, &str) {
    delivery.split_once(' ').unwrap_or((delivery, ""))
}

/// By what a delivery is known.
pub(super) fn known_by(delivery: &str) -> &str {
    parts(delivery).0
}

/// What the entries that were read so far come to.
#[derive(Debug, Default)]
pub struct Projection {
    operations: BTreeMap<String, Arc<Operation>>,
    settled: VecDeque<String>,
    settled_bytes: usize,
    /// Operations of which some record can still matter, by the first one that does.
    open: BTreeSet<(u64, String)>,
    deliveries: HashMap<String, Delivered>,
    /// By which delivery an operation began.
    began_by: HashMap<String, String>,
    delivered: VecDeque<(i64, String)>,
    /// The latest time of any entry.
    latest_ms: i64,
    /// When the last delivery was received that is forgotten, by the latest time of any entry until then.
    forgotten_ms: Option<i64>,
    last_seq: u64,
    changes: u64,
}

impl Projection {
    /// The operation with this id, if it is at hand.
    #[must_use]
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.get(id).map(Arc::as_ref)
    }

    /// Every operation at hand. To keep one costs no copy of it.
    pub fn operations(&self) -> impl Iterator<Item = &Arc<Operation>> {
        self.operations.values()
    }

    /// How many requests of somebody wait at a time, and their bytes.
    #[must_use]
    pub fn pending_of(&self, requester: &Principal, now_ms: i64) -> (usize, usize) {
        let own = self.operations.values().filter(|operation| operation.pending.requester == *requester);
        let pending = own.filter(|operation| operation.waits(now_ms));
        pending.fold((0, 0), |(count, bytes), operation| (count + 1, bytes + operation.bytes))
    }

    /// The first of the deliveries that are known by the same, if this is not the first.
    #[must_use]
    pub fn first_delivery(&self, delivery: &str) -> Option<FirstDelivery> {
        let (known_by, content) = parts(delivery);
        let first = self.deliveries.get(known_by)?;
        let (operation, ended) = (first.operation.clone(), first.ended.clone());
        Some(FirstDelivery { operation, ended, is_same: first.content == content })
    }

    /// The last record that was read.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// How often an operation changed: it grows whenever a message about one may be due.
    #[must_use]
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// The first record that still matters: whoever starts anew must read from here on.
    pub(super) fn open_from(&mut self) -> u64 {
        // What is open no longer is looked at once, and again when it changes.
        while let Some((first_seq, id)) = self.open.first() {
            if self.operations.get(id).is_some_and(|operation| operation.is_open(self.latest_ms)) {
                return *first_seq;
            }
            self.open.pop_first();
        }
        self.last_seq + 1
    }

    /// Finds an operation that is not at hand any more, among the last `most` records.
    ///
    /// # Errors
    ///
    /// What the log reports.
    pub fn search(log: &dyn Log, id: &str, most: usize) -> Result<Option<Operation>, StoreError> {
        let mut found: Vec<(u64, Entry)> = Vec::new();
        let (mut before, mut left) = (u64::MAX, most);
        'trail: while left > 0 {
            let records = log.read_back(before, CHUNK.min(left))?;
            let Some(oldest) = records.last() else { break };
            before = oldest.seq;
            left -= records.len();
            for record in records.iter().filter(|record| record.text.contains(id)) {
                let Ok(entry) = Entry::from_record(&record.text) else { continue };
                if entry.operation.as_deref() != Some(id) {
                    continue;
                }
                let is_first = matches!(entry.event, Event::Received { .. });
                found.push((record.seq, entry));
                if is_first {
                    break 'trail;
                }
            }
        }
        let mut projection = Self::default();
        for (seq, entry) in found.iter().rev() {
            projection.apply(*seq, entry);
        }
        Ok(projection.operations.remove(id).map(Arc::unwrap_or_clone))
    }

    /// Leaves out everything up to a record: none of it matters any more.
    pub(super) fn start_after(&mut self, seq: u64, latest_ms: i64) {
        self.last_seq = seq;
        self.latest_ms = latest_ms;
        self.forgotten_ms = Some(latest_ms);
    }

    /// When the last delivery was received that is not remembered, if there can be one.
    pub(super) fn forgotten_ms(&self) -> Option<i64> {
        self.forgotten_ms
    }

    /// The latest time of any entry, or this one if it is later.
    pub(super) fn latest_ms(&self, now_ms: i64) -> i64 {
        self.latest_ms.max(now_ms)
    }

    /// Takes the next entry in.
    pub(super) fn apply(&mut self, seq: u64, entry: &Entry) {
        self.last_seq = seq;
        self.latest_ms = self.latest_ms(entry.latest_ms());
        self.forget();
        if let Event::Received { delivery: Some(delivery), .. } = &entry.event {
            let (known_by, content) = parts(delivery);
            let operation = entry.operation.clone().unwrap_or_default();
            self.began_by.insert(operation.clone(), known_by.to_owned());
            let delivered = Delivered { operation, content: content.to_owned(), ended: None };
            self.deliveries.insert(known_by.to_owned(), delivered);
            self.delivered.push_back((self.latest_ms, known_by.to_owned()));
        }
        let Some(id) = &entry.operation else { return };
        if let Event::Requested { pending, plan_hash, policy_hash, expires_ms } = &entry.event {
            // From here on, it is the operation that ends: what is recorded under its id says nothing about the delivery.
            self.began_by.remove(id);
            // What this version of the host cannot read waits for one that can.
            let recorded = pending;
            let Ok(pending) = serde_json::from_str::<Pending>(recorded) else { return };
            let bytes = pending.bytes(recorded);
            let earlier = self.operations.get(id);
            // An id stands for one operation: what is settled or runs does not begin anew.
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
        } else if let Some(delivered) = self.began_by.get(id).and_then(|known_by| self.deliveries.get_mut(known_by)) {
            match &entry.event {
                Event::Outcome { result, .. } => delivered.ended = Some(result.clone()),
                Event::Denied { .. } => delivered.ended = Some("denied".to_owned()),
                _ => {}
            }
        }
        while self.settled.len() > MAX_SETTLED || (self.settled.len() > 1 && self.settled_bytes > MAX_SETTLED_BYTES) {
            let removed = self.settled.pop_front().and_then(|id| self.operations.remove(&id));
            self.settled_bytes = self.settled_bytes.saturating_sub(removed.map_or(0, |operation| operation.bytes));
        }
    }

    fn forget(&mut self) {
        let recent_ms = self.latest_ms.saturating_sub(DELIVERY_MS);
        while self.delivered.len() > DELIVERIES && self.delivered.front().is_some_and(|(time, _)| *time < recent_ms) {
            let Some((time, delivery)) = self.delivered.pop_front() else { return };
            self.forgotten_ms = self.forgotten_ms.max(Some(time));
            if let Some(delivered) = self.deliveries.remove(&delivery) {
                self.began_by.remove(&delivered.operation);
            }
        }
    }
}

//! An audit log for tests, which can be slow and can fail, and counts what is done with it.

use claude_admin_audit::store::{AppendError, Claim, Claimed, Durability, Log, SqliteLog, StoreError, StoredRecord};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A log that counts its transactions and the records that are read back, and fails for a record with [`UNWANTED`].
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) log: SqliteLog,
    /// The duration of a transaction.
    pub(super) delay: Duration,
    pub(super) transactions: Arc<AtomicUsize>,
    pub(super) read: AtomicUsize,
}

pub(super) const UNWANTED: &str = "unwanted";

impl Watched {
    pub(super) fn new(log: SqliteLog) -> Self {
        Self { log, delay: Duration::ZERO, transactions: Arc::default(), read: AtomicUsize::new(0) }
    }
}

impl Log for Watched {
    fn for_readers(&self) -> &dyn Log {
        self
    }

    fn last(&self) -> Result<Option<StoredRecord>, StoreError> {
        self.log.last()
    }

    fn read(&self, after: u64, limit: usize) -> Result<Vec<StoredRecord>, StoreError> {
        self.log.read(after, limit)
    }

    fn read_back(&self, before: u64, limit: usize) -> Result<Vec<StoredRecord>, StoreError> {
        let records = self.log.read_back(before, limit)?;
        self.read.fetch_add(records.len(), Ordering::Relaxed);
        Ok(records)
    }

    fn append(
        &self,
        after: u64,
        records: &[String],
        claims: &[Claim],
        durability: Durability,
    ) -> Result<(), AppendError> {
        std::thread::sleep(self.delay);
        if records.iter().any(|record| record.contains(UNWANTED)) {
            return Err(AppendError::Store(StoreError::NotOurs("unwanted".into())));
        }
        self.transactions.fetch_add(1, Ordering::Relaxed);
        self.log.append(after, records, claims, durability)
    }

    fn claim(&self, claim: &Claim) -> Result<Claimed, StoreError> {
        self.log.claim(claim)
    }
}

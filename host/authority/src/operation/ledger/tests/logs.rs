//! Audit logs for tests: a slow log that can fail, and a log that counts the entries that are read.

use claude_admin_audit::store::{AppendError, Claim, Claimed, Durability, Log, SqliteLog, StoreError, StoredRecord};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A slow log that counts its transactions, and fails for a record with a certain word.
#[derive(Debug)]
pub(super) struct Slow {
    pub(super) log: SqliteLog,
    pub(super) transactions: Arc<AtomicUsize>,
}

pub(super) const UNWANTED: &str = "unwanted";

impl Log for Slow {
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
        self.log.read_back(before, limit)
    }

    fn append(&self, after: u64, records: &[String], durability: Durability) -> Result<(), AppendError> {
        std::thread::sleep(Duration::from_millis(20));
        if records.iter().any(|record| record.contains(UNWANTED)) {
            return Err(AppendError::Store(StoreError::NotOurs("unwanted".into())));
        }
        self.transactions.fetch_add(1, Ordering::Relaxed);
        self.log.append(after, records, durability)
    }

    fn claim(&self, claim: &Claim) -> Result<Claimed, StoreError> {
        self.log.claim(claim)
    }
}

/// A log that counts the records that are read back.
#[derive(Debug)]
pub(super) struct Counting {
    pub(super) log: SqliteLog,
    pub(super) read: AtomicUsize,
}

impl Log for Counting {
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

    fn append(&self, after: u64, records: &[String], durability: Durability) -> Result<(), AppendError> {
        self.log.append(after, records, durability)
    }

    fn claim(&self, claim: &Claim) -> Result<Claimed, StoreError> {
        self.log.claim(claim)
    }
}

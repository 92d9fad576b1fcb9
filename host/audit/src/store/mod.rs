//! The store: one append-only log of texts, and the keys of recent requests.
//!
//! The audit log is the only source for pending, running and ended operations. A store appends records in order, and fails an
//! append that did not know the last record: a writer reads the end of the log, decides, and appends *after that record*.
//! If another writer appended first, the append is a [`AppendError::Conflict`], and the writer decides again.
//!
//! Next to the log, the store has the keys of recent requests ([`Claim`]), so that each request is accepted once.
//!
//! Nothing outside this module knows SQL, and nothing in it knows the content of a record.

mod claim;
mod connection;
mod error;
mod in_use;
mod inspect;
mod migration;
mod owner;
mod sqlite;
#[cfg(test)]
pub(crate) mod testing;

pub use claim::{CLAIM_MS, Claim, Claimed};
pub use error::{AppendError, StoreError};
pub(crate) use inspect::{Inspection, inspect};
pub use owner::{HostLock, Hosts};
pub use sqlite::{Settings, SqliteLog, sqlite_version};

use std::fmt::Debug;

/// A record as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its place in the log; the first is 1, and there are no gaps.
    pub seq: u64,
    /// What was appended, byte for byte.
    pub text: String,
}

/// What an append survives once it has returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process, however sudden.
    Process,
    /// A power failure too.
    Disk,
}

/// An append-only log of texts. Several hosts may share one.
pub trait Log: Debug + Send + Sync {
    /// The record at the end.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    fn last(&self) -> Result<Option<StoredRecord>, StoreError>;

    /// Up to `limit` records behind `after`, the oldest first. 0 is before the first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    fn read(&self, after: u64, limit: usize) -> Result<Vec<StoredRecord>, StoreError>;

    /// Up to `limit` records in front of `before`, the newest first. [`u64::MAX`] is behind the last.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    fn read_back(&self, before: u64, limit: usize) -> Result<Vec<StoredRecord>, StoreError>;

    /// The same records, for those who read many of them: where the store can do it, they and those who append do not wait
    /// for each other.
    fn for_readers(&self) -> &dyn Log;

    /// Appends all the records or none, directly behind the record `after`; 0 for an empty log.
    ///
    /// # Errors
    ///
    /// [`AppendError::Conflict`] when `after` is not the last record, with nothing appended. After
    /// [`AppendError::Store`] the end of the log has to be read again to know whether the records are there.
    fn append(&self, after: u64, records: &[String], durability: Durability) -> Result<(), AppendError>;

    /// Claims a key, if nobody on this store did before. It survives the end of the process.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be written.
    fn claim(&self, claim: &Claim) -> Result<Claimed, StoreError>;
}

//! The store: one append-only log of texts, and nothing else.
//!
//! The host keeps a single thing: its audit trail. What waits, what was settled and what was already seen are read off
//! it. So a store only has to append, in order, and to refuse an append that did not know the last record. Whoever
//! appends reads the end of the log, decides, and appends *behind that record*: when somebody else was faster, the
//! append is a [`AppendError::Conflict`] and the decision is made again.
//!
//! Nothing outside this module knows SQL, and nothing in it knows what a record says.

mod connection;
mod error;
pub mod file_check;
mod in_use;
mod migration;
mod owner;
mod sqlite;
#[cfg(test)]
pub(crate) mod testing;

pub use error::{AppendError, StoreError};
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
}

//! The store: one append-only log of texts, and the keys of recent requests.
//!
//! The audit log is the only source for pending, running and ended operations. A store appends records in order, and
//! fails an append that did not know the last record: a writer reads the end of the log, decides, and appends *after
//! that record*. If another writer appended first, the append is a [`AppendError::Conflict`], and the writer decides
//! again.
//!
//! The store also contains the keys of recent requests ([`Claim`]). So each request is accepted once.
//!
//! Nothing outside this module knows SQL, and nothing in it knows the content of a record, except the
//! migration from the first format, which copies the keys of requests.

mod claim;
#[cfg(feature = "sqlite")]
mod connection;
mod error;
#[cfg(feature = "sqlite")]
mod in_use;
#[cfg(feature = "sqlite")]
mod inspect;
#[cfg(feature = "sqlite")]
mod migration;
mod owner;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "sqlite")]
mod sqlite_claim;
#[cfg(test)]
pub(crate) mod testing;

pub use claim::{CLAIM_MS, CLAIMS, Claim, Claimed};
pub use error::{AppendError, StoreError};
#[cfg(feature = "sqlite")]
pub(crate) use inspect::{Inspection, inspect};
pub use owner::{HostLock, Hosts};
#[cfg(feature = "sqlite")]
pub use sqlite::{Settings, SqliteLog, sqlite_version};

use std::fmt::Debug;

/// A record as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its number in the log; the first is 1, and there are no gaps.
    pub seq: u64,
    /// The appended text, byte for byte.
    pub text: String,
}

/// The failure that an append survives after it has returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process, even a sudden one.
    Process,
    /// Also a power failure.
    Disk,
}

/// An append-only log of texts. Several hosts can share one.
pub trait Log: Debug + Send + Sync {
    /// The record at the end.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot be read.
    fn last(&self) -> Result<Option<StoredRecord>, StoreError>;

    /// Up to `limit` records after `after`, the oldest first. 0 is before the first record.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot be read.
    fn read(&self, after: u64, limit: usize) -> Result<Vec<StoredRecord>, StoreError>;

    /// Up to `limit` records before `before`, the newest first. [`u64::MAX`] is after the last record.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot be read.
    fn read_back(&self, before: u64, limit: usize) -> Result<Vec<StoredRecord>, StoreError>;

    /// The same records, for callers that read many of them. If the store supports it, these reads and appends do not
    /// wait for each other.
    fn for_readers(&self) -> &dyn Log;

    /// Appends all records, directly after the record `after` (0 for an empty log), and claims all keys; or does
    /// neither.
    ///
    /// # Errors
    ///
    /// [`AppendError::Conflict`] if `after` is not the last record, and [`AppendError::Claimed`] if a key cannot be
    /// claimed; nothing was written. After [`AppendError::Store`], the end of the log must be read again to find out
    /// whether the records were appended.
    fn append(
        &self,
        after: u64,
        records: &[String],
        claims: &[Claim],
        durability: Durability,
    ) -> Result<(), AppendError>;

    /// Claims a key without a record, unless it was already claimed on this store. The claim survives the end of the
    /// process.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot be written.
    fn claim(&self, claim: &Claim) -> Result<Claimed, StoreError>;
}

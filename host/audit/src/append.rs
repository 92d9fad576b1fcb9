//! Appends entries that do not depend on what the trail says.

use super::canonical::CanonicalError;
use super::chain::{Head, HeadError, seal};
use super::event::Entry;
use crate::store::{AppendError, Durability, Log, StoreError};

/// Entries were not appended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppendEntriesError {
    /// An entry cannot be recorded.
    #[error(transparent)]
    Entry(#[from] CanonicalError),
    /// The last record of the log is none that a chain can go on from.
    #[error("the audit trail cannot go on: {0}")]
    Head(#[from] HeadError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Appends entries at the end of a log, wherever that is by then: when another host is faster, they are sealed again
/// behind its record.
///
/// This is for what is true whatever else happened. What was decided by reading the trail has to be appended behind
/// the last record that was read, and decided again on [`AppendError::Conflict`].
///
/// # Errors
///
/// [`AppendEntriesError`] with nothing appended, unless the store failed: see [`Log::append`].
pub(crate) fn append(log: &dyn Log, entries: &[Entry], durability: Durability) -> Result<Head, AppendEntriesError> {
    loop {
        let head = log.last()?.map(|last| Head::of(last.seq, &last.text)).transpose()?;
        let (texts, next) = seal(entries, head.as_ref())?;
        match log.append(head.map_or(0, |head| head.seq), &texts, durability) {
            Ok(()) => return Ok(next),
            Err(AppendError::Conflict { .. }) => {}
            Err(AppendError::Store(error)) => return Err(error.into()),
        }
    }
}

//! Appends entries that do not depend on the content of the audit log.

use super::canonical::CanonicalError;
use super::chain::seal;
use super::event::Entry;
use super::head::{Head, HeadError};
use crate::store::{AppendError, Durability, Log, StoreError};

/// Entries were not appended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppendEntriesError {
    /// An entry cannot be recorded.
    #[error(transparent)]
    Entry(#[from] CanonicalError),
    /// The last entry of the log cannot be continued.
    #[error("the audit log cannot be continued: {0}")]
    Head(#[from] HeadError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Appends entries at the current end of a log. If another host appends first, they are sealed again after its entry.
///
/// Only for entries that are true in any state of the log. An entry that was decided from the content of the log must
/// be appended after the last entry that was read, and decided again on [`AppendError::Conflict`].
///
/// # Errors
///
/// [`AppendEntriesError`]. Nothing was appended, unless the store failed: see [`Log::append`].
pub(crate) fn append(log: &dyn Log, entries: &[Entry], durability: Durability) -> Result<Head, AppendEntriesError> {
    loop {
        let head = log.last()?.map(|last| Head::of(last.seq, &last.text)).transpose()?;
        let (texts, next) = seal(entries, head.as_ref())?;
        match log.append(head.map_or(0, |head| head.seq), &texts, &[], durability) {
            Ok(()) => return Ok(next),
            // Without a claim, only a conflict remains.
            Err(AppendError::Conflict { .. } | AppendError::Claimed { .. }) => {}
            Err(AppendError::Store(error)) => return Err(error.into()),
        }
    }
}

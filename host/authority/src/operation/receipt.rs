//! The entry that a request was received, until it is recorded.
//!
//! A read that needs only a permit is recorded in one entry, its outcome, before its result is shown. Whether a request
//! is such a read is known only after the decision. Until then this value contains the first entry. It is recorded
//! before any other entry about the request, replaced with the outcome of the read, or recorded when the request ends
//! without either.

use super::{Ledger, LedgerError};
use claude_admin_audit::Entry;
use claude_admin_audit::store::Durability;
use std::sync::{Mutex, PoisonError};

/// The entry that a request was received, until it is recorded.
#[derive(Debug)]
pub struct Receipt {
    ledger: Ledger,
    entry: Mutex<Option<Entry>>,
}

impl Receipt {
    /// A receipt; without an entry if there is none to record.
    #[must_use]
    pub fn new(ledger: Ledger, entry: Option<Entry>) -> Self {
        Self { ledger, entry: Mutex::new(entry) }
    }

    fn take(&self) -> Option<Entry> {
        self.entry.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The entry, if it is not recorded yet, and other entries after it.
    #[must_use]
    pub fn before(&self, entries: Vec<Entry>) -> Vec<Entry> {
        self.take().into_iter().chain(entries).collect()
    }

    /// The outcome of the read is recorded instead.
    pub fn replace(&self) {
        self.take();
    }

    /// Records the entry, if it is not recorded yet.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if the log cannot be written.
    pub async fn record(&self) -> Result<(), LedgerError> {
        match self.take() {
            Some(entry) => self.ledger.append(Durability::Process, vec![entry]).await,
            None => Ok(()),
        }
    }
}

/// The caller no longer waits, but the request was received: it might have been sent to the API.
impl Drop for Receipt {
    fn drop(&mut self) {
        if let Some(entry) = self.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let ledger = self.ledger.clone();
            runtime.spawn(async move {
                if let Err(error) = ledger.append(Durability::Process, vec![entry]).await {
                    tracing::error!(%error, "an interrupted request is not recorded");
                }
            });
        }
    }
}

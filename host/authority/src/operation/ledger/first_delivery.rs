//! Each request is accepted once, by one host, also after a restart.

use super::{Ledger, LedgerError};
use crate::operation::projection::entries_of;
use crate::operation::{FirstDelivery, NotClaimed, Projection, RequestKey};
use claude_admin_audit::Event;
use claude_admin_audit::store::{Claim, Claimed, Log, StoreError};
use claude_admin_chat::identity::Principal;
use std::sync::Arc;

/// The number of last entries that are searched for the result of an earlier request.
const RECENT: usize = 10_000;

impl Ledger {
    /// Claims the key of a request for this delivery of it, before anything is done.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if the store cannot be written. Inside, [`NotClaimed`] if the request is not accepted.
    pub async fn claim(&self, key: RequestKey, operation: &str) -> Result<Result<(), NotClaimed>, LedgerError> {
        let RequestKey { key, content, earliest_ms } = key;
        let value = format!("{operation} {content}");
        let inner = Arc::clone(&self.inner);
        let claimed = tokio::task::spawn_blocking(move || {
            let time_ms = inner.clock.now_ms();
            inner.log.claim(&Claim { key, value, time_ms, earliest_ms })
        });
        Ok(match claimed.await.map_err(|_| LedgerError::Stopping)?? {
            Claimed::First => Ok(()),
            Claimed::Forgotten => Err(NotClaimed::Forgotten),
            Claimed::Before(value) => {
                let (operation, first) = value.split_once(' ').unwrap_or((&value, ""));
                Err(NotClaimed::Before(FirstDelivery { operation: operation.to_owned(), is_same: first == content }))
            }
        })
    }

    /// The result of an earlier request that did not become an operation: the word of its outcome. None if it became an
    /// operation, if it has no result yet, or if not all of its entries are among the last entries.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if the log cannot be read.
    pub async fn ended(&self, request: &str, reader: &Principal) -> Result<Option<String>, LedgerError> {
        let id = request.to_owned();
        if self.look(move |projection: &Projection| projection.operation(&id).is_some()).await? {
            return Ok(None);
        }
        let id = request.to_owned();
        Ok(self.read_for(reader, move |log| ended(log, &id)).await??)
    }
}

fn ended(log: &dyn Log, id: &str) -> Result<Option<String>, StoreError> {
    let mut word = None;
    for (_, entry) in entries_of(log, id, RECENT)? {
        match entry.event {
            Event::Requested { .. } | Event::Carried { .. } => return Ok(None),
            Event::Received { .. } => return Ok(word),
            Event::Outcome { result, .. } => word = word.or(Some(result)),
            Event::Denied { .. } => word = word.or_else(|| Some("denied".to_owned())),
            _ => {}
        }
    }
    // Without its first entry, it can have become an operation.
    Ok(None)
}

//! Each request is accepted once, by one host, also after a restart.

use super::{Ledger, LedgerError};
use crate::operation::change::Change;
use crate::operation::projection::entries_of;
use crate::operation::{FirstDelivery, NotClaimed, Projection, RequestKey};
use claude_admin_audit::store::{Claim, Claimed, Durability, Log, StoreError};
use claude_admin_audit::{Entry, Event};
use claude_admin_chat::identity::Principal;
use std::sync::Arc;
use tokio::sync::oneshot;

/// The number of last entries that are searched for the result of an earlier request.
const RECENT: usize = 10_000;

impl Ledger {
    /// Claims the key of a request for this delivery of it, and records its first entry; or does neither.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if the store cannot be written. Inside, [`NotClaimed`] if the request is not accepted.
    pub async fn accept(
        &self,
        key: RequestKey,
        operation: &str,
        entry: Entry,
    ) -> Result<Result<(), NotClaimed>, LedgerError> {
        let (reply, end) = oneshot::channel();
        let claim = claim_of(&key, operation, self.clock().now_ms());
        self.make_soon(Box::new(FirstEntry { claim, content: key.content, entry, reply }));
        end.await.map_err(|_| LedgerError::Stopping)?
    }

    /// Claims the key of a request for this delivery of it, before anything is done.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if the store cannot be written. Inside, [`NotClaimed`] if the request is not accepted.
    pub async fn claim(&self, key: RequestKey, operation: &str) -> Result<Result<(), NotClaimed>, LedgerError> {
        let inner = Arc::clone(&self.inner);
        let claim = claim_of(&key, operation, self.clock().now_ms());
        let claimed = tokio::task::spawn_blocking(move || inner.log.claim(&claim));
        Ok(accepted(claimed.await.map_err(|_| LedgerError::Stopping)??, &key.content))
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

fn claim_of(key: &RequestKey, operation: &str, time_ms: i64) -> Claim {
    let value = format!("{operation} {}", key.content);
    Claim { key: key.key.clone(), value, time_ms, earliest_ms: key.earliest_ms }
}

fn accepted(claimed: Claimed, content: &str) -> Result<(), NotClaimed> {
    match claimed {
        Claimed::First => Ok(()),
        Claimed::Forgotten => Err(NotClaimed::Forgotten),
        Claimed::Before(value) => {
            let (operation, first) = value.split_once(' ').unwrap_or((&value, ""));
            Err(NotClaimed::Before(FirstDelivery { operation: operation.to_owned(), is_same: first == content }))
        }
    }
}

/// The claim of a request with its first entry.
struct FirstEntry {
    claim: Claim,
    content: String,
    entry: Entry,
    reply: oneshot::Sender<Result<Result<(), NotClaimed>, LedgerError>>,
}

/// If the caller has ended, the result is not needed.
impl Change for FirstEntry {
    fn decide(&mut self, _projection: &Projection, _now_ms: i64) -> Option<Vec<Entry>> {
        Some(vec![self.entry.clone()])
    }

    fn durability(&self) -> Durability {
        Durability::Process
    }

    fn claim(&self) -> Option<&Claim> {
        Some(&self.claim)
    }

    fn not_claimed(self: Box<Self>, reason: Claimed) {
        let _ = self.reply.send(Ok(accepted(reason, &self.content)));
    }

    fn done(self: Box<Self>, _projection: &Projection, _entries: &[Entry]) {
        let _ = self.reply.send(Ok(Ok(())));
    }

    fn failed(self: Box<Self>, error: LedgerError) {
        let _ = self.reply.send(Err(error));
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

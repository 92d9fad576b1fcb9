//! One long read of the log at a time for each principal.

use claude_admin_chat::identity::Principal;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// Who reads now, and who waits for their own earlier read.
#[derive(Debug, Default)]
pub(super) struct ReaderQueue(Mutex<HashMap<Principal, Arc<tokio::sync::Mutex<()>>>>);

impl ReaderQueue {
    /// Waits until no other read of a principal runs. The next one begins when the result is dropped.
    pub(super) async fn take(&self, principal: &Principal) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(principal.clone()).or_default())
        };
        turn.lock_owned().await
    }
}

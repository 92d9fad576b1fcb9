//! One long read of the log at a time for each principal.

use claude_admin_chat::identity::Principal;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// The principals that read now, or whose next read is queued after their own earlier one.
#[derive(Debug, Default)]
pub(super) struct ReaderQueue(Mutex<HashMap<Principal, Arc<tokio::sync::Mutex<()>>>>);

impl ReaderQueue {
    /// Returns when no other read of a principal runs. The next read begins when the result is dropped.
    pub(super) async fn take(&self, principal: &Principal) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(principal.clone()).or_default())
        };
        turn.lock_owned().await
    }
}

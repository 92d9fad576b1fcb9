//! The order of the clicks on one card.
//!
//! Each change of check boxes depends on the change before, and a decision on all changes before it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// One queue for each operation with clicks that are being handled.
#[derive(Debug, Default)]
pub(super) struct Turns {
    queues: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

impl Turns {
    /// Waits until earlier clicks about the operation are handled.
    pub(super) async fn next(&self, operation: &str) -> OwnedMutexGuard<()> {
        let queue = {
            let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
            // A queue that only the map has is not in use.
            queues.retain(|_, queue| Arc::strong_count(queue) > 1);
            Arc::clone(queues.entry(operation.to_owned()).or_default())
        };
        queue.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn clicks_on_one_card_wait_for_each_other_and_those_on_others_do_not() {
        let turns = Turns::default();
        let first = turns.next("a").await;
        let wait = |operation: &'static str| tokio::time::timeout(Duration::from_millis(50), turns.next(operation));
        assert!(wait("a").await.is_err() && wait("b").await.is_ok());
        drop(first);
        assert!(wait("a").await.is_ok());
        drop(turns.next("c").await);
        assert_eq!(turns.queues.lock().unwrap().len(), 1, "nothing is left of the others");
    }
}

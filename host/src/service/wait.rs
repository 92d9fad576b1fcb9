//! Waits for the end of an operation, for a program that would otherwise ask again and again.

use super::{Reply, Service};
use crate::decision::operation::{Operation, State};
use crate::identity::Principal;
use std::time::Duration;
use tokio::time::Instant;

/// The interval between looks, for changes by other processes on the same store.
const LOOK_EVERY: Duration = Duration::from_secs(2);

impl Service {
    /// Waits until an operation ended, or only its requester must still decide, or the time has passed. It counts as one of
    /// the commands of the principal.
    ///
    /// # Errors
    ///
    /// The reply if the principal has too many commands at the same time.
    pub async fn wait_for(&self, principal: &Principal, operation: &str, most: Duration) -> Result<(), Box<Reply>> {
        let Some(_flight) = self.in_flight.begin(principal) else { return Err(Box::new(self.in_flight.too_many())) };
        let until = Instant::now() + most;
        loop {
            // Subscribe before the look: a change during it then causes another look.
            let mut changes = self.changes();
            let Some(current) = self.operation(operation).await else { return Ok(()) };
            let now = Instant::now();
            if current.state.is_settled() || now >= until || self.waits_for_requester(&current).await {
                return Ok(());
            }
            tokio::select! {
                _ = changes.changed() => {}
                () = tokio::time::sleep_until(until.min(now + LOOK_EVERY)) => {}
            }
        }
    }

    /// Whether only the requester must still decide.
    async fn waits_for_requester(&self, operation: &Operation) -> bool {
        let needs_no_approval = operation.pending.requirements.approvals.is_empty();
        matches!(operation.state, State::Waiting) && (needs_no_approval || self.approvals.is_approved(operation).await)
    }
}

//! Waits for the end of an operation, for a program that would otherwise ask again and again.

use super::{Reply, Service};
use crate::decision::operation::{Operation, State};
use crate::identity::{Place, Principal};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// The interval between looks, for changes by other processes on the same store.
const LOOK_EVERY: Duration = Duration::from_secs(2);

impl Service {
    /// Waits until an operation ended, or only its requester must still decide, or the time has passed, or the host
    /// stops. It counts as one of
    /// the commands of the principal.
    ///
    /// # Errors
    ///
    /// The reply if the principal has too many commands at the same time.
    pub async fn wait_for(
        &self,
        principal: &Principal,
        operation: &str,
        most: Duration,
        stopping: &AtomicBool,
    ) -> Result<(), Box<Reply>> {
        let Some(_flight) = self.in_flight.begin(principal) else { return Err(Box::new(self.in_flight.too_many())) };
        let person = self.decider().person(principal, &Place::http()).await;
        let until = Instant::now() + most;
        loop {
            // Subscribe before the look: a change during it then causes another look.
            let mut changes = self.changes();
            // Only for users who see the operation: for others, it does not exist.
            let Ok(current) = self.approvals.find_for(&person, operation).await else { return Ok(()) };
            let now = Instant::now();
            let is_over = now >= until || stopping.load(Ordering::Acquire);
            if current.state.is_settled() || is_over || self.waits_for_requester(&current).await {
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

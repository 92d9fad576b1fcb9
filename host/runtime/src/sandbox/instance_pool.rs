//! Idle instances, each for the next call of the principal that it served.
//!
//! Data that an instance remembers from a call is known only to the principal of that call. An instance is reused only
//! after a call that ended normally: not after a trap, a reached limit or a violation.

use super::instance::Instance;
use claude_admin_chat::identity::Principal;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The maximum idle time of an instance.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// The interval in which expired instances are removed.
const LOOK: Duration = Duration::from_secs(1);

/// Idle instances, each of one principal. The last one was used most recently.
pub(super) struct InstancePool {
    most: usize,
    waiting: Mutex<VecDeque<Waiting>>,
}

struct Waiting {
    principal: Principal,
    instance: Instance,
    since: Instant,
}

impl InstancePool {
    /// Creates a pool of at most `most` instances, each idle for at most 30 seconds.
    pub(super) fn new(most: usize) -> Arc<Self> {
        let kept = Arc::new(Self { most, waiting: Mutex::default() });
        let looked_after = Arc::downgrade(&kept);
        let spawned = std::thread::Builder::new().name("kept-instances".to_owned()).spawn(move || {
            while let Some(kept) = looked_after.upgrade() {
                drop(kept.expired(Instant::now()));
                drop(kept);
                std::thread::sleep(LOOK);
            }
        });
        if let Err(error) = spawned {
            tracing::error!(%error, "no thread that removes expired instances; the next call removes them");
        }
        kept
    }

    /// A panic in another thread does not invalidate the queue.
    fn waiting(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes and returns the instance that last served a principal.
    pub(super) fn take(&self, principal: &Principal) -> Option<Instance> {
        drop(self.expired(Instant::now()));
        let mut waiting = self.waiting();
        let position = waiting.iter().rposition(|waiting| waiting.principal == *principal)?;
        waiting.remove(position).map(|waiting| waiting.instance)
    }

    /// Stores an instance for the principal that it served.
    pub(super) fn keep(&self, principal: &Principal, instance: Instance) {
        let (principal, since) = (principal.clone(), Instant::now());
        let mut waiting = self.waiting();
        waiting.push_back(Waiting { principal, instance, since });
        let pushed_out = if waiting.len() > self.most { waiting.pop_front() } else { None };
        drop(waiting);
        // Dropping an instance takes time, so the lock is released first.
        drop(pushed_out);
    }

    /// Removes and returns the instances that were idle for too long.
    fn expired(&self, now: Instant) -> VecDeque<Waiting> {
        let mut waiting = self.waiting();
        let old = waiting.iter().take_while(|waiting| now.duration_since(waiting.since) > LONGEST_WAIT).count();
        waiting.drain(..old).collect()
    }
}

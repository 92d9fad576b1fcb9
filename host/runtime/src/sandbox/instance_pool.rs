//! Instances that wait for the next call of the person whom they served.
//!
//! What an instance remembers of a call is known to whoever made it, and to nobody else. An instance is kept only after a
//! call that came to its end as it should: whoever trapped, ran out of a limit or met the gate leaves nothing behind.

use super::instance::Instance;
use claude_admin_chat::identity::Principal;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long an instance waits.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How often is looked whether one has waited for too long.
const LOOK: Duration = Duration::from_secs(1);

/// A few instances, each of one person; the one that was used last stands at the end.
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
    /// Keeps no more than `most` instances, and none for longer than half a minute.
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
            tracing::error!(%error, "no thread that drops what was kept for too long; the next call does");
        }
        kept
    }

    /// A panic elsewhere leaves the queue as it was.
    fn waiting(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the instance that last served a person.
    pub(super) fn take(&self, principal: &Principal) -> Option<Instance> {
        drop(self.expired(Instant::now()));
        let mut waiting = self.waiting();
        let position = waiting.iter().rposition(|waiting| waiting.principal == *principal)?;
        waiting.remove(position).map(|waiting| waiting.instance)
    }

    /// Keeps an instance for the person that it served.
    pub(super) fn keep(&self, principal: &Principal, instance: Instance) {
        let (principal, since) = (principal.clone(), Instant::now());
        let mut waiting = self.waiting();
        waiting.push_back(Waiting { principal, instance, since });
        let pushed_out = if waiting.len() > self.most { waiting.pop_front() } else { None };
        drop(waiting);
        // To give a slot back takes a while, during which nobody should wait for the lock.
        drop(pushed_out);
    }

    /// Those that have waited for too long.
    fn expired(&self, now: Instant) -> VecDeque<Waiting> {
        let mut waiting = self.waiting();
        let old = waiting.iter().take_while(|waiting| now.duration_since(waiting.since) > LONGEST_WAIT).count();
        waiting.drain(..old).collect()
    }
}

//! Remembers what was accepted, so that it is accepted once.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// How long something is remembered, in seconds: twice the time for which a signature is fresh.
const MEMORY_SECONDS: u64 = 600;
/// The most things remembered. A host that accepts more in ten minutes refuses the excess.
const CAPACITY: usize = 100_000;

/// Remembers keys for ten minutes.
#[derive(Debug, Default)]
pub struct ReplayCache {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    keys: HashSet<String>,
    order: VecDeque<(u64, String)>,
}

impl ReplayCache {
    /// Notes a key; returns whether it is new.
    pub fn accept(&self, key: &str, now: u64) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        while seen.order.front().is_some_and(|(noted, _)| noted + MEMORY_SECONDS < now) {
            if let Some((_, old)) = seen.order.pop_front() {
                seen.keys.remove(&old);
            }
        }
        if seen.keys.len() >= CAPACITY || !seen.keys.insert(key.to_owned()) {
            return false;
        }
        seen.order.push_back((now, key.to_owned()));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_accepted_once_until_it_is_forgotten() {
        let cache = ReplayCache::default();
        assert!(cache.accept("a", 1000));
        assert!(!cache.accept("a", 1000));
        assert!(!cache.accept("a", 1600));
        assert!(cache.accept("b", 1600));
        assert!(cache.accept("a", 1601));
    }
}

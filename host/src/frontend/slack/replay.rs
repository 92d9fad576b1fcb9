//! Stores the signatures of requests in memory, to accept each of them only once. `Ledger::claim` does so across
//! restarts, and across several hosts.

use super::SignatureError;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The maximum number of stored signatures. Those with the latest times are retained.
const CAPACITY: usize = 100_000;

/// Stores signatures by the time that they sign, not by a clock. So a clock that is set back cannot make an old request
/// acceptable again.
#[derive(Debug, Default)]
pub struct ReplayCache {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    signatures: BTreeSet<(u64, [u8; 32])>,
    /// The latest time of a signature that was removed.
    forgotten: Option<u64>,
}

impl ReplayCache {
    /// Accepts a request by its time, in seconds since 1970, and its signature.
    ///
    /// # Errors
    ///
    /// [`SignatureError::Repeated`] for a request that was accepted before. [`SignatureError::Forgotten`] for a request
    /// that is so old that its signature might have been removed.
    pub fn accept(&self, time: u64, signature: &str) -> Result<(), SignatureError> {
        self.accept_within(CAPACITY, time, signature)
    }

    fn accept_within(&self, capacity: usize, time: u64, signature: &str) -> Result<(), SignatureError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.forgotten.is_some_and(|forgotten| time <= forgotten) {
            return Err(SignatureError::Forgotten);
        }
        if !seen.signatures.insert((time, Sha256::digest(signature).into())) {
            return Err(SignatureError::Repeated);
        }
        while seen.signatures.len() > capacity {
            let oldest = seen.signatures.pop_first().map(|(time, _)| time);
            seen.forgotten = seen.forgotten.max(oldest);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn signature_is_accepted_once() {
        let cache = ReplayCache::default();
        assert_eq!(cache.accept(1000, "a"), Ok(()));
        assert_eq!(cache.accept(1000, "a"), Err(SignatureError::Repeated));
        assert_eq!(cache.accept(1000, "b"), Ok(()));
        assert_eq!(cache.accept(999, "a"), Ok(()));
    }

    proptest! {
        /// For every order and number of requests and every capacity, no request is accepted twice. A request that is
        /// newer than all previous ones is always accepted.
        #[test]
        fn no_signature_is_accepted_twice(capacity in 1_usize..6, requests in proptest::collection::vec((0_u64..20, 0_u8..4), 1..80)) {
            let cache = ReplayCache::default();
            let mut accepted = HashSet::new();
            for (time, signature) in requests {
                let newest = accepted.iter().all(|(earlier, _)| *earlier < time);
                let result = cache.accept_within(capacity, time, &signature.to_string());
                prop_assert!(result.is_err() || accepted.insert((time, signature)), "{} at {}", signature, time);
                prop_assert!(result.is_ok() || !newest);
            }
        }
    }
}

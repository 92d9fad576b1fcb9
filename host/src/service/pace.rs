//! The budget of the API is one for all callers of a host: if the API asks one of them to wait, all runs of several steps
//! and all reads of playbooks wait.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The longest wait that the API can ask for.
const LONGEST: Duration = Duration::from_secs(120);
/// The time between two looks whether a wait must end early.
const LOOK: Duration = Duration::from_millis(200);

/// The time until which the API asked to wait.
#[derive(Debug, Default)]
pub(super) struct Pace {
    until: Mutex<Option<Instant>>,
}

impl Pace {
    /// The API asked to wait this number of seconds. An earlier request for a longer wait remains.
    pub(super) fn postpone(&self, seconds: u64) {
        let until = Instant::now() + Duration::from_secs(seconds).min(LONGEST);
        let mut latest = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = (*latest).max(Some(until));
    }

    /// Waits as long as the API asked until now, unless `is_over` becomes true. Later requests to wait do not extend it:
    /// otherwise the requests of some callers could stop another one forever.
    pub(super) async fn wait(&self, is_over: impl Fn() -> bool) {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(left) = left(until).filter(|_| !is_over()) {
            tokio::time::sleep(left.min(LOOK)).await;
        }
    }
}

fn left(until: Option<Instant>) -> Option<Duration> {
    until?.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_caller_waits_as_long_as_the_api_asked_one_of_them() {
        let pace = Pace::default();
        let began = Instant::now();
        let rest = || left(*pace.until.lock().unwrap());
        pace.wait(|| false).await;
        assert!(rest().is_none());
        pace.postpone(1);
        pace.postpone(0);
        // A host that stops does not wait.
        pace.wait(|| true).await;
        assert!(rest().is_some());
        tokio::join!(pace.wait(|| false), pace.wait(|| false));
        assert!(began.elapsed() >= Duration::from_secs(1));
        // A wait ends even if others are asked to wait again and again.
        pace.postpone(1);
        let again = async {
            loop {
                pace.postpone(5);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let began = Instant::now();
        tokio::select! { biased; () = pace.wait(|| false) => {}, () = again => {} }
        assert!(began.elapsed() < Duration::from_secs(3));
        pace.postpone(u64::MAX);
        assert!(rest().is_some_and(|left| left <= LONGEST));
    }
}

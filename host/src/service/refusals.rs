//! Counts requests that are denied before authentication, so a flood of them does not fill the audit log.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The time for which denials of one kind are counted together, in milliseconds.
const WINDOW_MS: i64 = 60_000;

/// Counts denials by their reason. The number of reasons is fixed.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    windows: Mutex<BTreeMap<&'static str, Window>>,
}

#[derive(Debug)]
struct Window {
    began_ms: i64,
    seen: u64,
    /// The number of denials that are recorded or being recorded.
    recorded: u64,
}

impl Window {
    fn unrecorded(&mut self) -> u64 {
        self.seen - std::mem::replace(&mut self.recorded, self.seen)
    }
}

impl Refusals {
    /// Counts one denial. Returns the number of denials to record immediately, if any: the first one, and then all
    /// unrecorded ones each time the total has doubled. Thus at least half of them are recorded whenever the host
    /// exits.
    pub(super) fn take_in(&self, reason: &'static str, now_ms: i64) -> Option<u64> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.entry(reason).or_insert(Window { began_ms: now_ms, seen: 0, recorded: 0 });
        window.seen += 1;
        window.seen.is_power_of_two().then(|| window.unrecorded())
    }

    /// Removes the windows that have ended, or all windows if `all` is true, and returns their unrecorded counts.
    pub(super) fn counted(&self, now_ms: i64, all: bool) -> Vec<(&'static str, u64)> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let over = windows.extract_if(.., |_, window| all || now_ms >= window.began_ms + WINDOW_MS);
        over.map(|(reason, mut window)| (reason, window.unrecorded())).filter(|(_, count)| *count > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_half_of_refusals_are_reported_and_finally_all() {
        let refusals = Refusals::default();
        let mut told = Vec::new();
        for seen in 1..=1000 {
            told.extend(refusals.take_in("forged", 1));
            assert!(told.iter().sum::<u64>() * 2 >= seen, "{seen}: {told:?}");
        }
        assert_eq!(told, [1, 1, 2, 4, 8, 16, 32, 64, 128, 256]);
        assert_eq!(refusals.take_in("stale", 1), Some(1), "kinds are counted apart");
        assert_eq!(refusals.counted(WINDOW_MS, false), []);
        assert_eq!(refusals.counted(WINDOW_MS + 1, false), [("forged", 1000 - 512)]);
        assert_eq!(refusals.take_in("forged", WINDOW_MS + 1), Some(1), "a new window begins");
        for _ in 0..2 {
            refusals.take_in("forged", WINDOW_MS + 1);
        }
        assert_eq!(refusals.counted(WINDOW_MS + 1, true), [("forged", 1)]);
    }
}

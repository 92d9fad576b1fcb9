//! Counts what is refused before anybody is believed, so that a flood of it does not fill the audit trail.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// How long refusals of one kind are counted after one was recorded, in milliseconds.
const WINDOW_MS: i64 = 60_000;

/// Counts refusals by their reason, of which there is a fixed number.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    windows: Mutex<BTreeMap<&'static str, Window>>,
}

#[derive(Debug)]
struct Window {
    began_ms: i64,
    counted: u64,
}

impl Refusals {
    /// Takes one in; returns whether it is to be recorded at once.
    pub(super) fn is_first(&self, reason: &'static str, now_ms: i64) -> bool {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        match windows.get_mut(reason) {
            Some(window) => {
                window.counted += 1;
                false
            }
            None => {
                windows.insert(reason, Window { began_ms: now_ms, counted: 0 });
                true
            }
        }
    }

    /// Takes out what was counted in windows that are over; with `all`, in every window.
    pub(super) fn counted(&self, now_ms: i64, all: bool) -> Vec<(&'static str, u64)> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let over: Vec<&'static str> = windows
            .iter()
            .filter(|(_, window)| all || now_ms >= window.began_ms + WINDOW_MS)
            .map(|(reason, _)| *reason)
            .collect();
        let counted = over.into_iter().filter_map(|reason| Some((reason, windows.remove(reason)?.counted)));
        counted.filter(|(_, count)| *count > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_kind_is_told_at_once_and_the_others_are_counted() {
        let refusals = Refusals::default();
        assert!(refusals.is_first("forged", 0) && refusals.is_first("stale", 0));
        for _ in 0..1000 {
            assert!(!refusals.is_first("forged", 1));
        }
        assert_eq!(refusals.counted(WINDOW_MS - 1, false), []);
        assert_eq!(refusals.counted(WINDOW_MS, false), [("forged", 1000)]);
        assert!(refusals.is_first("forged", WINDOW_MS), "a new window begins");
        refusals.is_first("forged", WINDOW_MS);
        assert_eq!(refusals.counted(WINDOW_MS, true), [("forged", 1)]);
    }
}

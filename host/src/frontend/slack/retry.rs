//! The pauses between attempts to reach Slack.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// The pause after a failed attempt if Slack names none. `attempt` counts from 1.
pub(super) fn backoff(attempt: u32) -> Duration {
    FIRST.saturating_mul(1 << attempt.saturating_sub(1).min(10)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute() {
        assert_eq!([1, 2, 3].map(|attempt| backoff(attempt).as_secs()), [1, 2, 4]);
        for attempt in [0, 7, 100, u32::MAX] {
            assert!((FIRST..=LONGEST).contains(&backoff(attempt)), "{attempt}");
        }
    }
}

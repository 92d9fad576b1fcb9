//! The time of the simulation.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use std::time::Instant;

/// A clock that is set, not observed.
///
/// The clock changes only when it is moved, so the result of a test does not depend on its speed. A clock that
/// [runs](Clock::running_from) advances with real time from its start time, and can be moved as well.
#[derive(Debug, Clone)]
pub struct Clock {
    base: Timestamp,
    running_since: Option<Instant>,
}

impl Clock {
    /// A clock that changes only when it is moved.
    #[must_use]
    pub fn frozen_at(instant: Timestamp) -> Self {
        Self { base: instant, running_since: None }
    }

    /// A clock that starts at this instant and runs at the speed of real time.
    #[must_use]
    pub fn running_from(instant: Timestamp) -> Self {
        Self { base: instant, running_since: Some(Instant::now()) }
    }

    /// The time of the clock, to the microsecond, which is the precision of the API.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let elapsed = self.running_since.map_or(SignedDuration::ZERO, |since| {
            SignedDuration::try_from(since.elapsed()).unwrap_or(SignedDuration::MAX)
        });
        let now = self.base.checked_add(elapsed).unwrap_or(Timestamp::MAX);
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// Moves the clock forward, or back if the duration is negative.
    ///
    /// # Errors
    ///
    /// [`ClockError`] if the result is out of range (years -9999 to 9999). The clock is then unchanged.
    pub fn advance(&mut self, by: SignedDuration) -> Result<(), ClockError> {
        self.base = self.base.checked_add(by).map_err(|_| ClockError(format!("{by} leads out of the calendar")))?;
        Ok(())
    }

    /// Sets the clock to this instant.
    pub fn set(&mut self, instant: Timestamp) {
        self.base = instant;
        self.running_since = self.running_since.map(|_| Instant::now());
    }

    /// A clock of the same kind, set to the start time of `self`.
    pub(crate) fn restarted(&self) -> Self {
        Self { base: self.base, running_since: self.running_since.map(|_| Instant::now()) }
    }
}

/// The reason why a clock could not be moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockError(String);

impl std::fmt::Display for ClockError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ClockError {}

/// Parses a duration such as `21d`, `90s` or `1h 30m`. A day has 24 hours, a week 7 days. Months and years have no
/// fixed length and are invalid.
///
/// # Errors
///
/// [`ClockError`] with the reason.
pub fn parse_duration(text: &str) -> Result<SignedDuration, ClockError> {
    let failed = |error: jiff::Error| ClockError(format!("`{text}` is not a duration such as 21d or 1h30m: {error}"));
    let span: Span = text.parse().map_err(failed)?;
    span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_frozen_clock_moves_only_when_it_is_moved() {
        let mut clock = Clock::frozen_at(instant("2026-11-21T17:20:00Z"));
        assert_eq!(clock.now(), instant("2026-11-21T17:20:00Z"));
        clock.advance(parse_duration("21d").unwrap()).unwrap();
        assert_eq!(clock.now(), instant("2026-12-12T17:20:00Z"));
        clock.set(instant("2020-01-01T00:00:00Z"));
        assert_eq!(clock.now(), instant("2020-01-01T00:00:00Z"));
    }

    #[test]
    fn a_running_clock_moves_by_itself() {
        let clock = Clock::running_from(instant("2026-11-21T17:20:00Z"));
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert!(clock.now() > instant("2026-11-21T17:20:00.004Z"), "{}", clock.now());
    }

    #[test]
    fn durations_are_read_in_units_of_fixed_length() {
        assert_eq!(parse_duration("1h30m"), Ok(SignedDuration::from_mins(90)));
        assert_eq!(parse_duration("1w"), Ok(SignedDuration::from_hours(7 * 24)));
        for text in ["1 month", "soon", ""] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_clock_does_not_leave_the_calendar() {
        let mut clock = Clock::frozen_at(instant("9999-01-01T00:00:00Z"));
        assert!(clock.advance(SignedDuration::from_hours(24 * 400)).is_err());
        assert_eq!(clock.now(), instant("9999-01-01T00:00:00Z"));
    }
}

//! Days and minutes in UTC, counted from 1970.

use crate::error::ApiError;
use crate::validate::at;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Minutes of a day.
pub(crate) const DAY: i64 = 24 * 60;
const HOUR: i64 = 60;

/// The first day of reports: 2026-01-01.
pub(crate) const FIRST_DAY: i64 = 20_454;

/// The minute that contains an instant.
pub(crate) fn minute_of(instant: Timestamp) -> i64 {
    instant.as_second().div_euclid(60)
}

/// The start of a minute.
pub(crate) fn start_of(minute: i64) -> Timestamp {
    minute.checked_mul(60).and_then(|second| Timestamp::from_second(second).ok()).unwrap_or(Timestamp::MAX)
}

/// The day that contains an instant.
pub(crate) fn day_of(instant: Timestamp) -> i64 {
    minute_of(instant).div_euclid(DAY)
}

/// The start of a day.
pub(crate) fn start_of_day(day: i64) -> Timestamp {
    start_of(day.saturating_mul(DAY))
}

/// A day as `2026-11-21`.
pub(crate) fn date_of(day: i64) -> String {
    start_of_day(day).to_zoned(TimeZone::UTC).date().to_string()
}

/// Whether the day is a weekend. Saturday is 5, Sunday 6, counted from Monday.
pub(crate) fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

/// Reads a bare date.
pub(crate) fn read_date(text: &str, place: &str) -> Result<i64, ApiError> {
    let is_bare = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    text.parse::<Date>()
        .ok()
        .filter(|_| is_bare)
        .and_then(|date| date.to_zoned(TimeZone::UTC).ok())
        .map(|zoned| day_of(zoned.timestamp()))
        .ok_or_else(|| at(place, "Input should be a valid date in the format YYYY-MM-DD"))
}

/// The width of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    Minute,
    Hour,
    Day,
}

impl Width {
    pub(crate) fn of(word: &str) -> Option<Self> {
        match word {
            "1m" => Some(Self::Minute),
            "1h" => Some(Self::Hour),
            "1d" => Some(Self::Day),
            _ => None,
        }
    }

    pub(crate) fn minutes(self) -> i64 {
        match self {
            Self::Minute => 1,
            Self::Hour => HOUR,
            Self::Day => DAY,
        }
    }

    /// The start of the bucket that contains a minute.
    pub(crate) fn snap(self, minute: i64) -> i64 {
        minute.div_euclid(self.minutes()) * self.minutes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_in_utc() {
        assert_eq!(read_date("2026-01-01", "date").unwrap(), FIRST_DAY);
        assert_eq!(date_of(FIRST_DAY), "2026-01-01");
        assert_eq!(day_of("2026-01-01T23:59:59Z".parse().unwrap()), FIRST_DAY);
        assert_eq!(weekday(read_date("2026-11-21", "date").unwrap()), 5, "a Saturday");
        assert_eq!(start_of_day(FIRST_DAY).to_string(), "2026-01-01T00:00:00Z");
    }

    #[test]
    fn only_bare_dates_are_dates() {
        for text in ["2026-13-01", "2026-11-21T00:00:00Z", "today", "20261121", ""] {
            assert!(read_date(text, "date").is_err(), "{text}");
        }
    }

    #[test]
    fn buckets_begin_at_whole_units() {
        let minute = minute_of("2026-11-21T17:20:31Z".parse().unwrap());
        let begins = |width: Width| start_of(width.snap(minute)).to_string();
        assert_eq!(begins(Width::Minute), "2026-11-21T17:20:00Z");
        assert_eq!(begins(Width::Hour), "2026-11-21T17:00:00Z");
        assert_eq!(begins(Width::Day), "2026-11-21T00:00:00Z");
    }
}

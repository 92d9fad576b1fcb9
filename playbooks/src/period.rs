//! Periods of whole days in UTC, and spans until now.

use crate::day::away;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SpanRelativeTo, Timestamp, ToSpan};

/// The maximum number of days in a period: that of one report.
const MOST_DAYS: i64 = 31;

/// A period of whole days; the end is not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) start: Date,
    pub(crate) end: Date,
}

impl Period {
    /// Reads `last-week`, `last-month`, `this-month` or a number of days such as `7d`. Days end before today.
    pub(crate) fn read(text: &str, now: Timestamp) -> Result<Self, String> {
        let today = today(now);
        let days_back = |date: Date, days: i64| date.checked_sub(days.days()).unwrap_or(date);
        match text {
            "last-week" => {
                let monday = days_back(today, i64::from(today.weekday().to_monday_zero_offset()));
                Ok(Self { start: days_back(monday, 7), end: monday })
            }
            "last-month" => {
                let first = today.first_of_month();
                Ok(Self { start: days_back(first, 1).first_of_month(), end: first })
            }
            "this-month" if today.day() == 1 => {
                Err("This month has no complete day yet. Choose `last-month`.".to_owned())
            }
            "this-month" => Ok(Self { start: today.first_of_month(), end: today }),
            text => match text.strip_suffix('d').unwrap_or(text).parse::<i64>() {
                Ok(days) if (1..=MOST_DAYS).contains(&days) => Ok(Self { start: days_back(today, days), end: today }),
                _ => Err(format!(
                    "period: `{text}` is not last-week, last-month, this-month, or a number of days from 1 to {MOST_DAYS} such as 7d."
                )),
            },
        }
    }

    /// The days from the first of the month until yesterday; none on the first of a month.
    pub(crate) fn this_month(now: Timestamp) -> Option<Self> {
        Self::read("this-month", now).ok()
    }

    /// The period of the same length before it.
    pub(crate) fn before(self) -> Self {
        let start = self.start.checked_sub(self.days().days()).unwrap_or(self.start);
        Self { start, end: self.start }
    }

    /// The number of days.
    pub(crate) fn days(self) -> i64 {
        let span = self
            .start
            .until(self.end)
            .and_then(|span| span.total((jiff::Unit::Day, SpanRelativeTo::days_are_24_hours())));
        span.map_or(0, |days| days.round() as i64)
    }

    /// The start and the end, as the API reads them.
    pub(crate) fn times(self) -> (String, String) {
        (format!("{}T00:00:00Z", self.start), format!("{}T00:00:00Z", self.end))
    }

    /// `2026-11-09 to 2026-11-15`: the first and the last day.
    pub(crate) fn shown(self) -> String {
        let last = self.end.checked_sub(1.day()).unwrap_or(self.end);
        if last == self.start { self.start.to_string() } else { format!("{} to {last}", self.start) }
    }
}

/// The day of an instant.
pub(crate) fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

/// The instant at which a span until now begins, such as `24h` or `7d`, of at most 31 days.
pub(crate) fn since(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let hours = match (text.strip_suffix('h'), text.strip_suffix('d')) {
        (Some(hours), _) => hours.parse::<i64>().ok(),
        (_, Some(days)) => days.parse::<i64>().ok().and_then(|days| days.checked_mul(24)),
        _ => None,
    };
    match hours {
        Some(hours) if (1..=MOST_DAYS * 24).contains(&hours) => {
            Ok(now.checked_sub(hours.hours()).unwrap_or_else(|_| away(now, -MOST_DAYS)))
        }
        _ => Err(format!("since: `{text}` is not a number of hours or days, such as 24h or 7d, of at most 31 days.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn periods_are_complete_days() {
        // A Saturday.
        let now: Timestamp = "2026-11-21T17:20:00Z".parse().unwrap();
        let read = |text| Period::read(text, now).unwrap();
        let period = |start, end| Period { start, end };
        assert_eq!(read("last-week"), period(date(2026, 11, 9), date(2026, 11, 16)));
        assert_eq!(read("last-month"), period(date(2026, 10, 1), date(2026, 11, 1)));
        assert_eq!(read("this-month"), period(date(2026, 11, 1), date(2026, 11, 21)));
        assert_eq!(read("7d"), period(date(2026, 11, 14), date(2026, 11, 21)));
        assert_eq!(read("1").shown(), "2026-11-20");
        assert_eq!((read("7d").days(), read("last-month").days()), (7, 31));
        assert_eq!(read("7d").before(), period(date(2026, 11, 7), date(2026, 11, 14)));
        assert_eq!(read("last-week").shown(), "2026-11-09 to 2026-11-15");
        for wrong in ["", "0d", "32d", "next-week", "-1"] {
            Period::read(wrong, now).unwrap_err();
        }
        assert_eq!(Period::this_month("2026-11-01T08:00:00Z".parse().unwrap()), None);
        // A Monday.
        let monday: Timestamp = "2026-11-16T00:00:00Z".parse().unwrap();
        assert_eq!(Period::read("last-week", monday).unwrap().start, date(2026, 11, 9));
    }

    #[test]
    fn spans_are_hours_or_days() {
        let now: Timestamp = "2026-11-21T17:20:00Z".parse().unwrap();
        assert_eq!(since("24h", now).unwrap().to_string(), "2026-11-20T17:20:00Z");
        assert_eq!(since("7d", now).unwrap().to_string(), "2026-11-14T17:20:00Z");
        for wrong in ["", "24", "0h", "32d", "-1h", "99999999999999999d"] {
            since(wrong, now).unwrap_err();
        }
    }
}

//! Times as people write them: `7d`, `yesterday`, `last-month`, `2026-11-01..2026-11-15`.
//!
//! Days begin at midnight UTC, as in the reports of the API. The canonical command shows the resulting times, so no
//! user has to guess.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// A time span: from an instant to another one, which is not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) from: Timestamp,
    /// Absent for an instant, which has no duration.
    pub(super) until: Option<Timestamp>,
}

/// Examples for people.
pub(super) const EXAMPLES: &str = "7d, 24h, yesterday, last-month, 2026-11-01 or 2026-11-01..2026-11-15";

/// Reads a time. With `whole_days`, today is not part of a number of days, because a report by day contains only
/// complete days.
pub(super) fn read(text: &str, now: Timestamp, whole_days: bool) -> Option<Stretch> {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    if let Some((from, until)) = text.split_once("..") {
        return between(from, until, now, whole_days);
    }
    instant(text).or_else(|| named(&lower, now)).or_else(|| calendar(text)).or_else(|| ago(&lower, now, whole_days))
}

/// An instant with a time zone, such as `2026-11-21T17:20:00Z`.
fn instant(text: &str) -> Option<Stretch> {
    text.parse().ok().map(|from| Stretch { from, until: None })
}

/// `A..B`, both included if they are days or longer; `A..` lasts until now.
fn between(from: &str, until: &str, now: Timestamp, whole_days: bool) -> Option<Stretch> {
    if until.contains("..") {
        return None;
    }
    let from = read(from, now, whole_days)?.from;
    let until = match until {
        "" => now,
        until => {
            let end = read(until, now, whole_days)?;
            end.until.unwrap_or(end.from)
        }
    };
    (from < until).then_some(Stretch { from, until: Some(until) })
}

/// Names of days, weeks, months and years.
fn named(text: &str, now: Timestamp) -> Option<Stretch> {
    let today = day_of(now);
    let monday = today.nth_weekday(-1, Weekday::Monday).ok().filter(|_| today.weekday() != Weekday::Monday);
    let week = monday.unwrap_or(today);
    let month = today.first_of_month();
    let year = today.first_of_year();
    match text.replace('_', "-").as_str() {
        "now" => Some(Stretch { from: now, until: None }),
        "today" => until_now(today, now),
        "yesterday" => days(today.yesterday().ok()?, today),
        "this-week" => until_now(week, now),
        "last-week" => days(week.checked_sub(1.week()).ok()?, week),
        "this-month" => until_now(month, now),
        "last-month" => days(month.checked_sub(1.month()).ok()?, month),
        "this-year" => until_now(year, now),
        "last-year" => days(year.checked_sub(1.year()).ok()?, year),
        _ => None,
    }
}

/// A day or a month of the calendar: `2026-11-21`, `2026-11`.
fn calendar(text: &str) -> Option<Stretch> {
    if let Some(day) = date(text) {
        return days(day, day.tomorrow().ok()?);
    }
    let month: Date = format!("{text}-01").parse().ok().filter(|_| text.len() == "2026-11".len())?;
    days(month, month.checked_add(1.month()).ok()?)
}

/// A day in the form of the API. A time of day without an offset is neither a day nor an instant.
pub(super) fn date(text: &str) -> Option<Date> {
    text.parse().ok().filter(|day: &Date| day.to_string() == text)
}

/// `7d` is seven days, today included; `2w` is 14 days; `24h` and `90m` end now.
fn ago(text: &str, now: Timestamp, whole_days: bool) -> Option<Stretch> {
    let unit = text.chars().last()?;
    let number: i64 = text.strip_suffix(unit)?.parse().ok().filter(|number| (1..=10_000).contains(number))?;
    let today = day_of(now);
    match unit {
        'm' => Some(Stretch { from: now.checked_sub(SignedDuration::from_mins(number)).ok()?, until: Some(now) }),
        'h' => Some(Stretch { from: now.checked_sub(SignedDuration::from_hours(number)).ok()?, until: Some(now) }),
        'd' | 'w' => {
            let count = if unit == 'w' { number * 7 } else { number };
            if whole_days {
                days(today.checked_sub(count.days()).ok()?, today)
            } else {
                until_now(today.checked_sub((count - 1).days()).ok()?, now)
            }
        }
        _ => None,
    }
}

fn day_of(instant: Timestamp) -> Date {
    instant.to_zoned(TimeZone::UTC).date()
}

fn midnight(day: Date) -> Option<Timestamp> {
    day.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

fn days(from: Date, until: Date) -> Option<Stretch> {
    Some(Stretch { from: midnight(from)?, until: Some(midnight(until)?) })
}

/// Until now. If the day has just begun, only the instant.
fn until_now(from: Date, now: Timestamp) -> Option<Stretch> {
    let from = midnight(from)?;
    Some(Stretch { from, until: Some(now).filter(|now| *now > from) })
}

/// The day of an instant, in the form of the API.
pub(super) fn day(instant: Timestamp) -> String {
    day_of(instant).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Saturday.
    const NOW: &str = "2026-11-21T17:20:00Z";

    fn spelled(text: &str, whole_days: bool) -> String {
        match read(text, NOW.parse().unwrap(), whole_days) {
            None => "not a time".to_owned(),
            Some(Stretch { from, until: None }) => from.to_string(),
            Some(Stretch { from, until: Some(until) }) => format!("{from} {until}"),
        }
    }

    #[test]
    fn times_are_read_as_people_say_them() {
        for (text, meaning) in [
            ("2026-11-21T19:20:00+02:00", NOW),
            ("now", NOW),
            ("today", "2026-11-21T00:00:00Z 2026-11-21T17:20:00Z"),
            ("Yesterday", "2026-11-20T00:00:00Z 2026-11-21T00:00:00Z"),
            ("7d", "2026-11-15T00:00:00Z 2026-11-21T17:20:00Z"),
            ("1d", "2026-11-21T00:00:00Z 2026-11-21T17:20:00Z"),
            ("2w", "2026-11-08T00:00:00Z 2026-11-21T17:20:00Z"),
            ("24h", "2026-11-20T17:20:00Z 2026-11-21T17:20:00Z"),
            ("90m", "2026-11-21T15:50:00Z 2026-11-21T17:20:00Z"),
            ("this-week", "2026-11-16T00:00:00Z 2026-11-21T17:20:00Z"),
            ("last-week", "2026-11-09T00:00:00Z 2026-11-16T00:00:00Z"),
            ("this_month", "2026-11-01T00:00:00Z 2026-11-21T17:20:00Z"),
            ("last-month", "2026-10-01T00:00:00Z 2026-11-01T00:00:00Z"),
            ("this-year", "2026-01-01T00:00:00Z 2026-11-21T17:20:00Z"),
            ("2026-02-28", "2026-02-28T00:00:00Z 2026-03-01T00:00:00Z"),
            ("2026-12", "2026-12-01T00:00:00Z 2027-01-01T00:00:00Z"),
            ("2026-11-01..2026-11-15", "2026-11-01T00:00:00Z 2026-11-16T00:00:00Z"),
            ("2026-11-01..", "2026-11-01T00:00:00Z 2026-11-21T17:20:00Z"),
            ("last-month..yesterday", "2026-10-01T00:00:00Z 2026-11-21T00:00:00Z"),
            ("2026-11-01T06:00:00Z..2026-11-01T07:30:00Z", "2026-11-01T06:00:00Z 2026-11-01T07:30:00Z"),
        ] {
            assert_eq!(spelled(text, false), meaning, "{text}");
        }
    }

    #[test]
    fn reports_by_day_leave_today_out() {
        assert_eq!(spelled("7d", true), "2026-11-14T00:00:00Z 2026-11-21T00:00:00Z");
        assert_eq!(spelled("yesterday", true), "2026-11-20T00:00:00Z 2026-11-21T00:00:00Z");
    }

    #[test]
    fn invalid_or_ambiguous_time_is_not_accepted() {
        for text in ["", "d", "0d", "-3d", "7x", "soon", "2026-13-01", "2026", "2026-11-15..2026-11-01", "99999999d"] {
            assert_eq!(spelled(text, false), "not a time", "{text}");
        }
        // A time of day needs an offset: without one, the instant is unknown.
        for text in [
            "2026-11-01T14:30",
            "2026-11-01T14:30:00",
            "2026-11-01 14:30:00",
            "2026-11-01T14:30:00[Europe/Berlin]",
            "2026-11-01T14:00:00..2026-11-01T15:00:00",
            "20261101",
            "2026-11-01..2026-11-02..2026-11-03",
        ] {
            assert_eq!(spelled(text, false), "not a time", "{text}");
            assert_eq!(spelled(text, true), "not a time", "{text}");
        }
    }

    #[test]
    fn a_week_begins_on_monday() {
        let monday = "2026-11-16T09:00:00Z".parse().unwrap();
        let stretch = read("this-week", monday, false).unwrap();
        assert_eq!(stretch.from.to_string(), "2026-11-16T00:00:00Z");
    }
}

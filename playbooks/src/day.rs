//! Days and instants.

use jiff::{Timestamp, ToSpan};

/// The number of days that an argument gives, or a default.
pub(crate) fn days(given: Option<&str>, default: i64) -> Result<i64, String> {
    let Some(text) = given else { return Ok(default) };
    let digits = text.strip_suffix('d').unwrap_or(text);
    match digits.parse::<i64>() {
        Ok(days) if (1..=365).contains(&days) => Ok(days),
        _ => Err(format!("days: `{text}` is not a number of days from 1 to 365.")),
    }
}

/// An instant that the API or the host gave.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// The instant that is a number of days away; negative numbers are in the past.
pub(crate) fn away(now: Timestamp, days: i64) -> Timestamp {
    now.checked_add((days * 24).hours()).unwrap_or(now)
}

/// The beginning of the day of an instant, in UTC, as the API reads it.
pub(crate) fn day_of(instant: Timestamp) -> String {
    format!("{}T00:00:00Z", instant.strftime("%Y-%m-%d"))
}

/// A day, as people read it.
pub(crate) fn shown(text: &str) -> String {
    text.split('T').next().unwrap_or(text).to_owned()
}

/// A time to the minute, in UTC, as people read it.
pub(crate) fn shown_minute(text: &str) -> String {
    instant(text).map_or_else(|| text.to_owned(), |instant| instant.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_the_given_time() {
        let now = instant("2026-11-21T17:20:00Z").unwrap();
        assert_eq!(day_of(away(now, -90)), "2026-08-23T00:00:00Z");
        assert_eq!(away(now, 1).to_string(), "2026-11-22T17:20:00Z");
        assert_eq!(days(None, 90), Ok(90));
        assert_eq!(days(Some("30d"), 90), Ok(30));
        for wrong in ["", "0", "-1", "366", "x", "1.5"] {
            days(Some(wrong), 90).unwrap_err();
        }
    }
}

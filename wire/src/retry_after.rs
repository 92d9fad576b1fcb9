//! The header `Retry-After`.

use std::time::{Duration, SystemTime};

/// The maximum wait that is accepted: a year. Limits of the API reset within a month.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Reads the value of `Retry-After`: seconds, with a fraction or without, or an HTTP date.
///
/// `now` is the time to which a date is relative: the `Date` of the same response, or a clock. `None` for a value that
/// is neither seconds nor a date, for a date without `now`, and for a wait of more than [`MAX_RETRY_AFTER`]. A date in
/// the past is a wait of 0.
#[must_use]
pub fn retry_after(value: &str, now: Option<SystemTime>) -> Option<Duration> {
    let value = value.trim();
    let wait = match seconds(value) {
        Some(seconds) => seconds,
        None => http_date(value)?.duration_since(now?).unwrap_or_default(),
    };
    (wait <= MAX_RETRY_AFTER).then_some(wait)
}

/// Reads an HTTP date, such as the value of `Date`.
#[must_use]
pub fn http_date(value: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(value.trim()).ok()
}

/// A wait in whole seconds, rounded up, so a client does not retry too early.
#[must_use]
pub fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0))
}

/// Digits with at most one point. Signs, exponents and words such as `inf` are invalid. The fraction is read digit by
/// digit, because a general number parser would make the component larger.
fn seconds(value: &str) -> Option<Duration> {
    const NANOS: usize = 9;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let places = fraction.bytes().chain(std::iter::repeat(b'0')).take(NANOS);
    let nanos = places.fold(0_u32, |nanos, digit| nanos * 10 + u32::from(digit - b'0'));
    Some(Duration::new(whole.parse().ok()?, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "Sun, 29 Nov 2026 16:00:00 GMT";

    fn at(value: &str) -> Option<Duration> {
        retry_after(value, http_date(NOW))
    }

    #[test]
    fn retry_after_reads_seconds_fractions_and_dates() {
        for (value, millis) in [
            ("0", 0),
            ("7", 7_000),
            (" 7 ", 7_000),
            ("007", 7_000),
            ("0.5", 500),
            ("1.25", 1_250),
            ("3600", 3_600_000),
            ("31622400", 31_622_400_000),
            ("Sun, 29 Nov 2026 16:00:02 GMT", 2_000),
            ("Sunday, 29-Nov-26 16:00:02 GMT", 2_000),
            ("Sun Nov 29 16:00:02 2026", 2_000),
            ("Sun, 29 Nov 2026 15:59:00 GMT", 0),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ] {
            assert_eq!(at(value), Some(Duration::from_millis(millis)), "{value}");
        }
    }

    #[test]
    fn unusable_retry_after_is_none() {
        for value in [
            "",
            "soon",
            "-1",
            "+1",
            "1e3",
            "1e400",
            "inf",
            "NaN",
            ".5",
            "5.",
            "1.2.3",
            "0x10",
            "1,5",
            "31622401",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "99999999999999999999999999999999999999999",
            "Fri, 31 Dec 9999 23:59:59 GMT",
            "Sun, 29 Nov 2026",
        ] {
            assert_eq!(at(value), None, "{value}");
        }
        assert_eq!(retry_after(NOW, None), None, "a date needs a time to which it is relative");
    }

    #[test]
    fn seconds_are_rounded_up() {
        for (millis, seconds) in [(0, 0), (1, 1), (500, 1), (1_000, 1), (1_001, 2)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds);
        }
        assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
    }
}

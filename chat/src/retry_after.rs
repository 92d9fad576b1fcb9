//! The header `retry-after` (RFC 9110, section 10.2.3): seconds, also with a fraction, or an HTTP date.

use http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use std::time::Duration;

/// A longer time is not one that a server can mean: a limit of the API resets after a month at most.
pub const LONGEST: Duration = Duration::from_hours(366 * 24);

/// The three forms of an HTTP date (RFC 9110, section 5.6.7).
const DATES: [&str; 3] = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// Reads how long a server asks to wait, from the headers of its response.
///
/// A date is compared with the `date` of the same response, so that a wrong clock on this machine does not matter, and
/// with `now` where the response has none. A date in the past means no wait. `None` if the header is missing, malformed,
/// or asks for more than [`LONGEST`].
#[must_use]
pub fn from_headers(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    let now = headers.get(header::DATE).and_then(text).and_then(|text| date(&text)).unwrap_or(now);
    // Proxies can add a second value. To wait for the longest one is always safe.
    headers.get_all(header::RETRY_AFTER).iter().filter_map(text).filter_map(|text| parse(&text, now)).max()
}

/// Reads one value of the header, at the time `now`. `None` as for [`from_headers`].
#[must_use]
pub fn parse(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim_matches([' ', '\t']);
    let wait = seconds(text).or_else(|| {
        let until = date(text)?;
        Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
    });
    wait.filter(|wait| *wait <= LONGEST)
}

/// The whole seconds after which a wait is over.
#[must_use]
pub fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0))
}

/// Digits, with at most one point between them: no sign and no exponent.
fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    Duration::try_from_secs_f64(text.parse().ok()?).ok()
}

fn date(text: &str) -> Option<Timestamp> {
    let read = |format| strtime::parse(format, text).ok()?.to_datetime().ok()?.to_zoned(TimeZone::UTC).ok();
    Some(DATES.iter().find_map(read)?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        "1994-11-06T08:49:30Z".parse().unwrap()
    }

    #[test]
    fn seconds_fraction_and_date_give_the_wait() {
        for (text, millis) in [
            ("7", 7_000),
            (" 7\t", 7_000),
            ("0", 0),
            ("0.5", 500),
            ("007.250", 7_250),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 7_000),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 7_000),
            ("Sun Nov  6 08:49:37 1994", 7_000),
            ("Sun, 06 Nov 1994 08:49:29 GMT", 0),
            ("31622400", 31_622_400_000),
        ] {
            assert_eq!(parse(text, now()), Some(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn malformed_or_out_of_range_value_is_no_wait() {
        for text in [
            "",
            "-1",
            "+1",
            "1e3",
            "1e400",
            "inf",
            "nan",
            ".5",
            "5.",
            "1.2.3",
            "7s",
            "0x10",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551615",
            "99999999999999999999999999",
            "31622401",
            "Sun, 06 Nov 9999 08:49:37 GMT",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "soon",
        ] {
            assert_eq!(parse(text, now()), None, "{text}");
        }
        assert_eq!(parse(&"9".repeat(10_000), now()), None);
    }

    #[test]
    fn date_is_compared_with_the_date_of_the_response() {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, "Mon, 07 Nov 1994 00:00:02 GMT".parse().unwrap());
        headers.insert(header::DATE, "Mon, 07 Nov 1994 00:00:00 GMT".parse().unwrap());
        assert_eq!(from_headers(&headers, now()), Some(Duration::from_secs(2)));
    }

    #[test]
    fn longest_of_several_values_counts() {
        let mut headers = HeaderMap::new();
        for value in ["3", "soon", "8", "5"] {
            headers.append(header::RETRY_AFTER, value.parse().unwrap());
        }
        assert_eq!(from_headers(&headers, now()), Some(Duration::from_secs(8)));
    }

    #[test]
    fn part_of_a_second_counts_as_one() {
        assert_eq!(whole_seconds(Duration::from_millis(7_001)), 8);
        assert_eq!(whole_seconds(Duration::from_secs(7)), 7);
        assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
    }

    proptest! {
        #[test]
        fn any_text_gives_a_bounded_wait_or_none(text in "\\PC{0,40}", number: u64, float: f64, time: i64) {
            let now = Timestamp::from_second(time.rem_euclid(253_402_207_200)).unwrap();
            for text in [text, number.to_string(), float.to_string(), format!("{float:e}")] {
                prop_assert!(parse(&text, now).is_none_or(|wait| wait <= LONGEST), "{}", text);
            }
        }
    }
}

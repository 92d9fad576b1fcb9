//! The header `retry-after` (RFC 9110, section 10.2.3) of a response.

pub use claude_admin_wire::{MAX_RETRY_AFTER as LONGEST, whole_seconds};

use claude_admin_wire::{http_date, retry_after};
use http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use std::time::{Duration, SystemTime};

/// Reads the wait time that a server requests, from the headers of its response.
///
/// A date is compared with the `date` of the same response, so a wrong clock on this machine has no effect. Without
/// such a header, it is compared with `now`. A date in the past means no wait. `None` if the header is missing,
/// malformed, or requests more than [`LONGEST`].
#[must_use]
pub fn from_headers(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    let now = time_of(headers, now);
    // Proxies can add a second value. The longest wait is always safe.
    headers.get_all(header::RETRY_AFTER).iter().filter_map(text).filter_map(|text| retry_after(&text, Some(now))).max()
}

/// The time of a response by the clock of its server, from its header `date`; without it, `now`.
#[must_use]
pub fn time_of(headers: &HeaderMap, now: Timestamp) -> SystemTime {
    let date = headers.get(header::DATE).and_then(|value| http_date(value.to_str().ok()?));
    date.unwrap_or_else(|| now.into())
}

/// Reads the wait time that a server requests, from the headers of a response that was just received.
#[must_use]
pub fn of_response(headers: &HeaderMap) -> Option<Duration> {
    from_headers(headers, Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers(values: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        values.iter().for_each(|(name, value)| _ = headers.append(*name, value.parse().unwrap()));
        headers
    }

    fn now() -> Timestamp {
        "1994-11-06T08:49:30Z".parse().unwrap()
    }

    #[test]
    fn date_is_compared_with_the_date_of_the_response() {
        let until = ("retry-after", "Mon, 07 Nov 1994 00:00:02 GMT");
        let wait = |values: &[(&'static str, &str)]| from_headers(&headers(values), now());
        assert_eq!(wait(&[until, ("date", "Mon, 07 Nov 1994 00:00:00 GMT")]), Some(Duration::from_secs(2)));
        assert_eq!(wait(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]), Some(Duration::from_secs(7)));
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn longest_of_several_values_counts() {
        let values = ["3", "soon", "8", "0.5"].map(|value| ("retry-after", value));
        assert_eq!(from_headers(&headers(&values), now()), Some(Duration::from_secs(8)));
    }

    proptest! {
        #[test]
        fn any_text_gives_a_bounded_wait_or_none(text in "[ -~]{0,40}", number: u64, float: f64, time: i64) {
            let now = Timestamp::from_second(time.rem_euclid(253_402_207_200)).unwrap();
            for text in [text, number.to_string(), float.to_string(), format!("{float:e}")] {
                let wait = from_headers(&headers(&[("retry-after", &text)]), now);
                prop_assert!(wait.is_none_or(|wait| wait <= LONGEST), "{}", text);
            }
        }
    }
}

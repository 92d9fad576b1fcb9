//! When a read is tried again.

use claude_admin_wire::{http_date, retry_after};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::time::{Duration, SystemTime};

/// How often a read is tried again at most.
pub(super) const MAX_RETRIES: u32 = 2;
const BASE_DELAY: Duration = Duration::from_millis(500);

/// How long a response asks to wait. A date is compared with the `date` of the same response, so that a wrong clock of this
/// machine does not matter, and with the clock where there is none.
pub(super) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let now = text(header::DATE).and_then(http_date).unwrap_or_else(SystemTime::now);
    // Proxies can add a second value. To wait for the longest is always safe.
    let values = headers.get_all(header::RETRY_AFTER).iter().filter_map(|value| value.to_str().ok());
    values.filter_map(|value| retry_after(value, Some(now))).max()
}

/// How long to wait before the next attempt of a read; `None` when trying again is of no use.
///
/// `attempt` counts from 1; `asked` is the value of `retry-after`. A 429 without it means that a spending limit is met,
/// which waiting does not lift.
pub(super) fn delay(
    status: StatusCode,
    headers: &HeaderMap,
    asked: Option<Duration>,
    attempt: u32,
    jitter: f64,
) -> Option<Duration> {
    if attempt > MAX_RETRIES || headers.get("x-should-retry").is_some_and(|value| value == "false") {
        return None;
    }
    match status.as_u16() {
        429 => asked,
        500 | 502 | 503 | 504 | 529 => Some(asked.unwrap_or_else(|| backoff(attempt, jitter))),
        _ => None,
    }
}

/// Doubling delays, less up to a quarter at random, so that hosts do not come back in step.
fn backoff(attempt: u32, jitter: f64) -> Duration {
    BASE_DELAY.mul_f64(f64::from(1_u32 << attempt.saturating_sub(1).min(4)) * (1.0 - 0.25 * jitter.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn overload_is_tried_again_with_growing_delays() {
        for status in [500, 502, 503, 504, 529] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(delay(status, &headers(&[]), None, 1, 0.0), Some(Duration::from_millis(500)));
            assert_eq!(delay(status, &headers(&[]), None, 2, 0.0), Some(Duration::from_millis(1000)));
            assert_eq!(delay(status, &headers(&[]), None, 2, 1.0), Some(Duration::from_millis(750)));
            assert_eq!(delay(status, &headers(&[]), None, 3, 0.0), None);
        }
    }

    #[test]
    fn a_rate_limit_is_waited_for_only_when_it_says_how_long() {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let asked = Some(Duration::from_millis(7_500));
        assert_eq!(delay(status, &headers(&[]), asked, 1, 0.5), asked);
        assert_eq!(delay(status, &headers(&[]), None, 1, 0.5), None);
    }

    #[test]
    fn longest_of_several_waits_counts() {
        let mut headers = headers(&[("date", "Mon, 07 Nov 1994 00:00:00 GMT")]);
        assert_eq!(asked(&headers), None);
        for value in ["0.5", "soon", "Mon, 07 Nov 1994 00:00:08 GMT", "18446744073709551615", "3"] {
            headers.append("retry-after", value.parse().unwrap());
        }
        assert_eq!(asked(&headers), Some(Duration::from_secs(8)));
    }

    #[test]
    fn the_server_has_the_last_word() {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        assert_eq!(delay(status, &headers(&[("x-should-retry", "false")]), None, 1, 0.0), None);
    }

    #[test]
    fn refusals_are_not_tried_again() {
        for status in [200, 400, 401, 403, 404, 409] {
            let asked = Some(Duration::from_secs(1));
            assert_eq!(delay(StatusCode::from_u16(status).unwrap(), &headers(&[]), asked, 1, 0.0), None);
        }
    }
}

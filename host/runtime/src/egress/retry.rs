//! The retries of a read.

use http::{HeaderMap, StatusCode, header};
use std::time::Duration;

/// The maximum number of retries of a read.
pub(super) const MAX_RETRIES: u32 = 2;
const BASE_DELAY: Duration = Duration::from_millis(500);

/// The delay before the next attempt of a read; `None` if a retry is useless.
///
/// `attempt` counts from 1; `asked` is the value of `retry-after`. A 429 without it means that a spending limit is
/// reached, which does not end after a delay. A value that cannot be used, such as many years, does not cause an early
/// retry.
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
        500 | 502 | 503 | 504 | 529 if headers.contains_key(header::RETRY_AFTER) => asked,
        500 | 502 | 503 | 504 | 529 => Some(backoff(attempt, jitter)),
        _ => None,
    }
}

/// Doubling delays, reduced by up to a quarter at random, so hosts do not retry at the same time.
fn backoff(attempt: u32, jitter: f64) -> Duration {
    BASE_DELAY.mul_f64(f64::from(1_u32 << attempt.saturating_sub(1).min(4)) * (1.0 - 0.25 * jitter.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use claude_admin_chat::retry_after;

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
    fn unusable_wait_is_not_followed_by_another_attempt() {
        for value in ["18446744073709551615", "9223372036854775807", "1e400", "-1", "soon"] {
            let headers = headers(&[("retry-after", value)]);
            for status in [429, 500, 503, 529] {
                let status = StatusCode::from_u16(status).unwrap();
                assert_eq!(
                    delay(status, &headers, retry_after::of_response(&headers), 1, 0.5),
                    None,
                    "{status} {value}"
                );
            }
        }
        let headers = headers(&[("retry-after", "0.5")]);
        assert_eq!(
            delay(StatusCode::SERVICE_UNAVAILABLE, &headers, retry_after::of_response(&headers), 1, 0.5),
            Some(BASE_DELAY)
        );
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

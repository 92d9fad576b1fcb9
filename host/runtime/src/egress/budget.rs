//! The rest of the request budget, as the API reports it in its responses. All callers of a host share it.

use claude_admin_chat::retry_after;
use http::HeaderMap;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

const REMAINING: &str = "anthropic-ratelimit-requests-remaining";
const RESET: &str = "anthropic-ratelimit-requests-reset";
/// The longest wait for a new budget. The budgets of the API are for a minute.
const LONGEST: Duration = Duration::from_secs(60);

/// The times at which used-up budgets are renewed. The API has one for each part of its paths, such as `/v1/compliance`.
#[derive(Debug, Default)]
pub(super) struct Budget {
    renewed: Mutex<HashMap<String, Instant>>,
}

impl Budget {
    /// Notes what a response says about the budget of its path.
    pub(super) fn note(&self, target: &str, headers: &HeaderMap) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let is_used_up = text(REMAINING).map(|left| left.trim() == "0");
        let mut renewed = self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        match is_used_up {
            None => {}
            Some(false) => drop(renewed.remove(part(target))),
            Some(true) => {
                // The clock of the API decides, and not the one of this machine.
                let now = retry_after::time_of(headers, Timestamp::now());
                let reset = text(RESET).and_then(|reset| reset.parse::<Timestamp>().ok());
                let wait = reset.and_then(|reset| SystemTime::from(reset).duration_since(now).ok());
                if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
                    renewed.insert(part(target).to_owned(), Instant::now() + wait.min(LONGEST));
                }
            }
        }
    }

    /// The time until a request to a path can succeed; none if the budget is not used up.
    pub(super) fn wait(&self, target: &str) -> Option<Duration> {
        let mut renewed = self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        renewed.retain(|_, at| *at > Instant::now());
        renewed.get(part(target)).map(|at| at.duration_since(Instant::now()))
    }
}

/// The first two segments of a path.
fn part(target: &str) -> &str {
    let end = target.match_indices(['/', '?']).nth(2).map_or(target.len(), |(at, _)| at);
    &target[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(remaining: &str, reset: &str) -> HeaderMap {
        let pairs = [(REMAINING, remaining), (RESET, reset), ("date", "Sat, 21 Nov 2026 12:00:00 GMT")];
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn used_up_budget_holds_back_its_own_paths_until_it_is_renewed() {
        let budget = Budget::default();
        let path = "/v1/compliance/activities?limit=5";
        for (remaining, reset) in
            [("1", "2026-11-21T12:00:30Z"), ("0", "2026-11-21T11:59:00Z"), ("0", "soon"), ("x", "")]
        {
            budget.note(path, &headers(remaining, reset));
            assert_eq!(budget.wait(path), None, "{remaining} {reset}");
        }
        budget.note(path, &headers("0", "2026-11-21T12:00:30Z"));
        let wait = budget.wait("/v1/compliance/organizations").unwrap();
        assert!(wait > Duration::from_secs(25) && wait <= Duration::from_secs(30), "{wait:?}");
        assert_eq!(budget.wait("/v1/organizations/users"), None, "another budget");
        // A date of years ahead is no reason to stop for years.
        budget.note(path, &headers("0", "2099-11-21T12:00:30Z"));
        assert!(budget.wait(path).unwrap() <= LONGEST);
        budget.note(path, &headers("599", "2026-11-21T12:01:30Z"));
        assert_eq!(budget.wait(path), None, "renewed early");
    }

    #[test]
    fn part_of_a_path_is_its_first_two_segments() {
        for (target, expected) in
            [("/v1/compliance/x/y", "/v1/compliance"), ("/v1/x?a=/b/c", "/v1/x"), ("/v1", "/v1"), ("", "")]
        {
            assert_eq!(part(target), expected, "{target}");
        }
    }
}

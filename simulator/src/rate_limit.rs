//! Budgets of requests.

use crate::error::ApiError;
use crate::routes::Target;
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// The maximum number of requests of a kind in a time window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget {
    /// The name of the budget.
    pub(crate) name: &'static str,
    pub(crate) limit: u32,
    pub(crate) window: SignedDuration,
    /// Whether the headers of replies contain the remaining requests.
    pub(crate) is_announced: bool,
}

/// The families with a separate budget: path prefix, name, and limit per minute.
const FAMILIES: [(&str, &str, u32); 4] = [
    ("/v1/compliance/", "compliance requests", 600),
    ("/v1/organizations/analytics/", "analytics requests", 60),
    ("/v1/organizations/spend_limits", "spend limit requests", 60),
    ("/v1/organizations/spend_limit_increase_requests", "spend limit requests", 60),
];

impl Budget {
    /// The budget of an operation. `shared` is the limit per minute if no other number is documented. Returns `None` if
    /// requests are not counted.
    pub(crate) fn of(target: &Target<'_>, shared: Option<u32>) -> Option<Self> {
        if let Some(own) = target.resource.rules.budget(target.operation) {
            return Some(own);
        }
        let family = FAMILIES.into_iter().find(|(prefix, _, _)| target.path.starts_with(prefix));
        let window = SignedDuration::from_mins(1);
        match family {
            Some((prefix, name, limit)) => {
                Some(Self { name, limit, window, is_announced: prefix.starts_with("/v1/compliance/") })
            }
            None => Some(Self { name: "requests", limit: shared?, window, is_announced: false }),
        }
    }
}

/// The remaining part of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    limit: u32,
    remaining: u32,
    reset: Timestamp,
}

impl Window {
    /// Writes the values to headers.
    pub(crate) fn announce(&self, headers: &mut HeaderMap) {
        headers.insert("anthropic-ratelimit-requests-limit", self.limit.into());
        headers.insert("anthropic-ratelimit-requests-remaining", self.remaining.into());
        if let Ok(reset) = HeaderValue::from_str(&self.reset.to_string()) {
            headers.insert("anthropic-ratelimit-requests-reset", reset);
        }
    }
}

/// The used part of the budgets. A window starts with its first request.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    windows: BTreeMap<&'static str, (Timestamp, u32)>,
}

impl Usage {
    /// Counts a request. If budgets are enforced, a request over the limit is an error.
    pub(crate) fn spend(&mut self, budget: Budget, is_enforced: bool, now: Timestamp) -> Result<(), ApiError> {
        let (opened, used) = self.windows.entry(budget.name).or_insert((now, 0));
        let age = now.duration_since(*opened);
        // If the clock was set back, a new window starts too.
        if age >= budget.window || age.is_negative() {
            (*opened, *used) = (now, 0);
        }
        if *used >= budget.limit && is_enforced {
            let left = budget.window - now.duration_since(*opened);
            let mut error = ApiError::new(
                StatusCode::TOO_MANY_REQUESTS,
                format!(
                    "This request would exceed the limit of {} {} per {} seconds of your organization.",
                    budget.limit,
                    budget.name,
                    budget.window.as_secs()
                ),
            );
            let seconds = left.as_secs() + i64::from(left.subsec_nanos() > 0);
            error.retry_after = u64::try_from(seconds).ok();
            return Err(error);
        }
        *used = used.saturating_add(1);
        Ok(())
    }

    /// The remaining part of a budget.
    pub(crate) fn window(&self, budget: Budget, now: Timestamp) -> Window {
        let (opened, used) = self.windows.get(budget.name).copied().unwrap_or((now, 0));
        let reset = opened.checked_add(budget.window).unwrap_or(Timestamp::MAX);
        Window { limit: budget.limit, remaining: budget.limit.saturating_sub(used), reset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Budget =
        Budget { name: "requests", limit: 2, window: SignedDuration::from_mins(1), is_announced: false };

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_budget_that_is_used_up_says_when_it_opens_again() {
        let mut usage = Usage::default();
        usage.spend(BUDGET, true, second(0)).unwrap();
        usage.spend(BUDGET, true, second(10)).unwrap();
        let error = usage.spend(BUDGET, true, second(15)).unwrap_err();
        assert_eq!((error.status.as_u16(), error.retry_after), (429, Some(45)));
        assert!(usage.spend(BUDGET, true, second(60)).is_ok(), "the next window is open");
    }

    #[test]
    fn budgets_of_different_kinds_do_not_share() {
        let mut usage = Usage::default();
        let other = Budget { name: "invite creations", limit: 1, ..BUDGET };
        usage.spend(other, true, second(0)).unwrap();
        assert!(usage.spend(other, true, second(0)).is_err());
        assert!(usage.spend(BUDGET, true, second(0)).is_ok());
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_lock_the_budget() {
        let mut usage = Usage::default();
        usage.spend(BUDGET, true, second(1000)).unwrap();
        usage.spend(BUDGET, true, second(1000)).unwrap();
        assert!(usage.spend(BUDGET, true, second(10)).is_ok());
    }
}

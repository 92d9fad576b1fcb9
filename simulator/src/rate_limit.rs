//! Budgets of requests.

use crate::error::ApiError;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// How many requests of a kind fit into a window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget {
    /// What is counted.
    pub(crate) name: &'static str,
    pub(crate) limit: u32,
    pub(crate) window: SignedDuration,
}

impl Budget {
    /// The budget that the endpoints share, for an organization that may make so many requests a minute.
    pub(crate) fn shared(limit: u32) -> Self {
        Self { name: "requests", limit, window: SignedDuration::from_mins(1) }
    }
}

/// What has been used of the budgets. A window opens with its first request.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    windows: BTreeMap<&'static str, (Timestamp, u32)>,
}

impl Usage {
    /// Counts a request, unless the budget is used up.
    pub(crate) fn spend(&mut self, budget: Budget, now: Timestamp) -> Result<(), ApiError> {
        let (opened, used) = self.windows.entry(budget.name).or_insert((now, 0));
        let age = now.duration_since(*opened);
        // A clock that was set back opens a new window too.
        if age >= budget.window || age.is_negative() {
            (*opened, *used) = (now, 0);
        }
        if *used >= budget.limit {
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
        *used += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Budget = Budget { name: "requests", limit: 2, window: SignedDuration::from_mins(1) };

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_budget_that_is_used_up_says_when_it_opens_again() {
        let mut usage = Usage::default();
        usage.spend(BUDGET, second(0)).unwrap();
        usage.spend(BUDGET, second(10)).unwrap();
        let error = usage.spend(BUDGET, second(15)).unwrap_err();
        assert_eq!((error.status.as_u16(), error.retry_after), (429, Some(45)));
        assert!(usage.spend(BUDGET, second(60)).is_ok(), "the next window is open");
    }

    #[test]
    fn budgets_of_different_kinds_do_not_share() {
        let mut usage = Usage::default();
        let other = Budget { name: "invite creations", limit: 1, ..BUDGET };
        usage.spend(other, second(0)).unwrap();
        assert!(usage.spend(other, second(0)).is_err());
        assert!(usage.spend(BUDGET, second(0)).is_ok());
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_lock_the_budget() {
        let mut usage = Usage::default();
        usage.spend(BUDGET, second(1000)).unwrap();
        usage.spend(BUDGET, second(1000)).unwrap();
        assert!(usage.spend(BUDGET, second(10)).is_ok());
    }
}

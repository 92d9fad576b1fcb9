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

impl Budget {
    /// The budget of the Compliance API.
    pub(crate) const COMPLIANCE: Self = Self { is_announced: true, ..Self::per_minute("compliance requests", 600) };
    /// The budget of analytics.
    pub(crate) const ANALYTICS: Self = Self::per_minute("analytics requests", 60);
    /// The budget of spend limits, and of requests for more.
    pub(crate) const SPEND_LIMITS: Self = Self::per_minute("spend limit requests", 60);

    const fn per_minute(name: &'static str, limit: u32) -> Self {
        Self { name, limit, window: SignedDuration::from_mins(1), is_announced: false }
    }

    /// The budget of an operation: that of its family, or else the shared one with the limit `shared` per minute.
    /// Returns `None` if requests are not counted.
    pub(crate) fn of(target: &Target<'_>, shared: Option<u32>) -> Option<Self> {
        let own = target.resource.rules.budget(target.operation);
        own.or_else(|| shared.map(|limit| Self::per_minute("requests", limit)))
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
    use crate::testing;
    use claude_admin_catalog::Action;

    const BUDGET: Budget =
        Budget { name: "requests", limit: 2, window: SignedDuration::from_mins(1), is_announced: false };

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// The name of the documented budget of an action. `None` means the shared one.
    fn documented(action: &Action) -> Option<&'static str> {
        match (action.interface.as_str(), action.function.as_str()) {
            ("analytics" | "analytics-legacy", _) => Some("analytics requests"),
            ("spend-limits" | "spend-requests", _) => Some("spend limit requests"),
            ("invites", "create") => Some("invite creations"),
            ("compliance-sessions", "list-remote" | "remote-messages") => Some("remote session requests"),
            // The setting that turns the Compliance API on or off is not a part of the API.
            ("compliance-settings", _) => None,
            (interface, _) if interface == "activities" || interface.starts_with("compliance-") => {
                Some("compliance requests")
            }
            _ => None,
        }
    }

    #[test]
    fn every_action_has_its_documented_budget() {
        let routes = testing::routes();
        for (action, operation, rules) in routes.each() {
            let budget = rules.budget(operation);
            assert_eq!(budget.map(|budget| budget.name), documented(action), "{}", action.id);
            let is_announced = budget.is_some_and(|budget| budget.is_announced);
            assert_eq!(is_announced, rules.records_requests(), "only the Compliance API announces: {}", action.id);
        }
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

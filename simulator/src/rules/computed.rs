//! Families with calculated replies.

use super::{Rules, View};
use crate::error::ApiError;
use crate::operation::Operation;
use crate::query::Query;
use crate::rate_limit::Budget;
use crate::reply::Reply;
use crate::routes::Target;
use serde_json::Value;

/// Calculates a reply.
pub(crate) type Answer = fn(&Target<'_>, &Query, View<'_>) -> Result<Value, ApiError>;

/// A family that only defines how replies to reads are calculated.
pub(crate) struct Computed {
    path: &'static str,
    answer: Answer,
    budget: Option<Budget>,
}

impl Computed {
    pub(crate) const fn new(path: &'static str, answer: Answer) -> Self {
        Self { path, answer, budget: None }
    }

    /// Sets a separate budget.
    pub(crate) const fn with_budget(self, budget: Budget) -> Self {
        Self { budget: Some(budget), ..self }
    }
}

impl Rules for Computed {
    fn path(&self) -> &'static str {
        self.path
    }

    fn computed(&self, target: &Target<'_>, query: &Query, view: View<'_>) -> Option<Result<Reply, ApiError>> {
        Some((self.answer)(target, query, view).map(Reply::Json))
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn budget(&self, _operation: &Operation) -> Option<Budget> {
        self.budget
    }
}

//! Families whose replies are worked out.

use super::{Rules, View};
use crate::error::ApiError;
use crate::query::Query;
use crate::rate_limit::Budget;
use crate::resource::Operation;
use crate::routes::Target;
use serde_json::Value;

/// Works a reply out.
pub(crate) type Answer = fn(&Target<'_>, &Query, View<'_>) -> Result<Value, ApiError>;

/// A family with nothing to say but how replies to reads are worked out.
pub(crate) struct Computed {
    path: &'static str,
    answer: Answer,
    budget: Option<Budget>,
}

impl Computed {
    pub(crate) const fn new(path: &'static str, answer: Answer) -> Self {
        Self { path, answer, budget: None }
    }

    /// The same with a budget of its own.
    pub(crate) const fn within(self, budget: Budget) -> Self {
        Self { budget: Some(budget), ..self }
    }
}

impl Rules for Computed {
    fn path(&self) -> &'static str {
        self.path
    }

    fn computed(&self, target: &Target<'_>, query: &Query, view: View<'_>) -> Option<Result<Value, ApiError>> {
        Some((self.answer)(target, query, view))
    }

    fn budget(&self, _operation: &Operation) -> Option<Budget> {
        self.budget
    }
}

//! Letters from Anthropic.

use super::{ReviewCases, admits, page};
use crate::Object;
use crate::error::ApiError;
use crate::operation::Operation;
use crate::query::Query;
use crate::rate_limit::Budget;
use crate::reply::Reply;
use crate::routes::Target;
use crate::rules::{Rules, View};
use serde_json::Value;

pub(crate) struct ReviewNotices;

impl ReviewNotices {
    pub(crate) const PATH: &'static str = path_of!("compliance-review-notices.list");

    /// A letter is shown if every case that it names can be read.
    fn list(query: &Query, view: View<'_>) -> Result<Value, ApiError> {
        let cases = |notice: &Object| notice.get("case_ids").and_then(Value::as_array).cloned().unwrap_or_default();
        let is_known = |id: &Value| id.as_str().is_some_and(|id| view.store.item(ReviewCases::PATH, id).is_some());
        let notices = view.store.items(Self::PATH).filter(|notice| {
            let cases = cases(notice);
            cases.iter().all(is_known)
                && query.text("case_id").is_none_or(|wanted| cases.iter().any(|case| case == wanted))
        });
        page(notices.cloned().collect(), query)
    }
}

impl Rules for ReviewNotices {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn budget(&self, _operation: &Operation) -> Option<Budget> {
        Some(Budget::COMPLIANCE)
    }

    fn records_requests(&self) -> bool {
        true
    }

    fn computed(&self, _target: &Target<'_>, query: &Query, view: View<'_>) -> Option<Result<Reply, ApiError>> {
        let allowed = admits(view, "read:compliance_review_cases");
        Some(allowed.and_then(|()| Self::list(query, view)).map(Reply::Json))
    }
}

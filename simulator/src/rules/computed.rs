//! Families with calculated replies.

use super::{Rules, View};
use crate::error::ApiError;
use crate::query::Query;
use crate::reply::Reply;
use crate::routes::Target;
use serde_json::Value;

/// Calculates a reply.
pub(crate) type Answer = fn(&Target<'_>, &Query, View<'_>) -> Result<Value, ApiError>;

/// A family that only defines how replies to reads are calculated.
pub(crate) struct Computed {
    path: &'static str,
    answer: Answer,
}

impl Computed {
    pub(crate) const fn new(path: &'static str, answer: Answer) -> Self {
        Self { path, answer }
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
}

//! Messages that safety systems flagged and that the organization reviews: cases, their messages, and letters.

mod cases;
mod items;
mod notices;

pub(crate) use cases::{ReviewCases, closed_by_answer};
pub(crate) use items::ReviewItems;
pub(crate) use notices::ReviewNotices;

use super::is_on;
use crate::Object;
use crate::error::ApiError;
use crate::narrow::fits;
use crate::query::Query;
use crate::reports::rows::Rows;
use crate::rules::{View, text};
use serde_json::Value;

/// Marks a case that an end customer of the organization reviews.
pub(super) const BY_END_CUSTOMER: &str = "reviewed_by_end_customer";
/// The end of the response window of a case.
pub(super) const WINDOW_ENDS_AT: &str = "window_ends_at";
/// The field with the error code that reading a message returns.
pub(super) const REFUSAL: &str = "refusal";

/// Returns an error if the Compliance API is off, or for Admin API keys without a scope that only newer keys have.
fn admits(view: View<'_>, scope: &str) -> Result<(), ApiError> {
    if !is_on(view.store) {
        return Err(ApiError::invalid("The Compliance API is not enabled for this organization."));
    }
    view.caller.admin_key_needs(scope)
}

/// A page of objects, ordered by one of their times.
fn page(mut all: Vec<Object>, query: &Query) -> Result<Value, ApiError> {
    let order_by = query.text("order_by").unwrap_or("created_at").to_owned();
    let is_bound = |parameter: &str| parameter.ends_with(']');
    all.retain(|one| {
        query
            .filters()
            .filter(|(name, _)| is_bound(name))
            .all(|(name, values)| fits(name, values, |field| one.get(field).cloned()))
    });
    all.sort_by_key(|one| (text(one, &order_by).to_owned(), text(one, "id").to_owned()));
    if query.text("order") != Some("asc") {
        all.reverse();
    }
    Ok(Rows::cut(all.into_iter().map(Value::Object).collect(), query)?.plain())
}

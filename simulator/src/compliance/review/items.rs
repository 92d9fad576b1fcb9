//! The flagged messages.

use super::{REFUSAL, admits};
use crate::Object;
use crate::compliance::family::not_found;
use crate::error::ApiError;
use crate::error_code::refusal;
use crate::operation::Operation;
use crate::query::Query;
use crate::rate_limit::Budget;
use crate::reply::Reply;
use crate::routes::Target;
use crate::rules::{Rules, View, has_passed, text};
use serde_json::{Value, json};

pub(crate) struct ReviewItems;

impl ReviewItems {
    pub(crate) const PATH: &'static str = path_of!("compliance-review-items.get");

    /// Reading a message requires the user profile that it was recorded with.
    fn readable<'s>(target: &Target<'_>, view: View<'s>) -> Result<&'s Object, ApiError> {
        let id = target.key.as_deref().unwrap_or_default();
        let fits =
            |item: &&Object| item.get("user_profile_id").and_then(Value::as_str) == view.caller.profile.as_deref();
        let item = view.store.item(Self::PATH, id).filter(fits).ok_or_else(|| not_found("review item", id))?;
        match text(item, REFUSAL) {
            "" => Ok(item),
            code => Err(refusal(code)),
        }
    }
}

impl Rules for ReviewItems {
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

    fn computed(&self, target: &Target<'_>, _query: &Query, view: View<'_>) -> Option<Result<Reply, ApiError>> {
        let allowed = admits(view, "read:compliance_review_items");
        allowed.and_then(|()| Self::readable(target, view).map(drop)).err().map(Err)
    }

    /// Expired content can no longer be read.
    fn shows(&self, item: &mut Object, _query: Option<&Query>, view: View<'_>) {
        if has_passed(item, "content_expires_at", view.now)
            && let Some(details) = item.get_mut("details")
        {
            details["content"] = Value::Null;
            details["content_unavailable_reason"] = json!({ "type": "stored_copy_unavailable" });
        }
    }
}

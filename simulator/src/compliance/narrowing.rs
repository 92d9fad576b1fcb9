//! Filters for lists of the Compliance API: times, members and organizations.

use crate::Object;
use crate::error::ApiError;
use crate::query::Query;
use crate::reports::range::{instant, texts};
use crate::rules::{View, text};
use jiff::Timestamp;
use serde_json::Value;

/// A range of instants, open where a bound is absent.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Times {
    after: Option<Timestamp>,
    from: Option<Timestamp>,
    before: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Times {
    /// The bounds that a query sets for a field, such as `created_at.gte`.
    pub(super) fn of(query: &Query, field: &str) -> Result<Self, ApiError> {
        let bound = |word: &str| instant(query, &format!("{field}.{word}"));
        Ok(Self { after: bound("gt")?, from: bound("gte")?, before: bound("lt")?, until: bound("lte")? })
    }

    pub(super) fn is_set(&self) -> bool {
        self.after.or(self.from).or(self.before).or(self.until).is_some()
    }

    /// Whether an instant is in the range. An item without an instant is only in the open range.
    pub(super) fn contain(&self, instant: &str) -> bool {
        if !self.is_set() {
            return true;
        }
        instant.parse::<Timestamp>().is_ok_and(|instant| {
            self.after.is_none_or(|bound| instant > bound)
                && self.from.is_none_or(|bound| instant >= bound)
                && self.before.is_none_or(|bound| instant < bound)
                && self.until.is_none_or(|bound| instant <= bound)
        })
    }
}

/// The filters for a list of members' content.
#[derive(Debug)]
pub(super) struct Narrowing {
    pub(super) created: Times,
    pub(super) updated: Times,
    users: Vec<String>,
    organizations: Vec<String>,
}

impl Narrowing {
    pub(super) fn of(query: &Query) -> Result<Self, ApiError> {
        Ok(Self {
            created: Times::of(query, "created_at")?,
            updated: Times::of(query, "updated_at")?,
            users: texts(query, "user_ids[]"),
            organizations: texts(query, "organization_ids[]"),
        })
    }

    /// Whether an item matches.
    pub(super) fn fits(&self, item: &Object, view: View<'_>) -> bool {
        let user = item.get("user").and_then(|user| user.get("id")).and_then(Value::as_str).unwrap_or_default();
        self.created.contain(text(item, "created_at"))
            && self.updated.contain(text(item, "updated_at"))
            && (self.users.is_empty() || self.users.iter().any(|wanted| wanted == user))
            && (self.organizations.is_empty() || is_ours(&self.organizations, view))
    }
}

/// Whether one of these IDs is an ID of the organization: its UUID, or its alternative ID.
pub(super) fn is_ours(ids: &[String], view: View<'_>) -> bool {
    let tagged = super::organization_tag(view.store);
    ids.iter().any(|id| Some(id.as_str()) == view.organization_id() || *id == tagged)
}

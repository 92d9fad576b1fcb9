//! `GET /v1/compliance/activities`.

use super::activity_recorder::RECORDED;
use super::history::history;
use super::narrowing::{Times, is_ours};
use super::opaque::Page;
use crate::Object;
use crate::error::ApiError;
use crate::query::Query;
use crate::reports::range::{text as text_of, texts};
use crate::routes::Target;
use crate::rules::{View, text};
use crate::validate::at;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Every type of activity, one on each line.
const TYPES: &str = include_str!("activity_types.txt");
/// The retention time of activities.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 365 * 6);
/// The fields with the ID of an actor.
const ACTOR_IDS: [&str; 7] = [
    "user_id",
    "api_key_id",
    "admin_api_key_id",
    "service_account_id",
    "external_client_id",
    "directory_id",
    "subject",
];

pub(super) fn answer(_target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let (wanted, unwanted) = (types(query, "activity_types[]")?, types(query, "exclude_activity_types[]")?);
    if !wanted.is_empty() && !unwanted.is_empty() {
        return Err(ApiError::invalid(
            "Cannot specify both 'activity_types[]' and 'exclude_activity_types[]' in the same request.",
        ));
    }
    let times = Times::of(query, "created_at")?;
    let (actors, users) = (texts(query, "actor_ids[]"), texts(query, "user_ids[]"));
    let organizations = texts(query, "organization_ids[]");
    let oldest = view.now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
    let is_wanted = |activity: &Object| {
        let (kind, created_at) = (text(activity, "type"), text(activity, "created_at"));
        let actor = activity.get("actor").and_then(Value::as_object);
        let is_one_of = |fields: &[&str], ids: &[String]| {
            actor.is_some_and(|actor| fields.iter().any(|field| ids.iter().any(|id| id == text(actor, field))))
        };
        (wanted.is_empty() || wanted.iter().any(|one| one == kind))
            && !unwanted.iter().any(|one| one == kind)
            && times.contain(created_at)
            && created_at.parse::<Timestamp>().is_ok_and(|at| at >= oldest && at <= view.now)
            && (actors.is_empty() || is_one_of(&ACTOR_IDS, &actors))
            && (users.is_empty() || is_one_of(&["user_id"], &users))
            // Activities without an organization match every organization.
            && (organizations.is_empty()
                || activity.get("organization_id").is_none_or(Value::is_null)
                || is_ours(&organizations, view))
    };
    let mut recorded: Vec<Object> = view.store.items(RECORDED).filter(|one| is_wanted(one)).cloned().collect();
    recorded.reverse();
    let mut activities: Vec<Object> = history(view).into_iter().filter(&is_wanted).chain(recorded).collect();
    // Activities with the same time remain in their order.
    activities.sort_by_cached_key(|activity| text(activity, "created_at").parse::<Timestamp>().ok());
    if text_of(query, "order") != Some("asc") {
        activities.reverse();
    }
    let page = Page::cut(activities, query, |activity| text(activity, "id"))?;
    Ok(json!({
        "data": page.shown,
        "has_more": page.has_more,
        "first_id": page.first_id,
        "last_id": page.last_id,
    }))
}

/// The types of activities in a query. Each of them must exist.
fn types(query: &Query, place: &str) -> Result<Vec<String>, ApiError> {
    let types = texts(query, place);
    match types.iter().find(|name| !TYPES.lines().any(|known| known == *name)) {
        Some(unknown) => Err(at(place, format!("'{unknown}' is not a type of activity"))),
        None => Ok(types),
    }
}

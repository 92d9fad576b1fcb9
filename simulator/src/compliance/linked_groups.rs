//! Groups of the organization and their members.

use super::family::{captured, not_found};
use crate::Object;
use crate::error::ApiError;
use crate::query::Query;
use crate::reports::range::text as text_of;
use crate::reports::rows::Rows;
use crate::routes::Target;
use crate::rules::{Groups, Members, View, text};
use serde_json::{Value, json};

/// Lists groups, or returns one.
pub(super) fn groups(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    if target.key.is_some() {
        return group(target, view).map(shown_group);
    }
    let prefix = text_of(query, "name_prefix").unwrap_or_default();
    let groups = view.store.items(Groups::PATH).filter(|group| text(group, "name").starts_with(prefix));
    let mut groups: Vec<Value> = groups.map(shown_group).collect();
    groups.reverse();
    Ok(Rows::cut(groups, query)?.with_more())
}

fn group<'s>(target: &Target<'_>, view: View<'s>) -> Result<&'s Object, ApiError> {
    let wanted = captured(target, 0);
    view.store.item(Groups::PATH, wanted).ok_or_else(|| not_found("group", wanted))
}

fn shown_group(group: &Object) -> Value {
    json!({
        "id": group.get("id"),
        "name": group.get("name"),
        "description": text(group, "description"),
        "source_type": group.get("source_type"),
        "roles": group.get("role_ids").filter(|roles| roles.is_array()).cloned().unwrap_or_else(|| json!([])),
        "created_at": group.get("created_at"),
        "updated_at": group.get("updated_at"),
    })
}

pub(super) fn group_members(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let group = group(target, view)?;
    let path = Groups::members_of(text(group, "id"));
    let member = |member: &Object| {
        let user = view.store.item(Members::PATH, text(member, "user_id"));
        json!({
            "user_id": member.get("user_id"),
            "email": user.map_or(text(member, "email"), |user| text(user, "email")),
            "created_at": member.get("created_at"),
            "updated_at": member.get("created_at"),
        })
    };
    let mut members: Vec<Value> = view.store.items(&path).map(member).collect();
    members.reverse();
    Ok(Rows::cut(members, query)?.with_more())
}

//! The limit that applies to each member, and the spent amount.

use super::{Groups, Members, Rules, SpendLimits, View, inner, kind, text};
use crate::Object;
use crate::caller::OrganizationKind;
use crate::error::ApiError;
use crate::error_code::refusal;
use crate::operation::Operation;
use crate::page::{cursor, cursor_key, fingerprint};
use crate::query::Query;
use crate::rate_limit::Budget;
use crate::reply::Reply;
use crate::routes::Target;
use crate::store::Store;
use crate::validate::at;
use serde_json::{Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};

pub(crate) struct SpendSummaries;

const PERIODS: [&str; 3] = ["daily", "weekly", "monthly"];

impl SpendSummaries {
    /// The summary of a member and period. `None` if no limit applies. A limit of the member takes precedence over one
    /// of a group, that over one of a seat tier, and that over the one of the organization.
    pub(super) fn of(store: &Store, member: &Object, period: &str) -> Option<Object> {
        let user = text(member, "id");
        let groups = Groups::of_member(store, user);
        let rank = |limit: &Object| match kind(limit, "scope") {
            "user" => (inner(limit, "scope", "user_id") == user).then_some(0),
            "rbac_group" => groups.iter().any(|group| group == inner(limit, "scope", "rbac_group_id")).then_some(1),
            "seat_tier" => (inner(limit, "scope", "seat_tier") == seat_tier(member)).then_some(2),
            "organization" => Some(3),
            _ => None,
        };
        let counts = |limit: &&Object| text(limit, "period") == period && limit.get("is_enabled") == Some(&json!(true));
        let limits = store.items(SpendLimits::PATH).filter(counts);
        let (_, limit) = limits.filter_map(|limit| Some((rank(limit)?, limit))).min_by_key(|(rank, _)| *rank)?;
        let summary = json!({
            "actor": actor(member),
            "amount": limit.get("amount"),
            "scope": { "type": "user", "user_id": user },
            "currency": SpendLimits::CURRENCY,
            "period": period,
            "period_to_date_spend": spent(user, period).to_string(),
            "source": limit.get("scope"),
            "spend_limit_id": limit.get("id"),
        });
        summary.as_object().cloned()
    }
}

impl Rules for SpendSummaries {
    fn path(&self) -> &'static str {
        path_of!("spend-limits.effective")
    }

    fn is_seeded(&self) -> bool {
        true
    }

    /// The rows of a member are always on one page, so the limit counts members, not rows.
    fn computed(&self, _target: &Target<'_>, query: &Query, view: View<'_>) -> Option<Result<Reply, ApiError>> {
        Some(page(query, view).map(Reply::Json))
    }

    fn budget(&self, _operation: &Operation) -> Option<Budget> {
        Some(Budget::SPEND_LIMITS)
    }
}

fn page(query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    if view.caller.organization == OrganizationKind::Console {
        return Err(refusal("organization_type_not_supported"));
    }
    let words =
        |name: &str| query.values(name).unwrap_or_default().iter().filter_map(Value::as_str).collect::<Vec<_>>();
    let (asked, wanted) = (words("period[]"), words("user_ids[]"));
    let fingerprint = fingerprint(query);
    let Some(members) = view.store.collection(Members::PATH) else {
        return Ok(json!({ "data": [], "next_page": null }));
    };
    let after = match query.page() {
        Some(given) => {
            let key = cursor_key(given, &fingerprint)?;
            Some(members.position(key).ok_or_else(|| at("page", "cursor is not valid"))?)
        }
        None => None,
    };
    let mut rows: Vec<Value> = Vec::new();
    let mut last = None;
    let mut shown = 0;
    let mut next_page = Value::Null;
    for (user, member) in members.older_than(after) {
        if !wanted.is_empty() && !wanted.contains(&user) {
            continue;
        }
        let periods = PERIODS.into_iter().filter(|period| asked.is_empty() || asked.contains(period));
        let own: Vec<Value> =
            periods.filter_map(|period| SpendSummaries::of(view.store, member, period)).map(Value::from).collect();
        if own.is_empty() {
            continue;
        }
        if shown >= query.limit() {
            next_page = last.map(|last| cursor(&fingerprint, last)).into();
            break;
        }
        rows.extend(own);
        shown += 1;
        last = Some(user);
    }
    Ok(json!({ "data": rows, "next_page": next_page }))
}

/// A member as the actor of spending.
pub(crate) fn actor(member: &Object) -> Value {
    json!({
        "type": "user_actor",
        "name": member.get("name"),
        "email_address": member.get("email"),
        "deleted": false,
        "user_id": member.get("id"),
    })
}

fn seat_tier(member: &Object) -> &'static str {
    if ["user", "managed"].contains(&text(member, "role")) { "standard" } else { "premium" }
}

/// The amount that a member spent, generated from the ID. It is the same for each call.
fn spent(user: &str, period: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    user.hash(&mut hasher);
    let daily = hasher.finish() % 2_000;
    match period {
        "daily" => daily,
        "weekly" => daily * 5,
        _ => daily * 21,
    }
}

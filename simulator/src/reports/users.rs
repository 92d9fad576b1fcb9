//! `GET /v1/organizations/analytics/users`.

use super::asked::{Days, Filters, GroupBy};
use super::calendar::DAY;
use super::doings::Product;
use super::ledger::Ledger;
use super::ordered;
use super::prices::Item;
use super::range::text;
use super::rows::Rows;
use super::stream::Actor;
use super::things::{Kind, Thing};
use super::together::Activity;
use crate::error::ApiError;
use crate::query::Query;
use crate::routes::Target;
use crate::rules::View;
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) fn answer(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let days = Days::of(query, view.now)?;
    let filters = Filters::of(target, query, &["project_id", "user_id"])?;
    let ledger = Ledger::of(view.store);
    let things: Vec<Thing> = Kind::ALL.into_iter().flat_map(|kind| Thing::of(kind, view.store)).collect();
    let is_in_project = |activity: &Activity| {
        filters.wanted("project_id").is_none_or(|wanted| {
            activity.used.iter().any(|(_, _, position)| {
                things.get(*position).and_then(|thing| thing.id.as_ref()).is_some_and(|id| wanted.contains(id))
            })
        })
    };
    let searches = web_searches(&ledger, days);
    let mut active: Vec<(usize, Activity)> = Vec::new();
    for (position, person) in ledger.people.everybody.iter().enumerate() {
        if filters.fits_person(&ledger.people, person) {
            let mut activity = Activity::of(&ledger, &things, person, days);
            activity.web_searches = searches.get(&position).copied().unwrap_or_default();
            if activity.last_day.is_some() && is_in_project(&activity) {
                active.push((position, activity));
            }
        }
    }
    if GroupBy::of(query).group {
        let mut groups: BTreeMap<Option<usize>, Activity> = BTreeMap::new();
        for (position, activity) in &active {
            let group = ledger.people.everybody.get(*position).and_then(|person| person.groups.first().copied());
            *groups.entry(group).or_default() += activity;
        }
        let group = |position: Option<usize>| ledger.people.groups.get(position?).copied();
        let rows = groups.iter().map(|(position, activity)| activity.shown(None, group(*position))).collect();
        return Ok(Rows::cut(ordered::by(query, rows)?, query)?.plain());
    }
    active.sort_by_key(|(_, activity)| std::cmp::Reverse(activity.messages.values().sum::<i64>()));
    let shown = |(position, activity): (usize, Activity)| activity.shown(ledger.people.everybody.get(position), None);
    if text(query, "order_by").is_none() && text(query, "order").is_none() {
        // Only the rows of the page are built, because there can be very many members.
        let page = Rows::cut(active, query)?;
        let shown = page.shown.into_iter().map(shown).collect();
        return Ok(Rows { shown, next_page: page.next_page }.plain());
    }
    let rows = ordered::by(query, active.into_iter().map(shown).collect())?;
    Ok(Rows::cut(rows, query)?.plain())
}

/// The web searches of each member, from the data of the reports of usage.
fn web_searches(ledger: &Ledger<'_>, days: Days) -> BTreeMap<usize, i64> {
    let range = (days.from.saturating_mul(DAY), days.until.saturating_mul(DAY));
    let sums = ledger.tally(range, None, |stream| match stream.actor {
        Actor::Member(position) if Product::ALL.iter().any(|product| product.word() == stream.product) => {
            Some(position)
        }
        _ => None,
    });
    sums.into_iter().map(|((_, position), sums)| (position, sums.usage.of(Item::WebSearch))).collect()
}

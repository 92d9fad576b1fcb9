//! `GET /v1/organizations/analytics/usage` and `/cost`: rows by any dimensions, ranked.

use super::calendar::{Width, minute_of, start_of};
use super::dimension::{OF_ITEMS, filters, row_dimensions};
use super::ledger::{Ledger, Sums};
use super::metrics::{amounts, cost, parts, rank, usage_with_total, values};
use super::range::{Range, text, texts, width};
use super::rows::Rows;
use super::stream::{Actor, Stream};
use crate::Object;
use crate::error::ApiError;
use crate::query::Query;
use crate::routes::Target;
use crate::rules::{Members, View};
use crate::store::Store;
use crate::validate::at;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The maximum number of dimensions, except those of items.
const MOST_DIMENSIONS: usize = 5;
/// Data is updated every hour. It is available when it is one hour old.
const DELAY: i64 = 60;

/// The minute up to which analytics are available.
pub(super) fn refreshed(now: Timestamp) -> i64 {
    Width::Hour.snap(minute_of(now) - DELAY)
}

pub(super) fn usage(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    answer(target, query, view, |sums, _| vec![(usage_with_total(sums).into(), None, None)], "usage")
}

pub(super) fn cost_rows(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    answer(target, query, view, rows_of_cost, "cost")
}

/// The content of a row, and its values in the dimensions of items.
type Said = (Value, Option<&'static str>, Option<&'static str>);

/// One row, or one for each part of the cost that is not zero, largest first.
fn rows_of_cost(sums: &Sums, of_items: &[&str]) -> Vec<Said> {
    let mut parts = parts(of_items);
    if parts.len() > 1 {
        parts.retain(|(items, _, _)| amounts(sums, items).1.0 != 0);
        parts.sort_by_key(|(items, _, _)| std::cmp::Reverse(amounts(sums, items)));
    }
    parts.into_iter().map(|(items, cost_type, token)| (cost(sums, &items).into(), cost_type, token)).collect()
}

fn answer(
    target: &Target<'_>,
    query: &Query,
    view: View<'_>,
    say: impl Fn(&Sums, &[&str]) -> Vec<Said>,
    field: &str,
) -> Result<Value, ApiError> {
    let width = width(query, "time_bucket_width");
    let group_by = texts(query, "group_by[]");
    let (of_items, main): (Vec<&str>, Vec<&str>) =
        group_by.iter().map(String::as_str).partition(|by| OF_ITEMS.contains(by));
    check(query, width, &main)?;
    Range::check_analytics(query, width, view.now)?;
    let range = Range::of(query, width, view.now)?;

    let ledger = Ledger::of(view.store);
    let filters = filters(view.store, query);
    let leaves_out_who_left = query.is_set("exclude_deleted_users");
    let organization = view.organization_id();
    let value = |stream: &Stream<'_>, by: &str| match by {
        "organization_id" => organization.map(str::to_owned),
        // Unknown values are omitted.
        "inference_geo" => ledger.value(stream, by).filter(|geo| geo != "not_available"),
        by => ledger.value(stream, by),
    };
    let sums = ledger.tally((range.from, range.until.min(refreshed(view.now))), width, |stream| {
        let is_wanted =
            ledger.fits(stream, &filters) && !(leaves_out_who_left && has_left(view.store, &ledger, stream.actor));
        is_wanted.then(|| main.iter().map(|by| value(stream, by)).collect::<Vec<_>>())
    });
    let page = Rows::cut(ranked(query, sums), query)?;

    let actors: BTreeMap<String, Actor<'_>> =
        ledger.streams.iter().filter_map(|stream| Some((ledger.value(stream, "actor")?, stream.actor))).collect();
    let dimensions = row_dimensions(target);
    let mut data = Vec::new();
    for ((bucket, key), sums) in page.shown {
        let (starting_at, ending_at) = match width {
            Some(width) => (start_of(bucket).to_string(), start_of(bucket + width.minutes()).to_string()),
            None => range.timestamps(),
        };
        let mut group = values(&dimensions, &main, &key);
        if let Some(actor) = group.get("actor").and_then(Value::as_str).and_then(|id| actors.get(id)) {
            group.insert("actor".to_owned(), ledger.actor(view.store, *actor));
        }
        for (said, cost_type, token_type) in say(&sums, &of_items) {
            if field == "cost" {
                group.insert("cost_type".to_owned(), cost_type.into());
                group.insert("token_type".to_owned(), token_type.into());
            }
            let mut row = Object::from_iter([
                ("starting_at".to_owned(), json!(starting_at)),
                ("ending_at".to_owned(), json!(ending_at)),
                ("group".to_owned(), group.clone().into()),
            ]);
            row.insert(field.to_owned(), said);
            data.push(row.into());
        }
    }
    let mut reply = Rows { shown: data, next_page: page.next_page }.with_more();
    reply["data_refreshed_at"] = start_of(refreshed(view.now)).to_string().into();
    Ok(reply)
}

fn check(query: &Query, width: Option<Width>, main: &[&str]) -> Result<(), ApiError> {
    if width.is_some() && text(query, "ending_at").is_none() {
        return Err(at("ending_at", "Field required when time_bucket_width is given"));
    }
    if main.len() > MOST_DIMENSIONS {
        let found = main.len();
        let problem = format!("List should have at most {MOST_DIMENSIONS} items after validation, not {found}");
        return Err(at("group_by[]", problem));
    }
    if query.is_set("exclude_deleted_users") && !main.contains(&"actor") {
        return Err(at("exclude_deleted_users", "It requires group_by[]=actor"));
    }
    if text(query, "organization_ids[]").is_some() {
        return Err(at("organization_ids[]", "It requires a key of the parent organization"));
    }
    Ok(())
}

fn has_left(store: &Store, ledger: &Ledger<'_>, actor: Actor<'_>) -> bool {
    match actor {
        Actor::Member(position) => {
            ledger.people.everybody.get(position).is_some_and(|person| store.item(Members::PATH, person.id).is_none())
        }
        _ => false,
    }
}

/// Rows in the order of a query. Equal rows are ordered by time and name, so pages never overlap.
pub(super) fn ranked<K: Ord>(query: &Query, sums: BTreeMap<(i64, K), Sums>) -> Vec<((i64, K), Sums)> {
    let order_by = text(query, "order_by").unwrap_or_default();
    let mut rows: Vec<((i64, K), Sums)> = sums.into_iter().collect();
    let of = |row: &((i64, K), Sums)| match order_by {
        "time" => i128::from(row.0.0),
        order_by => rank(&row.1, order_by),
    };
    if text(query, "order") == Some("asc") {
        rows.sort_by_key(of);
    } else {
        rows.sort_by_key(|row| std::cmp::Reverse(of(row)));
    }
    rows
}

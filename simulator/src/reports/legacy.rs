//! The four reports of analytics in the previous format: buckets of usage and cost, and rankings of members.

use super::buckets::{Buckets, Limits};
use super::by_dimensions::{ranked, refreshed};
use super::calendar::{Width, start_of};
use super::dimension::{OF_ITEMS, filters, row_dimensions};
use super::ledger::{Ledger, Sums};
use super::metrics::{amounts, cost, parts, rank, usage, usage_with_total, values};
use super::prices::Item;
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
use serde_json::{Value, json};
use std::cmp::Reverse;

const LIMITS: Limits = Limits { minutes: (60, 256), hours: (24, 168), days: (7, 31) };
/// The number of groups that a bucket shows.
const TOP: usize = 100;

pub(super) fn usage_buckets(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    buckets(target, query, view, "total_tokens", |sums, row, _| vec![merged(row, usage(sums))])
}

pub(super) fn cost_buckets(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    buckets(target, query, view, "amount", cost_lines)
}

pub(super) fn usage_of_users(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    of_users(target, query, view, |sums, row, _| vec![merged(row, usage_with_total(sums))])
}

pub(super) fn cost_of_users(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    of_users(target, query, view, cost_lines)
}

fn merged(row: &Object, said: Object) -> Object {
    let mut row = row.clone();
    row.extend(said);
    row
}

/// A row of cost, or one for each part of it.
fn cost_lines(sums: &Sums, row: &Object, of_items: &[&str]) -> Vec<Object> {
    let mut parts = parts(of_items);
    if parts.len() > 1 {
        parts.retain(|(items, _, _)| amounts(sums, items).1.0 != 0);
    }
    let line = |(items, cost_type, token_type): (Vec<Item>, Option<&str>, Option<&str>)| {
        let mut line = merged(row, cost(sums, &items));
        line.insert("cost_type".to_owned(), cost_type.into());
        line.insert("token_type".to_owned(), token_type.into());
        line
    };
    parts.into_iter().map(line).collect()
}

/// The dimensions of a query: those of streams, and those of items.
fn grouped(group_by: &[String]) -> (Vec<&str>, Vec<&str>) {
    group_by.iter().map(String::as_str).partition(|by| !OF_ITEMS.contains(by))
}

/// These reports include the activity of members, and use the name `claude-tag` for Claude in Slack.
fn value<'s>(ledger: &Ledger<'s>, stream: &Stream<'s>, by: &str) -> Option<String> {
    let value = ledger.value(stream, by)?;
    match (by, value.as_str()) {
        ("product", "claude_tag") => Some("claude-tag".to_owned()),
        ("inference_geo", "not_available") => None,
        _ => Some(value),
    }
}

/// The activity of members in products of seats.
fn is_shown(stream: &Stream<'_>) -> bool {
    matches!(stream.actor, Actor::Member(_))
        && !matches!(stream.product, "messages_api" | "message_batches_api" | "managed_agents_api" | "claude_console")
}

fn buckets(
    target: &Target<'_>,
    query: &Query,
    view: View<'_>,
    ranked_by: &str,
    say: impl Fn(&Sums, &Object, &[&str]) -> Vec<Object>,
) -> Result<Value, ApiError> {
    let width = width(query, "bucket_width").unwrap_or(Width::Day);
    let limit = LIMITS.of(query, width)?;
    Range::check_analytics(query, Some(width), view.now)?;
    let page = Buckets::of(query, Range::of(query, Some(width), view.now)?, width, limit)?;
    let group_by = texts(query, "group_by[]");
    let (main, of_items) = grouped(&group_by);

    let ledger = Ledger::of(view.store);
    let filters = legacy_filters(view.store, query);
    let dimensions = row_dimensions(target);
    let shown = (page.shown.from, page.shown.until.min(refreshed(view.now)));
    let sums = ledger.tally(shown, Some(width), |stream| {
        let is_wanted = is_shown(stream) && ledger.fits(stream, &filters);
        is_wanted.then(|| main.iter().map(|by| value(&ledger, stream, by)).collect::<Vec<_>>())
    });
    let mut reply = page.reply(|bucket| {
        let rows = sums.range((bucket, Vec::new())..(bucket + 1, Vec::new()));
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by_key(|(_, sums)| Reverse(rank(sums, ranked_by)));
        rows.truncate(TOP);
        let lines =
            rows.into_iter().flat_map(|((_, key), sums)| say(sums, &values(&dimensions, &main, key), &of_items));
        lines.map(Value::Object).collect()
    });
    reply.insert("data_refreshed_at".to_owned(), start_of(refreshed(view.now)).to_string().into());
    Ok(reply.into())
}

fn of_users(
    target: &Target<'_>,
    query: &Query,
    view: View<'_>,
    say: impl Fn(&Sums, &Object, &[&str]) -> Vec<Object>,
) -> Result<Value, ApiError> {
    let width = width(query, "bucket_width");
    if width.is_some() && text(query, "ending_at").is_none() {
        return Err(at("ending_at", "Field required when bucket_width is given"));
    }
    Range::check_analytics(query, width, view.now)?;
    let range = Range::of(query, width, view.now)?;
    let group_by = texts(query, "group_by[]");
    let (main, of_items) = grouped(&group_by);

    let ledger = Ledger::of(view.store);
    let filters = legacy_filters(view.store, query);
    let leaves_out_who_left = query.is_set("exclude_deleted_users");
    let sums = ledger.tally((range.from, range.until.min(refreshed(view.now))), width, |stream| {
        let Actor::Member(position) = stream.actor else { return None };
        let person = ledger.people.everybody.get(position)?;
        let has_left = view.store.item(Members::PATH, person.id).is_none();
        let is_wanted = is_shown(stream) && ledger.fits(stream, &filters) && !(leaves_out_who_left && has_left);
        is_wanted.then(|| (position, main.iter().map(|by| value(&ledger, stream, by)).collect::<Vec<_>>()))
    });
    let page = Rows::cut(ranked(query, sums), query)?;
    let dimensions = row_dimensions(target);
    let mut data: Vec<Value> = Vec::new();
    for ((bucket, (position, key)), sums) in page.shown {
        let mut row = values(&dimensions, &main, &key);
        row.insert("actor".to_owned(), ledger.actor(view.store, Actor::Member(position)));
        row.insert("starting_at".to_owned(), json!(width.map(|_| start_of(bucket).to_string())));
        row.insert("ending_at".to_owned(), json!(width.map(|width| start_of(bucket + width.minutes()).to_string())));
        data.extend(say(&sums, &row, &of_items).into_iter().map(Value::Object));
    }
    let mut reply = Rows { shown: data, next_page: page.next_page }.with_more();
    reply["data_refreshed_at"] = start_of(refreshed(view.now)).to_string().into();
    Ok(reply)
}

/// The filters of a query, with the product name of the ledger.
fn legacy_filters(store: &Store, query: &Query) -> Vec<(String, Vec<String>)> {
    let mut filters = filters(store, query);
    for value in filters.iter_mut().filter(|(dimension, _)| dimension == "product").flat_map(|(_, values)| values) {
        if value == "claude-tag" {
            "claude_tag".clone_into(value);
        }
    }
    filters
}

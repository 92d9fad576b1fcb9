//! `GET /v1/organizations/usage_report/messages`.

use super::buckets::{Buckets, Limits};
use super::calendar::Width;
use super::dimension::{filters, row_dimensions};
use super::ledger::Ledger;
use super::prices::Item;
use super::range::{Range, texts, width};
use super::stream::known_until;
use crate::Object;
use crate::error::ApiError;
use crate::query::Query;
use crate::routes::Target;
use crate::rules::View;
use serde_json::{Value, json};

const LIMITS: Limits = Limits { minutes: (60, 1440), hours: (24, 168), days: (7, 31) };
/// The delay before data is available, in minutes.
const DELAY: i64 = 5;
/// The beta feature for the field `speed`.
const FAST_MODE: &str = "fast-mode-2026-02-01";

/// The dimension that rows have only if they are grouped by it. It is the last one of a row.
const SPEED: &str = "speed";

pub(super) fn answer(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let width = width(query, "bucket_width").unwrap_or(Width::Day);
    let group_by = texts(query, "group_by[]");
    let by_speed = group_by.iter().any(|dimension| dimension == SPEED);
    if (by_speed || !texts(query, "speeds[]").is_empty()) && !view.caller.has_beta(FAST_MODE) {
        let place = if by_speed { "group_by[]" } else { "speeds[]" };
        return Err(ApiError::invalid(format!("{place}: 'speed' requires the anthropic-beta header '{FAST_MODE}'")));
    }
    let limit = LIMITS.of(query, width)?;
    let range = Range::of(query, Some(width), view.now)?;
    let page = Buckets::of(query, range, width, limit)?;

    let ledger = Ledger::of(view.store);
    let filters = filters(view.store, query);
    let shown = (page.shown.from, page.shown.until.min(known_until(view.now, DELAY)));
    let sums = ledger.tally(shown, Some(width), |stream| {
        let is_wanted = stream.is_api() && ledger.fits(stream, &filters);
        is_wanted.then(|| group_by.iter().map(|dimension| ledger.value(stream, dimension)).collect::<Vec<_>>())
    });
    let mut dimensions = row_dimensions(target);
    dimensions.retain(|dimension| *dimension != SPEED);
    dimensions.extend(by_speed.then_some(SPEED));
    let reply = page.reply(|bucket| {
        let rows = sums.range((bucket, Vec::new())..(bucket + 1, Vec::new()));
        rows.map(|((_, key), sums)| row(&dimensions, &group_by, key, &sums.usage)).collect()
    });
    Ok(reply.into())
}

fn row(dimensions: &[&str], group_by: &[String], key: &[Option<String>], usage: &super::usage::Usage) -> Value {
    let mut row = Object::new();
    let value = |dimension: &str| {
        let place = group_by.iter().position(|known| known == dimension)?;
        key.get(place)?.clone()
    };
    for dimension in dimensions {
        row.insert((*dimension).to_owned(), value(dimension).into());
    }
    for (name, amount) in [
        ("uncached_input_tokens", json!(usage.of(Item::UncachedInput))),
        ("cache_creation", usage.cache_creation()),
        ("cache_read_input_tokens", json!(usage.of(Item::CacheRead))),
        ("output_tokens", json!(usage.of(Item::Output))),
        ("server_tool_use", usage.server_tool_use()),
    ] {
        row.insert(name.to_owned(), amount);
    }
    row.into()
}

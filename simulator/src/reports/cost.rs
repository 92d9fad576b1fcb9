//! `GET /v1/organizations/cost_report`.

use super::buckets::{Buckets, Limits};
use super::calendar::Width;
use super::ledger::Ledger;
use super::money::NanoCents;
use super::prices::Item;
use super::range::{Range, text, texts};
use super::stream::{Stream, known_until};
use crate::error::ApiError;
use crate::query::Query;
use crate::routes::Target;
use crate::rules::View;
use crate::validate::at;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const LIMITS: Limits = Limits { minutes: (7, 31), hours: (7, 31), days: (7, 31) };
const DELAY: i64 = 5;

/// The key of the rows of a day.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    workspace: Option<String>,
    described: Option<Described>,
}

/// The fields of a row if descriptions are requested.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Described {
    item: Item,
    /// Searches and hours have no kind.
    kind: Option<Kind>,
}

/// The fields that determine the price of tokens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    label: &'static str,
    model: &'static str,
    tier: &'static str,
    window: &'static str,
    geo: &'static str,
    speed: &'static str,
}

impl Kind {
    fn of(stream: &Stream<'_>) -> Self {
        let terms = stream.terms;
        Self {
            label: terms.model.label,
            model: terms.model.name,
            tier: terms.tier,
            window: terms.window,
            geo: terms.geo,
            speed: terms.speed,
        }
    }

    fn described(self, item: Item) -> Described {
        Described { item, kind: item.token_type().is_some().then_some(self) }
    }
}

impl Described {
    fn text(&self) -> String {
        let Some(kind) = &self.kind else { return self.item.label().to_owned() };
        let mut text = format!("{} Usage - {}", kind.label, self.item.label());
        for (differs, words) in [
            (kind.tier == "batch", ", Batch"),
            (kind.window != "0-200k", ", Long Context"),
            (kind.geo == "us", ", US Inference"),
            (kind.speed == "fast", ", Fast Mode"),
        ] {
            if differs {
                text.push_str(words);
            }
        }
        text
    }
}

pub(super) fn answer(_target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    if text(query, "bucket_width").is_some_and(|width| width != "1d") {
        return Err(at("bucket_width", "Input should be '1d'"));
    }
    let group_by = texts(query, "group_by[]");
    let (by_workspace, by_description) =
        (group_by.iter().any(|by| by == "workspace_id"), group_by.iter().any(|by| by == "description"));
    let limit = LIMITS.of(query, Width::Day)?;
    let page = Buckets::of(query, Range::of(query, Some(Width::Day), view.now)?, Width::Day, limit)?;

    let ledger = Ledger::of(view.store);
    let shown = (page.shown.from, page.shown.until.min(known_until(view.now, DELAY)));
    let sums = ledger.tally(shown, Some(Width::Day), |stream| {
        // Priority Tier is prepaid.
        let is_billed = stream.is_api() && !stream.terms.tier.starts_with("priority");
        is_billed.then(|| (ledger.value(stream, "workspace_id").filter(|_| by_workspace), Kind::of(stream)))
    });
    let mut amounts: BTreeMap<(i64, Row), NanoCents> = BTreeMap::new();
    for ((day, (workspace, kind)), sums) in sums {
        for item in Item::ALL.into_iter().filter(|item| sums.cost[*item as usize] != NanoCents::default()) {
            let described = by_description.then(|| kind.clone().described(item));
            *amounts.entry((day, Row { workspace: workspace.clone(), described })).or_default() +=
                sums.cost[item as usize];
        }
    }
    let reply = page.reply(|day| {
        let rows = amounts.range((day, Row::default())..(day + 1, Row::default()));
        rows.map(|((_, row), amount)| shown_row(row, *amount)).collect()
    });
    Ok(reply.into())
}

fn shown_row(row: &Row, amount: NanoCents) -> Value {
    let described = row.described.as_ref();
    let kind = described.and_then(|described| described.kind.as_ref());
    json!({
        "amount": amount.to_string(),
        "currency": "USD",
        "workspace_id": row.workspace,
        "description": described.map(Described::text),
        "cost_type": described.map(|described| described.item.cost_type()),
        "token_type": described.and_then(|described| described.item.token_type()),
        "model": kind.map(|kind| kind.model),
        "service_tier": kind.map(|kind| kind.tier),
        "context_window": kind.map(|kind| kind.window),
        "inference_geo": kind.map(|kind| kind.geo),
    })
}

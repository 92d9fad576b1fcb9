//! Reports: when, how much in all, how that compares, a chart, the rows, and what to know about the data.

use super::flat::{FlatColumn, Measure, Rows, is_union};
use super::{Block, Cell, Chart, Column, Document, Fact, Next, Point, Table, label, money};
use crate::command::{Invocation, period_bounds};
use claude_admin_catalog::{Action, Catalog, Type, Types};
use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;
use std::collections::BTreeMap;

/// The family of interfaces whose answers are reports.
const FAMILY: &str = "Reports";
/// The most points of a chart: what every frontend can draw.
const MAX_POINTS: usize = 20;
/// The most columns that are shown unless more are asked for.
const SHOWN_COLUMNS: usize = 6;
/// The most totals.
const MAX_TOTALS: usize = 8;

/// Whether the answer of an action is a report.
#[must_use]
pub fn is_report(catalog: &Catalog, action: &Action) -> bool {
    catalog.interface(&action.interface).is_some_and(|interface| interface.family == FAMILY)
}

/// What a report is about, beside its rows.
pub(super) struct Report<'r> {
    pub(super) catalog: &'r Catalog,
    pub(super) action: &'r Action,
    pub(super) invocation: &'r Invocation,
    /// The items of the answer.
    pub(super) items: &'r [Value],
    /// The items of the period before.
    pub(super) before: Option<&'r [Value]>,
    /// When the data was last brought up to date.
    pub(super) refreshed: Option<&'r str>,
    pub(super) more: bool,
}

impl Report<'_> {
    /// Writes a report; `None` where the items hold nothing that adds up.
    pub(super) fn document(&self, item: &Type, wanted: &[String], next: Next) -> Option<Document> {
        let types = &self.catalog.types;
        let layout = Rows::of(types, item)?;
        let rows = layout.read(self.items);
        let before = self.before.map(|items| layout.read(items));
        let mut document = Document::titled(self.action.summary());
        let facts = self.facts();
        if !facts.is_empty() {
            document = document.with(Block::Facts(facts));
        }
        let totals = totals(&layout.columns, &rows, before.as_deref());
        if !totals.is_empty() {
            document = document.with(Block::Facts(totals));
        }
        if let Some(chart) = chart(types, &layout.columns, &rows) {
            document = document.with(Block::Chart(chart));
        }
        document = document.with(Block::Table(table(types, &layout.columns, &rows, wanted, next)));
        let notes = self.notes();
        if !notes.is_empty() {
            document = document.with(Block::Text(notes.join("\n")));
        }
        Some(document)
    }

    /// The time that was asked for, as it was understood.
    fn facts(&self) -> Vec<Fact> {
        let arguments = &self.invocation.arguments;
        let mut facts = Vec::new();
        for period in &self.action.periods {
            let end = arguments.get(&period.end).and_then(Value::as_str).unwrap_or("now");
            if let Some(start) = arguments.get(&period.start).and_then(Value::as_str) {
                facts.push(Fact::new(
                    label(&period.name),
                    format!("{} to {} (UTC, the end is left out)", spoken(start), spoken(end)),
                ));
            }
        }
        facts
    }

    fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = Vec::new();
        if self.more {
            notes.push("More follow: totals and chart are of what is shown. --all adds up everything.".to_owned());
        }
        notes.extend(self.action.docs.prose.split("\n\n").skip(1).map(|paragraph| paragraph.replace('\n', " ")));
        if let Some(reason) = &self.action.deprecated {
            notes.push(reason.clone());
        }
        if let Some(refreshed) = self.refreshed {
            notes.push(format!("The data is as of {}.", spoken(refreshed)));
        }
        notes
    }
}

/// An instant without its needless zeros: `2026-11-15`, `2026-11-15 17:20`.
fn spoken(text: &str) -> String {
    match text.parse::<Timestamp>() {
        Ok(instant) => {
            let text = instant.to_string();
            let text = text.trim_end_matches('Z').split('.').next().unwrap_or_default().replace('T', " ");
            text.strip_suffix(" 00:00:00").or_else(|| text.strip_suffix(":00")).unwrap_or(&text).to_owned()
        }
        Err(_) => text.to_owned(),
    }
}

fn amount(column: &FlatColumn<'_>, row: &Value) -> Option<Decimal> {
    match column.value(row)? {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

fn sum(column: &FlatColumn<'_>, rows: &[Value]) -> Decimal {
    rows.iter().filter_map(|row| amount(column, row)).sum()
}

fn currency(rows: &[Value]) -> Option<&str> {
    rows.iter().find_map(|row| row.get("currency").or_else(|| row.get("cost")?.get("currency"))?.as_str())
}

fn spelled(measure: Measure, value: Decimal, currency: Option<&str>) -> String {
    match measure {
        Measure::Cents => money::shown(value, currency),
        Measure::Count => money::grouped(&value.normalize().to_string()),
    }
}

/// Everything that adds up to more than nothing, and how it was in the period before.
fn totals(columns: &[FlatColumn<'_>], rows: &[Value], before: Option<&[Value]>) -> Vec<Fact> {
    let mut facts = Vec::new();
    for column in columns {
        let Some(measure) = column.measure else { continue };
        let total = sum(column, rows);
        let earlier = before.map(|rows| sum(column, rows));
        if total.is_zero() && earlier.is_none_or(|earlier| earlier.is_zero()) {
            continue;
        }
        let mut text = spelled(measure, total, currency(rows));
        if let Some(earlier) = earlier {
            text.push_str(&change(measure, total, earlier, currency(rows)));
        }
        facts.push(Fact { field: column.name(), ..Fact::new(format!("Total {}", title(column)), text) });
    }
    facts.truncate(MAX_TOTALS);
    facts
}

/// ` (up 12.5% from $1,000.00 in the period before)`.
fn change(measure: Measure, total: Decimal, earlier: Decimal, currency: Option<&str>) -> String {
    let then = spelled(measure, earlier, currency);
    if earlier.is_zero() {
        return " (none in the period before)".to_owned();
    }
    let percent = ((total - earlier) * Decimal::ONE_HUNDRED / earlier).round_dp(1).normalize();
    match percent {
        percent if percent.is_zero() => format!(" (as in the period before: {then})"),
        percent if percent.is_sign_positive() => format!(" (up {percent}% from {then} in the period before)"),
        percent => format!(" (down {}% from {then} in the period before)", percent.abs()),
    }
}

fn title(column: &FlatColumn<'_>) -> String {
    let name = column.path.join(" ");
    let text = label(&name.replace(' ', "_"));
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// The measure that a report is about: money where there is some, else the largest number.
fn main_measure<'c, 't>(columns: &'c [FlatColumn<'t>], rows: &[Value]) -> Option<&'c FlatColumn<'t>> {
    let money = columns.iter().find(|column| column.measure == Some(Measure::Cents) && !sum(column, rows).is_zero());
    money.or_else(|| {
        let counts = columns.iter().filter(|column| column.measure == Some(Measure::Count));
        counts.max_by_key(|column| sum(column, rows)).filter(|column| !sum(column, rows).is_zero())
    })
}

/// Along time where there is more than one bucket, else side by side along the first thing that tells rows apart.
fn chart(types: &Types, columns: &[FlatColumn<'_>], rows: &[Value]) -> Option<Chart> {
    let main = main_measure(columns, rows)?;
    let measure = main.measure?;
    let time = columns.iter().find(|column| matches!(column.field.wire.as_str(), "starting_at" | "date"));
    let times = time.map(|time| distinct(types, time, rows)).unwrap_or_default();
    let along = if times.len() > 1 {
        time?
    } else {
        columns
            .iter()
            .filter(|column| column.measure.is_none() && column.field.wire != "currency")
            .filter(|column| !matches!(column.field.wire.as_str(), "starting_at" | "ending_at" | "date"))
            .find(|column| distinct(types, column, rows).len() > 1)?
    };
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    for row in rows {
        let place = place(types, along, row);
        *sums.entry(place).or_default() += amount(main, row).unwrap_or_default();
    }
    let mut points: Vec<(String, Decimal)> = sums.into_iter().collect();
    let by_time = times.len() > 1;
    if !by_time {
        points.sort_by_key(|point| std::cmp::Reverse(point.1));
    }
    let left_out = points.len().saturating_sub(MAX_POINTS);
    // The latest of a time, and the greatest of things.
    let points: Vec<_> =
        if by_time { points.split_off(left_out) } else { points.into_iter().take(MAX_POINTS).collect() };
    let which = match (left_out, by_time) {
        (0, _) => String::new(),
        (_, true) => format!(", the last {MAX_POINTS}"),
        (_, false) => format!(", the {MAX_POINTS} greatest"),
    };
    let unit =
        if measure == Measure::Cents { format!(" ({})", currency(rows).unwrap_or("USD")) } else { String::new() };
    let scale = if measure == Measure::Cents { Decimal::ONE_HUNDRED } else { Decimal::ONE };
    let capital = |text: String| label(&text.replace(' ', "_"));
    Some(Chart {
        title: format!("{} by {}{which}", capital(title(main)), if by_time { "time".to_owned() } else { title(along) }),
        x_label: if by_time { "Time".to_owned() } else { capital(title(along)) },
        y_label: format!("{}{unit}", capital(title(main))),
        points: points
            .into_iter()
            .map(|(label, value)| Point {
                label: spoken(&label),
                value: (value / scale).to_f64().unwrap_or_default(),
                text: spelled(measure, value, currency(rows)),
            })
            .collect(),
    })
}

fn distinct(types: &Types, column: &FlatColumn<'_>, rows: &[Value]) -> Vec<String> {
    let mut places: Vec<String> =
        rows.iter().filter(|row| column.value(row).is_some()).map(|row| place(types, column, row)).collect();
    places.sort();
    places.dedup();
    places
}

/// A value as the name of a place in a chart.
fn place(types: &Types, column: &FlatColumn<'_>, row: &Value) -> String {
    let ty = types.optional(&column.field.ty).unwrap_or(&column.field.ty);
    match column.value(row) {
        None => "(none)".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(entries)) if is_union(types, ty) => {
            let named = ["email_address", "name", "api_key_name"].iter().find_map(|name| entries.get(*name)?.as_str());
            let id = || entries.iter().find(|(name, _)| name.ends_with("_id")).and_then(|(_, id)| id.as_str());
            named.or_else(id).unwrap_or("(other)").to_owned()
        }
        Some(value) => value.to_string(),
    }
}

fn table(types: &Types, columns: &[FlatColumn<'_>], rows: &[Value], wanted: &[String], next: Next) -> Table {
    let used = |column: &&FlatColumn<'_>| {
        wanted.contains(&column.name()) || rows.iter().any(|row| column.value(row).is_some())
    };
    let mut kept: Vec<&FlatColumn<'_>> = columns.iter().filter(used).collect();
    // Wanted columns come first, in their order; then what tells rows apart, then what adds up to something.
    let rank = |column: &FlatColumn<'_>| {
        let name = column.name();
        let asked = wanted.iter().position(|wanted| *wanted == name);
        let kind = match column.measure {
            _ if name == "ending_at" || name.ends_with("currency") => 4,
            None => 1,
            Some(_) if sum(column, rows).is_zero() => 3,
            Some(_) => 2,
        };
        (asked.is_none(), asked, kind)
    };
    kept.sort_by_key(|column| rank(column));
    let shown = if wanted.is_empty() { SHOWN_COLUMNS } else { wanted.len() };
    let heads = kept
        .iter()
        .enumerate()
        .map(|(index, column)| Column {
            field: column.name(),
            label: label(&column.path.join("_")),
            shown: index < shown,
        })
        .collect();
    let cells = rows.iter().map(|row| kept.iter().map(|column| cell(types, column, row)).collect()).collect();
    let caption = match rows.len() {
        0 => "No rows: nothing was recorded".to_owned(),
        1 => "1 row".to_owned(),
        count => format!("{count} rows"),
    };
    Table { caption, columns: heads, rows: cells, next }
}

fn cell(types: &Types, column: &FlatColumn<'_>, row: &Value) -> Cell {
    let Some(value) = column.value(row) else { return Cell::Missing };
    let ty = types.optional(&column.field.ty).unwrap_or(&column.field.ty);
    match (column.measure, amount(column, row)) {
        (Some(Measure::Cents), Some(cents)) => {
            let currency = row.get("currency").and_then(Value::as_str);
            let exact = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            return Cell::Money { text: money::shown(cents, currency), cents: exact };
        }
        (Some(Measure::Count), Some(count)) => return Cell::Number(count.normalize().to_string()),
        _ => {}
    }
    match value {
        Value::String(text) if types.format(ty) == Some("timestamp") => Cell::Time(text.clone()),
        Value::Object(_) if is_union(types, ty) => {
            Cell::Nested { text: place(types, column, row), json: value.to_string() }
        }
        _ => super::from_result::value_cell(types, ty, value),
    }
}

/// The invocation of the period before: as long, and ending where this one begins.
#[must_use]
pub fn period_before(action: &Action, invocation: &Invocation) -> Option<Invocation> {
    let period = action.periods.first()?;
    let (from, until) = period_bounds(period, &invocation.arguments)?;
    let start = from.checked_sub(until.duration_since(from)).ok()?;
    let mut before = invocation.clone();
    let as_written = |name: &str, instant: Timestamp| {
        let is_day = invocation.arguments.get(name).and_then(Value::as_str).is_some_and(|text| text.len() == 10);
        let text = instant.to_string();
        Value::from(if is_day { text.chars().take(10).collect() } else { text })
    };
    before.arguments.insert(period.start.clone(), as_written(&period.start, start));
    before.arguments.insert(period.end.clone(), as_written(&period.end, from));
    if let Some(paging) = &action.paging {
        before.arguments.shift_remove(paging.input());
    }
    Some(before)
}

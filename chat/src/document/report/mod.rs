//! Reports: the period, the totals, the comparison, a chart, the rows, and notes about the data.

mod chart;
mod measured;
mod table;
mod totals;

use super::flat::{FlatColumn, Rows, is_union};
use super::from_result::order;
use super::{Block, Document, Fact, Next, Table, label};
use crate::command::Invocation;
use chart::chart;
use claude_admin_catalog::{Action, Catalog, Type, Types};
use jiff::Timestamp;
use serde_json::Value;
use table::table;
use totals::{Coverage, totals};

/// The family of interfaces whose results are reports.
const FAMILY: &str = "Reports";

/// Whether the result of an action is a report.
#[must_use]
pub fn is_report(catalog: &Catalog, action: &Action) -> bool {
    catalog.interface(&action.interface).is_some_and(|interface| interface.family == FAMILY)
}

/// The content of a report, apart from its rows.
pub(super) struct Report<'r> {
    pub(super) catalog: &'r Catalog,
    pub(super) action: &'r Action,
    pub(super) invocation: &'r Invocation,
    /// The items of the result.
    pub(super) items: &'r [Value],
    /// The items of the previous period.
    pub(super) before: Option<&'r [Value]>,
    /// The time of the last update of the data.
    pub(super) refreshed: Option<&'r str>,
    /// Whether the rows are complete.
    pub(super) whole: bool,
    /// Whether every page was requested.
    pub(super) all: bool,
    /// The time of reading, if an incomplete period matters.
    pub(super) now: Option<Timestamp>,
}

impl Report<'_> {
    /// Writes a report; `None` if the items contain no measure.
    pub(super) fn document(&self, item: &Type, wanted: &[String], next: Next) -> Option<Document> {
        let types = &self.catalog.types;
        let layout = Rows::of(types, item)?;
        let rows = layout.read(self.items);
        let before = self.before.map(|items| layout.read(items));
        // The title shows that a report is not complete.
        let title = self.action.summary();
        let mut document =
            Document::titled(if self.whole { title.to_owned() } else { format!("{title}: partial result") });
        let facts = self.facts();
        if !facts.is_empty() {
            document = document.with(Block::Facts(facts));
        }
        let (totals, more) = totals(&layout.columns, &rows, before.as_deref(), self.coverage());
        if !totals.is_empty() {
            document = document.with(Block::Facts(totals));
        }
        if let Some(chart) = chart(types, &layout.columns, &rows) {
            document = document.with(Block::Chart(chart));
        }
        let ordered = order(self.action, self.invocation);
        let table = table(types, &layout.columns, &rows, wanted, ordered);
        document = document.with(Block::Table(Table { all: self.all, next, ..table }));
        let notes = self.notes(more);
        if !notes.is_empty() {
            document = document.with(Block::Text(notes.join("\n")));
        }
        Some(document)
    }

    /// The part of the period that is counted. An incomplete period, or one with incomplete data, cannot be compared
    /// with a complete one.
    fn coverage(&self) -> Coverage {
        let instant = |text: &str| text.parse::<Timestamp>().or_else(|_| format!("{text}T00:00:00Z").parse()).ok();
        let known = [self.now, self.refreshed.and_then(instant)].into_iter().flatten().min();
        let ends = self.action.periods.iter().filter_map(|period| self.invocation.arguments.get(&period.end)?.as_str());
        let is_over = |end: Timestamp| known.is_none_or(|known| end <= known);
        match self.whole {
            false => Coverage::Part,
            true if ends.filter_map(instant).all(is_over) => Coverage::Whole,
            true => Coverage::SoFar,
        }
    }

    /// The requested time, as it was interpreted: from boundary to boundary of the buckets.
    fn facts(&self) -> Vec<Fact> {
        let arguments = &self.invocation.arguments;
        let mut facts = Vec::new();
        for period in &self.action.periods {
            let end = arguments.get(&period.end).and_then(Value::as_str).unwrap_or("now");
            if let Some(start) = arguments.get(&period.start).and_then(Value::as_str) {
                facts.push(Fact::new(
                    label(&period.name),
                    format!("{} to {} (UTC, end not included)", spoken(start), spoken(end)),
                ));
            }
        }
        // A report about one day has an input for this day.
        let is_bound = |name: &str| self.action.periods.iter().any(|period| period.start == name || period.end == name);
        for input in self.action.inputs.iter().filter(|input| !is_bound(&input.name)) {
            let is_day = self.catalog.types.format(&input.ty) == Some("date");
            if let Some(day) = arguments.get(&input.name).and_then(Value::as_str).filter(|_| is_day) {
                facts.push(Fact { field: input.name.replace('-', "_"), ..Fact::new("Day", format!("{day} (UTC)")) });
            }
        }
        facts
    }

    fn notes(&self, more_totals: usize) -> Vec<String> {
        let mut notes: Vec<String> = Vec::new();
        if !self.whole {
            let hint = if self.all { "" } else { " Without --limit and --page, the command reads the whole report." };
            notes.push(format!("Totals and chart cover only the rows above.{hint}"));
        }
        if more_totals > 0 {
            notes.push(format!("{more_totals} more totals are not shown; -o json has every value."));
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

/// An instant without unnecessary zeros: `2026-11-15`, `2026-11-15 17:20`.
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

/// A value as the name of a position in a chart.
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

//! Reports: when, how much in all, how that compares, a chart, the rows, and what to know about the data.

mod chart;
mod measured;
mod table;
mod totals;

use super::flat::{FlatColumn, Rows, is_union};
use super::{Block, Document, Fact, Next, label};
use crate::command::Invocation;
use chart::chart;
use claude_admin_catalog::{Action, Catalog, Type, Types};
use jiff::Timestamp;
use serde_json::Value;
use table::table;
use totals::totals;

/// The family of interfaces whose answers are reports.
const FAMILY: &str = "Reports";

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

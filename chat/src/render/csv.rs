//! Comma-separated values (RFC 4180), safe to open in a spreadsheet and to show on a terminal.

mod guard;

use super::Medium;
use super::visible::{json_escaped, visible, visible_lines};
use crate::document::{Block, Cell, Document, Fact, Table};
use guard::{guarded_json, guarded_text, is_number};
use serde_json::Value;
use std::borrow::Cow;

/// Writes the rows of a document: a line of field names, then a line for each object. Tables have all their columns,
/// and nested values are JSON. A notice is not a row: a program would read it as one. An empty line is between two tables.
#[must_use]
pub fn csv(document: &Document) -> String {
    csv_on(document, Medium::Stream)
}

/// The same as [`csv()`], for a medium.
#[must_use]
pub fn csv_on(document: &Document, medium: Medium) -> String {
    let tables = document.blocks.iter().filter_map(|block| match block {
        Block::Table(table) => Some(table),
        _ => None,
    });
    let facts: Vec<&Fact> = document.blocks.iter().filter_map(Block::facts).flatten().collect();
    let mut writer = Writer::new(medium);
    if tables.clone().next().is_some() {
        return tables.map(|table| whole(table, medium)).collect::<Vec<_>>().join("\n");
    }
    if !facts.is_empty() {
        let names = distinct(facts.iter().map(|fact| head(&fact.field, fact.unit.as_deref())));
        writer.texts(names.iter().map(String::as_str));
        writer.row(facts.iter().map(|fact| field(&fact.cell)));
    } else {
        let commands = document.blocks.iter().filter_map(|block| match block {
            Block::Commands(commands) => Some(commands),
            _ => None,
        });
        let commands: Vec<&(String, String)> = commands.flatten().collect();
        if !commands.is_empty() {
            writer.texts(["command", "meaning"]);
            commands.iter().for_each(|(command, meaning)| writer.texts([command.as_str(), meaning]));
        }
    }
    writer.written()
}

/// A table with its field names. For later parts of a list, the line of field names was already written.
fn whole(table: &Table, medium: Medium) -> String {
    let mut writer = Writer::new(medium);
    if table.earlier == 0 {
        let names: Vec<String> =
            table.columns.iter().map(|column| head(&column.field, column.unit.as_deref())).collect();
        writer.texts(names.iter().map(String::as_str));
    }
    writer.table(table);
    writer.written()
}

/// A text as a cell of a table that is written by another writer.
#[must_use]
pub fn cell(text: &str, medium: Medium) -> String {
    shown(&guarded_text(text), medium)
}

/// Only the lines for the rows of a table.
#[must_use]
pub fn rows(table: &Table, medium: Medium) -> String {
    let mut writer = Writer::new(medium);
    writer.table(table);
    writer.written()
}

/// Writes the result for programs: a line for each object of a list, or for the one object, under the field names.
#[must_use]
pub fn values(value: &Value, medium: Medium) -> String {
    let objects = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
    let mut names: Vec<&str> = Vec::new();
    for name in objects.iter().filter_map(Value::as_object).flat_map(|object| object.keys()) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let mut writer = Writer::new(medium);
    if !names.is_empty() {
        writer.texts(names.iter().copied());
        objects.iter().for_each(|object| writer.row(names.iter().map(|name| json_field(object.get(name)))));
    }
    writer.written()
}

struct Writer {
    medium: Medium,
    csv: ::csv::Writer<Vec<u8>>,
}

impl Writer {
    fn new(medium: Medium) -> Self {
        Self { medium, csv: ::csv::WriterBuilder::new().flexible(true).from_writer(Vec::new()) }
    }

    fn table(&mut self, table: &Table) {
        table.rows.iter().for_each(|row| self.row(row.iter().map(field)));
    }

    fn texts<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) {
        self.row(texts.into_iter().map(guarded_text));
    }

    fn row<'t>(&mut self, cells: impl Iterator<Item = Cow<'t, str>>) {
        let medium = self.medium;
        // Writing to memory does not fail.
        let _ = self.csv.write_record(cells.map(|cell| shown(&cell, medium)));
    }

    fn written(self) -> String {
        self.csv.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

fn shown(cell: &str, medium: Medium) -> String {
    match medium {
        Medium::Stream => visible_lines(cell).into_owned(),
        Medium::Terminal { .. } => visible(cell).into_owned(),
    }
}

/// Distinct names: a repeated name gets a number.
fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for name in names {
        let mut candidates = (1..).map(|number| if number == 1 { name.clone() } else { format!("{name}_{number}") });
        distinct.extend(candidates.find(|candidate| !distinct.contains(candidate)));
    }
    distinct
}

/// The name of a column, with the unit of its values: `amount_cents`.
fn head(field: &str, unit: Option<&str>) -> String {
    unit.map_or_else(|| field.to_owned(), |unit| format!("{field}_{unit}"))
}

fn field(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Missing => Cow::Borrowed(""),
        Cell::Bool(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
        Cell::Number(number) | Cell::Money { cents: number, .. } => number_field(number),
        Cell::Nested { json, .. } => Cow::Owned(json_field_text(json)),
        Cell::Text(text) | Cell::Sentence(text) | Cell::Time { utc: text, .. } | Cell::Person { text, .. } => {
            guarded_text(text)
        }
    }
}

fn json_field(value: Option<&Value>) -> Cow<'static, str> {
    match value {
        None | Some(Value::Null) => Cow::Borrowed(""),
        Some(Value::String(text)) => Cow::Owned(guarded_text(text).into_owned()),
        Some(Value::Number(number)) => Cow::Owned(number_field(&number.to_string()).into_owned()),
        Some(value @ Value::Bool(_)) => Cow::Owned(value.to_string()),
        Some(value) => Cow::Owned(json_field_text(&value.to_string())),
    }
}

/// JSON in a cell has the same meaning: characters that control a terminal or begin a formula are escaped.
fn json_field_text(json: &str) -> String {
    guarded_json(&json_escaped(json))
}

/// A number is written unchanged, with its sign. A text that only resembles a number is written as text.
fn number_field(text: &str) -> Cow<'_, str> {
    if is_number(text) { Cow::Borrowed(text) } else { guarded_text(text) }
}

//! The rows of a report.

use super::measured::{amount, sum};
use super::place;
use crate::document::flat::{FlatColumn, Measure, is_union};
use crate::document::from_result::value_cell;
use crate::document::{Cell, Column, Next, Table, label, money};
use claude_admin_catalog::Types;
use serde_json::Value;

/// The most columns that are shown unless more are asked for.
const SHOWN_COLUMNS: usize = 6;

pub(super) fn table(types: &Types, columns: &[FlatColumn<'_>], rows: &[Value], wanted: &[String], next: Next) -> Table {
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
    // Each rank adds up a column: once is enough.
    kept.sort_by_cached_key(|column| rank(column));
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
    Table { caption, columns: heads, rows: cells, earlier: 0, next }
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
        _ => value_cell(types, ty, value),
    }
}

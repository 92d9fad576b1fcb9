//! The rows of a report.

use super::chart::main_measure;
use super::measured::{amount, sum};
use super::place;
use crate::document::flat::{FlatColumn, Measure, is_union};
use crate::document::from_result::{shown, value_cell};
use crate::document::{Cell, Column, Table, label, money};
use claude_admin_catalog::Types;
use rust_decimal::Decimal;
use serde_json::Value;

/// The most columns that are shown unless more are asked for.
const SHOWN_COLUMNS: usize = 6;

/// The rows, with the columns that are wanted, or those that say the most: what tells rows apart, and always what the report
/// measures and what its rows are `ordered` by.
pub(super) fn table(
    types: &Types,
    columns: &[FlatColumn<'_>],
    rows: &[Value],
    wanted: &[String],
    ordered: Option<&str>,
) -> Table {
    let name_of = |column: &FlatColumn<'_>| column.name();
    let measure = main_measure(columns, rows).or_else(|| columns.iter().find(|column| column.measure.is_some()));
    let measure = measure.map(name_of);
    let ordered = ordered.and_then(|field| columns.iter().find(|column| column.is_called(field))).map(name_of);
    let is_needed = |name: &String| Some(name) == measure.as_ref() || Some(name) == ordered.as_ref();
    let used = |column: &&FlatColumn<'_>| {
        let name = column.name();
        wanted.contains(&name) || is_needed(&name) || rows.iter().any(|row| column.value(row).is_some())
    };
    let mut kept: Vec<&FlatColumn<'_>> = columns.iter().filter(used).collect();
    // Wanted columns come first, in their order; then what tells rows apart, then what adds up to something.
    let rank = |column: &FlatColumn<'_>| {
        let name = column.name();
        let asked = wanted.iter().position(|wanted| *wanted == name);
        let kind = match column.measure {
            _ if name == "ending_at" || name.ends_with("currency") => 4,
            None => 1,
            Some(_) if sum(column, rows) == Some(Decimal::ZERO) => 3,
            Some(_) => 2,
        };
        (asked.is_none(), asked, kind)
    };
    // Each rank adds up a column: once is enough.
    kept.sort_by_cached_key(|column| rank(column));
    let names: Vec<String> = kept.iter().map(|column| column.name()).collect();
    let shown = shown(&names, wanted, SHOWN_COLUMNS, is_needed);
    let heads = kept.iter().zip(&names).zip(&shown).map(|((column, name), shown)| Column {
        field: name.clone(),
        label: label(&column.path.join("_")),
        unit: column.unit_name(),
        shown: *shown,
    });
    let heads = heads.collect();
    let cells = rows.iter().map(|row| kept.iter().map(|column| cell(types, column, row)).collect()).collect();
    let caption = match rows.len() {
        0 => "No rows: nothing was recorded".to_owned(),
        1 => "1 row".to_owned(),
        count => format!("{count} rows"),
    };
    Table { caption, columns: heads, rows: cells, ..Table::default() }
}

fn cell(types: &Types, column: &FlatColumn<'_>, row: &Value) -> Cell {
    let Some(value) = column.value(row) else { return Cell::Missing };
    let ty = types.optional(&column.field.ty).unwrap_or(&column.field.ty);
    match (column.measure, amount(column, row)) {
        (Some(Measure::Money), _) => return money::cell(value, column.currency(row)),
        (Some(Measure::Count | Measure::Level), Some(count)) => return Cell::Number(count.normalize().to_string()),
        _ => {}
    }
    match value {
        Value::Object(_) if is_union(types, ty) => {
            Cell::Nested { text: place(types, column, row), json: value.to_string() }
        }
        _ => value_cell(types, ty, value),
    }
}

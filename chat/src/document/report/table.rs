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

/// The maximum number of columns that are shown by default.
const SHOWN_COLUMNS: usize = 6;

/// The rows, with the requested columns, or with all columns. Columns that distinguish rows come first, then measures.
/// The order does not depend on the values, so programs find each column at the same position. The columns with the highest rank are shown, and always the main measure and the column by which the rows are `ordered`.
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
    let kind = |column: &FlatColumn<'_>| match column.measure {
        _ if is_background(column) => 2,
        None => 0,
        Some(_) => 1,
    };
    let mut kept: Vec<&FlatColumn<'_>> = columns.iter().collect();
    kept.sort_by_key(|column| kind(column));
    if !wanted.is_empty() {
        kept = wanted.iter().filter_map(|name| columns.iter().find(|column| column.name() == *name)).collect();
    }
    // A measure with a sum above zero has more information than one with the sum zero. A column without values has no
    // information.
    let says = |column: &FlatColumn<'_>| match column.measure {
        _ if !rows.iter().any(|row| column.value(row).is_some()) => 3,
        _ if is_background(column) => 2,
        Some(_) if sum(column, rows) == Some(Decimal::ZERO) => 1,
        _ => 0,
    };
    let mut ranked: Vec<(usize, String)> = kept.iter().map(|column| (says(column), column.name())).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    let names: Vec<String> = ranked.iter().map(|(_, name)| name.clone()).collect();
    let is_shown = shown(&names, wanted, SHOWN_COLUMNS, is_needed);
    let is_shown = |name: &String| {
        let place = names.iter().position(|other| other == name);
        place.is_some_and(|place| is_shown[place] && (ranked[place].0 < 3 || is_needed(name) || !wanted.is_empty()))
    };
    let heads = kept.iter().map(|column| Column {
        field: column.name(),
        label: label(&column.path.join("_")),
        unit: column.unit_name(),
        shown: is_shown(&column.name()),
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

/// The end of a bucket follows from its beginning, and the currency is shown with the amounts.
fn is_background(column: &FlatColumn<'_>) -> bool {
    let name = column.name();
    name == "ending_at" || name.ends_with("currency")
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

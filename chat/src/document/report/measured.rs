//! What the columns of a report measure: amounts, their sums, and how both are written.

use crate::document::flat::{FlatColumn, Measure};
use crate::document::{label, money};
use rust_decimal::Decimal;
use serde_json::Value;

pub(super) fn amount(column: &FlatColumn<'_>, row: &Value) -> Option<Decimal> {
    match column.value(row)? {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

pub(super) fn sum(column: &FlatColumn<'_>, rows: &[Value]) -> Decimal {
    rows.iter().filter_map(|row| amount(column, row)).sum()
}

pub(super) fn currency(rows: &[Value]) -> Option<&str> {
    rows.iter().find_map(|row| row.get("currency").or_else(|| row.get("cost")?.get("currency"))?.as_str())
}

pub(super) fn spelled(measure: Measure, value: Decimal, currency: Option<&str>) -> String {
    match measure {
        Measure::Cents => money::shown(value, currency),
        Measure::Count => money::grouped(&value.normalize().to_string()),
    }
}

pub(super) fn title(column: &FlatColumn<'_>) -> String {
    let name = column.path.join(" ");
    let text = label(&name.replace(' ', "_"));
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

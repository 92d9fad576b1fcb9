//! Reports of usage and cost, and analytics.

mod activity;
mod agreement;
mod by_dimensions;
mod console;
mod legacy;

use serde_json::Value;

/// A decimal number in billionths, so sums are exact.
pub(crate) fn exact(decimal: &Value) -> i128 {
    let text = decimal.as_str().unwrap();
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    assert!(rest.len() <= 9, "{text}");
    format!("{whole}{rest:0<9}").parse().unwrap()
}

/// All rows of all buckets.
pub(crate) fn rows(page: &Value) -> Vec<Value> {
    page["data"].as_array().unwrap().iter().flat_map(|bucket| bucket["results"].as_array().unwrap().clone()).collect()
}

/// The sum of a field of whole numbers.
pub(crate) fn sum(rows: &[Value], pointer: &str) -> i64 {
    rows.iter().map(|row| row.pointer(pointer).unwrap().as_i64().unwrap()).sum()
}

/// The sum of a field of amounts, in billionths of a cent.
pub(crate) fn amount(rows: &[Value], pointer: &str) -> i128 {
    rows.iter().map(|row| exact(row.pointer(pointer).unwrap())).sum()
}

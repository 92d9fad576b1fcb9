//! The chart of a report: the measure and the axis.

use super::measured::{amount, currencies, of_currency, spelled, sum, title};
use super::{place, spoken};
use crate::document::flat::{FlatColumn, Measure};
use crate::document::{Chart, Point, label};
use claude_admin_catalog::Types;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;
use std::collections::BTreeMap;

/// The maximum number of points of a chart. Every frontend can draw them.
const MAX_POINTS: usize = 20;

/// The main measure of a report: an amount of money if there is one, otherwise the largest number that can be added,
/// otherwise a level.
pub(super) fn main_measure<'c, 't>(columns: &'c [FlatColumn<'t>], rows: &[Value]) -> Option<&'c FlatColumn<'t>> {
    let of = |measure: Measure| columns.iter().filter(move |column| column.measure == Some(measure));
    let size = |column: &FlatColumn<'_>| sum(column, rows).unwrap_or_default();
    let is_something = |column: &&FlatColumn<'_>| !size(column).is_zero();
    let money = of(Measure::Money).find(is_something);
    let largest = |measure| of(measure).max_by_key(|column| size(column)).filter(is_something);
    money.or_else(|| largest(Measure::Count)).or_else(|| largest(Measure::Level))
}

/// The currency of most rows. Amounts in other currencies are not drawn.
fn main_currency(column: &FlatColumn<'_>, rows: &[Value]) -> Option<String> {
    let count = |currency: &Option<String>| of_currency(column, rows, currency.as_deref()).count();
    // The first of several currencies with the same number of rows.
    currencies(column, rows).into_iter().rev().max_by_key(count).flatten()
}

/// The chart is along time if there is more than one bucket. Otherwise it is along the first column that distinguishes
/// the rows.
pub(super) fn chart(types: &Types, columns: &[FlatColumn<'_>], rows: &[Value]) -> Option<Chart> {
    let main = main_measure(columns, rows)?;
    let measure = main.measure?;
    let several = currencies(main, rows).len() > 1;
    let currency = main_currency(main, rows);
    let currency = currency.as_deref();
    let rows: Vec<&Value> = of_currency(main, rows, currency).collect();
    let rows = rows.as_slice();
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
        let value = amount(main, row).unwrap_or_default();
        // Levels must not be added, and a chart that needs their sum is not drawn.
        if measure == Measure::Level && sums.contains_key(&place) {
            return None;
        }
        let sum = sums.entry(place).or_default();
        *sum = sum.checked_add(value)?;
    }
    let mut points: Vec<(String, Decimal)> = sums.into_iter().collect();
    let by_time = times.len() > 1;
    if !by_time {
        points.sort_by_key(|point| std::cmp::Reverse(point.1));
    }
    let left_out = points.len().saturating_sub(MAX_POINTS);
    // The latest points of a time, and the greatest ones of a category.
    let points: Vec<_> =
        if by_time { points.split_off(left_out) } else { points.into_iter().take(MAX_POINTS).collect() };
    let which = match (left_out, by_time) {
        (0, _) => String::new(),
        (_, true) => format!(", the last {MAX_POINTS}"),
        (_, false) => format!(", the {MAX_POINTS} greatest"),
    };
    let unit = currency.map(|currency| format!(" ({currency})")).unwrap_or_default();
    let of = currency.filter(|_| several).map(|currency| format!(" in {currency}")).unwrap_or_default();
    let scale = if measure == Measure::Money { Decimal::ONE_HUNDRED } else { Decimal::ONE };
    let capital = |text: String| label(&text.replace(' ', "_"));
    Some(Chart {
        title: format!(
            "{}{of} by {}{which}",
            capital(title(main)),
            if by_time { "time".to_owned() } else { title(along) }
        ),
        x_label: if by_time { "Time (UTC)".to_owned() } else { capital(title(along)) },
        y_label: format!("{}{unit}", capital(title(main))),
        points: points
            .into_iter()
            .map(|(label, value)| Point {
                label: spoken(&label),
                value: (value / scale).to_f64().unwrap_or_default(),
                text: spelled(measure, value, currency),
            })
            .collect(),
    })
}

fn distinct(types: &Types, column: &FlatColumn<'_>, rows: &[&Value]) -> Vec<String> {
    let mut places: Vec<String> =
        rows.iter().filter(|row| column.value(row).is_some()).map(|row| place(types, column, row)).collect();
    places.sort();
    places.dedup();
    places
}

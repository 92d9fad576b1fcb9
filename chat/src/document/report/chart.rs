//! The chart of a report: which measure, along what.

use super::measured::{amount, currency, spelled, sum, title};
use super::{place, spoken};
use crate::document::flat::{FlatColumn, Measure};
use crate::document::{Chart, Point, label};
use claude_admin_catalog::Types;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most points of a chart: what every frontend can draw.
const MAX_POINTS: usize = 20;

/// The measure that a report is about: money where there is some, else the largest number.
fn main_measure<'c, 't>(columns: &'c [FlatColumn<'t>], rows: &[Value]) -> Option<&'c FlatColumn<'t>> {
    let money = columns.iter().find(|column| column.measure == Some(Measure::Cents) && !sum(column, rows).is_zero());
    money.or_else(|| {
        let counts = columns.iter().filter(|column| column.measure == Some(Measure::Count));
        counts.max_by_key(|column| sum(column, rows)).filter(|column| !sum(column, rows).is_zero())
    })
}

/// Along time where there is more than one bucket, else side by side along the first thing that tells rows apart.
pub(super) fn chart(types: &Types, columns: &[FlatColumn<'_>], rows: &[Value]) -> Option<Chart> {
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

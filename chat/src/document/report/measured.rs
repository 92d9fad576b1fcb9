//! The measures of the columns of a report: amounts, their sums, and their spelling.

use crate::document::flat::{FlatColumn, Measure};
use crate::document::{label, money};
use crate::grouped::grouped;
use rust_decimal::Decimal;
use serde_json::Value;

pub(super) fn amount(column: &FlatColumn<'_>, row: &Value) -> Option<Decimal> {
    money::number(column.value(row)?)
}

/// The sum of a column over some rows; `None` if one of its values is not a number, or if the sum is too large.
pub(super) fn sum<'r>(column: &FlatColumn<'_>, rows: impl IntoIterator<Item = &'r Value>) -> Option<Decimal> {
    let values = rows.into_iter().filter_map(|row| column.value(row));
    values.map(money::number).try_fold(Decimal::ZERO, |sum, value| sum.checked_add(value?))
}

/// The currencies of a column, in the order in which they occur. A column without money has one entry, `None`.
pub(super) fn currencies<'r>(
    column: &FlatColumn<'_>,
    rows: impl IntoIterator<Item = &'r Value>,
) -> Vec<Option<String>> {
    let mut currencies = Vec::new();
    for row in rows.into_iter().filter(|row| column.value(row).is_some()) {
        let currency = column.currency(row).map(str::to_uppercase);
        if !currencies.contains(&currency) {
            currencies.push(currency);
        }
    }
    currencies
}

/// The rows whose amounts in a column have a given currency. Amounts in other currencies cannot be added to them.
pub(super) fn of_currency<'r>(
    column: &FlatColumn<'_>,
    rows: &'r [Value],
    currency: Option<&str>,
) -> impl Iterator<Item = &'r Value> {
    rows.iter().filter(move |row| column.currency(row).map(str::to_uppercase).as_deref() == currency)
}

pub(super) fn spelled(measure: Measure, value: Decimal, currency: Option<&str>) -> String {
    match measure {
        Measure::Money => money::shown(value, currency),
        Measure::Count | Measure::Level => grouped(&value.normalize().to_string()),
    }
}

pub(super) fn title(column: &FlatColumn<'_>) -> String {
    let name = column.path.join(" ");
    let text = label(&name.replace(' ', "_"));
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

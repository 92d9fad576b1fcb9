//! The totals of a report, and their comparison with the previous period.

use super::measured::{currencies, of_currency, spelled, sum, title};
use crate::document::Fact;
use crate::document::flat::{FlatColumn, Measure};
use rust_decimal::Decimal;
use serde_json::Value;

/// The maximum number of totals.
const MAX_TOTALS: usize = 8;

/// The part of its period that a report covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coverage {
    /// The complete period.
    Whole,
    /// The data until now: the period has not ended, or its data is not complete.
    SoFar,
    /// A part of the rows.
    Part,
}

/// All totals except zero, with the values of the previous period, and the number of further totals that are not shown.
/// Amounts in different currencies are never added.
pub(super) fn totals(
    columns: &[FlatColumn<'_>],
    rows: &[Value],
    before: Option<&[Value]>,
    coverage: Coverage,
) -> (Vec<Fact>, usize) {
    let before = before.filter(|_| coverage != Coverage::Part);
    let mut facts = Vec::new();
    for column in columns {
        let Some(measure) = column.measure.filter(|measure| *measure != Measure::Level) else { continue };
        let currencies = currencies(column, rows.iter().chain(before.into_iter().flatten()));
        for currency in &currencies {
            let currency = currency.as_deref();
            let total = sum(column, of_currency(column, rows, currency));
            let earlier = before.map(|rows| sum(column, of_currency(column, rows, currency)));
            if total == Some(Decimal::ZERO) && earlier.is_none_or(|earlier| earlier == Some(Decimal::ZERO)) {
                continue;
            }
            let text = match total {
                None => "unknown: some values are not numbers that can be added".to_owned(),
                Some(total) => {
                    let earlier = earlier.flatten().map(|earlier| change(measure, total, earlier, currency, coverage));
                    spelled(measure, total, currency) + &earlier.unwrap_or_default()
                }
            };
            let label = match (coverage, currency.filter(|_| currencies.len() > 1)) {
                (Coverage::Part, None) => format!("Sum of the rows below, {}", title(column)),
                (Coverage::Part, Some(currency)) => format!("Sum of the rows below, {} in {currency}", title(column)),
                (_, None) => format!("Total {}", title(column)),
                (_, Some(currency)) => format!("Total {} in {currency}", title(column)),
            };
            facts.push(Fact { field: column.name(), ..Fact::new(label, text) });
        }
    }
    let more = facts.len().saturating_sub(MAX_TOTALS);
    facts.truncate(MAX_TOTALS);
    (facts, more)
}

/// ` (up 12.5% from $1,000.00 in the previous period)`.
fn change(measure: Measure, total: Decimal, earlier: Decimal, currency: Option<&str>, coverage: Coverage) -> String {
    let then = spelled(measure, earlier, currency);
    if coverage == Coverage::SoFar {
        return format!(" so far ({then} in the whole previous period)");
    }
    if earlier.is_zero() {
        return " (none in the previous period)".to_owned();
    }
    if total == earlier {
        return " (the same in the previous period)".to_owned();
    }
    let difference = total.checked_sub(earlier).and_then(|difference| difference.checked_mul(Decimal::ONE_HUNDRED));
    let percent = difference.and_then(|difference| difference.checked_div(earlier)).map(|percent| percent.round_dp(1));
    match percent.map(|percent| percent.normalize()) {
        // A percentage of a negative number has no meaning.
        Some(percent) if earlier.is_sign_positive() && total.is_sign_positive() && !percent.is_zero() => {
            let way = if percent.is_sign_positive() { "up" } else { "down" };
            format!(" ({way} {}% from {then} in the previous period)", percent.abs())
        }
        _ => format!(" ({then} in the previous period)"),
    }
}

//! What a report comes to, and how that compares with the period before.

use super::measured::{currency, spelled, sum, title};
use crate::document::Fact;
use crate::document::flat::{FlatColumn, Measure};
use rust_decimal::Decimal;
use serde_json::Value;

/// The most totals.
const MAX_TOTALS: usize = 8;

/// Everything that adds up to more than nothing, and how it was in the period before.
pub(super) fn totals(columns: &[FlatColumn<'_>], rows: &[Value], before: Option<&[Value]>) -> Vec<Fact> {
    let mut facts = Vec::new();
    for column in columns {
        let Some(measure) = column.measure else { continue };
        let total = sum(column, rows);
        let earlier = before.map(|rows| sum(column, rows));
        if total.is_zero() && earlier.is_none_or(|earlier| earlier.is_zero()) {
            continue;
        }
        let mut text = spelled(measure, total, currency(rows));
        if let Some(earlier) = earlier {
            text.push_str(&change(measure, total, earlier, currency(rows)));
        }
        facts.push(Fact { field: column.name(), ..Fact::new(format!("Total {}", title(column)), text) });
    }
    facts.truncate(MAX_TOTALS);
    facts
}

/// ` (up 12.5% from $1,000.00 in the period before)`.
fn change(measure: Measure, total: Decimal, earlier: Decimal, currency: Option<&str>) -> String {
    let then = spelled(measure, earlier, currency);
    if earlier.is_zero() {
        return " (none in the period before)".to_owned();
    }
    let percent = ((total - earlier) * Decimal::ONE_HUNDRED / earlier).round_dp(1).normalize();
    match percent {
        percent if percent.is_zero() => format!(" (as in the period before: {then})"),
        percent if percent.is_sign_positive() => format!(" (up {percent}% from {then} in the period before)"),
        percent => format!(" (down {}% from {then} in the period before)", percent.abs()),
    }
}

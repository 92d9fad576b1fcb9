//! Amounts of money: exact for programs, rounded to cents for people.

use super::Cell;
use crate::grouped::grouped;
use rust_decimal::prelude::FromPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

/// An amount in cents, for people: `$1,234.57`, or `1,234.57 EUR`. Without a currency it is a bare number.
pub(super) fn shown(cents: Decimal, currency: Option<&str>) -> String {
    let amount = (cents / Decimal::ONE_HUNDRED).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    let sign = if amount.is_sign_negative() && !amount.is_zero() { "-" } else { "" };
    let number = grouped(&format!("{:.2}", amount.abs()));
    match currency {
        Some("USD" | "usd") => format!("{sign}${number}"),
        Some(other) => format!("{sign}{number} {}", other.to_uppercase()),
        None => format!("{sign}{number}"),
    }
}

/// A number from outside, exactly. `None` if the value is not a number, or is too large to calculate with.
pub(super) fn number(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let exact = text.parse().or_else(|_| Decimal::from_scientific(&text));
    // A number that is smaller than the stored digits is zero.
    let tiny = || text.parse::<f64>().ok().filter(|number| number.abs() < 1e-20).and_then(Decimal::from_f64);
    exact.ok().or_else(tiny)
}

/// The cell of an amount in cents, as money for people. A value that is not a number is shown unchanged.
pub(super) fn cell(value: &Value, currency: Option<&str>) -> Cell {
    let exact = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match number(value) {
        Some(cents) => Cell::Money { text: shown(cents, currency), cents: exact },
        // The amount is too large to be divided exactly: it is shown in the unit of the API.
        None if exact.parse::<f64>().is_ok() && exact.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) => {
            let currency = currency.map(|currency| format!(" {}", currency.to_uppercase())).unwrap_or_default();
            Cell::Money { text: format!("{exact} cents{currency}"), cents: exact }
        }
        None => Cell::Text(exact),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn amounts_are_rounded_to_cents() {
        for (cents, shown_as) in [
            ("123456", "$1,234.56"),
            ("5", "$0.05"),
            ("0", "$0.00"),
            ("12345.678", "$123.46"),
            ("100000000", "$1,000,000.00"),
            ("-250", "-$2.50"),
            ("0.5", "$0.01"),
            ("-0.4", "$0.00"),
        ] {
            assert_eq!(shown(cents.parse().unwrap(), Some("USD")), shown_as, "{cents}");
        }
        assert_eq!(shown("123456.7".parse().unwrap(), Some("eur")), "1,234.57 EUR");
        assert_eq!(shown("123456".parse().unwrap(), None), "1,234.56");
    }

    #[test]
    fn amount_beyond_calculation_keeps_its_unit() {
        for text in ["1e400", "99999999999999999999999999999999", "-1e99"] {
            let cell = cell(&json!(text), Some("USD"));
            assert_eq!(cell, Cell::Money { text: format!("{text} cents USD"), cents: text.to_owned() });
        }
        for text in ["", "free", "NaN", "inf", "12,34", "1 2", "0x10"] {
            assert_eq!(cell(&json!(text), Some("USD")), Cell::Text(text.to_owned()));
        }
        for value in [json!(true), json!({"amount": 1}), json!([1])] {
            assert_eq!(cell(&value, Some("USD")), Cell::Text(value.to_string()));
        }
    }

    proptest! {
        #[test]
        fn amount_of_any_text_is_money_or_that_text(text in ".{0,40}") {
            match cell(&json!(text), Some("USD")) {
                Cell::Money { cents, .. } => prop_assert_eq!(cents, text),
                other => prop_assert_eq!(other, Cell::Text(text)),
            }
        }

        #[test]
        fn money_has_two_digits_and_the_value(cents in any::<i64>(), scale in 0_u32..12) {
            let cents = Decimal::new(cents, scale);
            let text = shown(cents, Some("USD"));
            let (_, fraction) = text.split_once('.').unwrap();
            prop_assert_eq!(fraction.len(), 2);
            let read: Decimal = text.replace(['$', ','], "").parse().unwrap();
            prop_assert!((read * Decimal::ONE_HUNDRED - cents).abs() <= Decimal::new(5, 1), "{} of {}", text, cents);
        }

        #[test]
        fn numbers_of_json_are_read_exactly(number in any::<i64>(), float in any::<f64>()) {
            prop_assert_eq!(super::number(&json!(number)), Some(Decimal::from(number)));
            // There must be no panic for any value.
            let _ = cell(&json!(float), None);
            let _ = cell(&json!(float.to_string()), Some("JPY"));
        }

        #[test]
        fn groups_lose_no_digit(number in "-?[0-9]{1,30}(\\.[0-9]{1,5})?") {
            prop_assert_eq!(grouped(&number).replace(',', ""), number);
        }
    }
}

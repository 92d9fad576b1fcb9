//! Amounts of money, exactly.

use rust_decimal::Decimal;

/// An amount in cents, for people: `$1,234.56`. No digit is lost; another currency stands behind the amount.
pub(super) fn shown(cents: Decimal, currency: Option<&str>) -> String {
    let amount = (cents / Decimal::ONE_HUNDRED).normalize();
    let scale = amount.scale().max(2);
    let text = format!("{:.*}", scale as usize, amount.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "00"));
    let sign = if amount.is_sign_negative() && !amount.is_zero() { "-" } else { "" };
    let number = format!("{}.{fraction}", grouped(whole));
    match currency {
        None | Some("USD" | "usd") => format!("{sign}${number}"),
        Some(other) => format!("{sign}{number} {}", other.to_uppercase()),
    }
}

/// Digits in groups of three: `1,234,567`.
pub(super) fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && out != "-" {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_to_the_last_digit() {
        for (cents, shown_as) in [
            ("123456", "$1,234.56"),
            ("5", "$0.05"),
            ("0", "$0.00"),
            ("12345.678", "$123.45678"),
            ("100000000", "$1,000,000.00"),
            ("-250", "-$2.50"),
        ] {
            assert_eq!(shown(cents.parse().unwrap(), Some("USD")), shown_as, "{cents}");
        }
        assert_eq!(shown("123456".parse().unwrap(), Some("eur")), "1,234.56 EUR");
    }
}

//! Amounts of money, exact.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul};

/// An amount in billionths of a cent. Every price is an integer in this unit, so no sum is ever rounded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NanoCents(pub(crate) i128);

/// Billionths in a cent.
const CENT: i128 = 1_000_000_000;

impl NanoCents {
    pub(crate) const fn cents(cents: i128) -> Self {
        Self(cents * CENT)
    }

    /// The amount as a number, for the one report that returns numbers.
    pub(crate) fn as_number(self) -> serde_json::Value {
        self.to_string().parse::<f64>().map_or(serde_json::Value::Null, Into::into)
    }
}

impl Add for NanoCents {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for NanoCents {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Mul<i64> for NanoCents {
    type Output = Self;

    fn mul(self, count: i64) -> Self {
        Self(self.0 * i128::from(count))
    }
}

impl Sum for NanoCents {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for NanoCents {
    /// Cents as a decimal number without trailing zeros: `12345.678`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / CENT, (self.0 % CENT).unsigned_abs());
        if rest == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{rest:09}");
        let sign = if self.0 < 0 && whole == 0 { "-" } else { "" };
        write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_in_cents_without_trailing_zeros() {
        for (amount, text) in
            [(0, "0"), (CENT * 12, "12"), (1, "0.000000001"), (CENT * 3 / 2, "1.5"), (-CENT / 4, "-0.25")]
        {
            assert_eq!(NanoCents(amount).to_string(), text);
        }
        assert_eq!(NanoCents::cents(7) * 3 + NanoCents(CENT / 10), NanoCents(21_100_000_000));
    }
}

//! Amounts: money in cents, and tokens.

/// The parts of a cent that an amount counts. Sums of whole parts are exact.
pub(crate) const PARTS: i128 = 1_000_000;
/// The number of decimal places of a part.
const PLACES: usize = 6;

/// An amount of the API, such as `12345.678` cents, in parts of a cent; none if it is no number.
pub(crate) fn parts(cents: &str) -> Option<i128> {
    let (is_negative, digits) = match cents.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, cents),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction: String = fraction.chars().chain(std::iter::repeat('0')).take(PLACES).collect();
    let amount = whole.parse::<i128>().ok()?.checked_mul(PARTS)?.checked_add(fraction.parse().ok()?)?;
    Some(if is_negative { -amount } else { amount })
}

/// `$1,234.56`, from parts of a cent.
pub(crate) fn dollars(parts: i128) -> String {
    let cents = (parts.abs() + PARTS / 2) / PARTS;
    let sign = if parts < 0 && cents > 0 { "-" } else { "" };
    format!("{sign}${}.{:02}", grouped(cents / 100), cents % 100)
}

/// `1,234,567`.
pub(crate) fn grouped(number: i128) -> String {
    let digits = number.abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

/// The change from an earlier amount: `+12 %`, `new`, or empty without a change.
pub(crate) fn change(now: i128, before: i128) -> String {
    match (now, before) {
        (now, before) if now == before => String::new(),
        (_, 0) => "new".to_owned(),
        (now, before) => {
            let tenths = (now - before).saturating_mul(1000) / before.abs();
            let sign = if now > before { "+" } else { "-" };
            match tenths.abs() {
                0 => format!("{sign}<0.1 %"),
                tenths @ 1..100 => format!("{sign}{}.{} %", tenths / 10, tenths % 10),
                tenths => format!("{sign}{} %", tenths / 10),
            }
        }
    }
}

/// Whole cents that are at least an amount, rounded up to whole dollars.
pub(crate) fn whole_dollars_in_cents(parts: i128) -> i128 {
    let dollar = PARTS * 100;
    (parts.max(0) + dollar - 1) / dollar * 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_readable() {
        for (cents, shown) in [
            ("0", "$0.00"),
            ("12345", "$123.45"),
            ("12345.678", "$123.46"),
            ("-150", "-$1.50"),
            ("123456789", "$1,234,567.89"),
            ("0.4", "$0.00"),
            ("-0.4", "$0.00"),
        ] {
            assert_eq!(dollars(parts(cents).unwrap()), shown, "{cents}");
        }
        for wrong in ["", "x", "1,5", "1.x", "1e3"] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
        assert_eq!((grouped(0), grouped(-1234), grouped(999)), ("0".into(), "-1,234".into(), "999".into()));
    }

    #[test]
    fn changes_are_in_percent_of_the_earlier_amount() {
        let changes = [(5, 5), (0, 0), (5, 0), (110, 100), (50, 100), (0, 10), (1015, 1000), (99_999, 100_000)];
        let shown = changes.map(|(now, before)| change(now, before));
        assert_eq!(shown, ["", "", "new", "+10 %", "-50 %", "-100 %", "+1.5 %", "-<0.1 %"]);
    }

    #[test]
    fn limits_are_rounded_up_to_whole_dollars() {
        let rounded = ["0", "1", "100", "100.1", "10050"].map(|cents| whole_dollars_in_cents(parts(cents).unwrap()));
        assert_eq!(rounded, [0, 100, 100, 200, 10100]);
    }
}

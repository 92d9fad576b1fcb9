//! Prevents spreadsheets from reading a text as a formula.
//!
//! A spreadsheet reads a cell that begins with one of [`SIGNS`] as a formula, full-width signs included. A spreadsheet
//! with a separator other than the comma can end a cell within quoted text. So a formula must not begin after one of
//! [`SEPARATORS`] either.

use crate::hidden::is_hidden;
use std::borrow::Cow;

const SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
const SEPARATORS: [char; 6] = [',', ';', '|', '\t', '\r', '\n'];

/// An apostrophe before the beginning of a possible formula makes it a text.
pub(super) fn guarded_text(text: &str) -> Cow<'_, str> {
    let begins_with_break = text.starts_with(['\t', '\r', '\n']);
    if !begins_with_break && !text.contains(SIGNS) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 1);
    if begins_with_break {
        out.push('\'');
    }
    let mut after = Some('\n');
    for (index, c) in text.char_indices() {
        if after.is_some_and(|separator| begins_formula(separator, &text[index..])) {
            out.push('\'');
        }
        after = Some(c).filter(|c| SEPARATORS.contains(c));
        out.push(c);
    }
    Cow::Owned(out)
}

/// After a comma, a sentence can continue with a space and a dash. A comma ends a cell only in spreadsheets that follow
/// the quotes.
fn begins_formula(separator: char, rest: &str) -> bool {
    let rest = if separator == ',' { rest } else { rest.trim_start_matches(is_skipped) };
    rest.starts_with(SIGNS)
}

/// Characters that spreadsheets can remove before they check the beginning of a cell: spaces, hidden characters, and
/// quotes.
fn is_skipped(c: char) -> bool {
    !SEPARATORS.contains(&c) && (c.is_whitespace() || is_hidden(c) || c == '"')
}

/// The same as [`guarded_text`], with escape sequences, which do not change the meaning of JSON. It begins with a
/// bracket, and the text between its strings is not from outside.
pub(super) fn guarded_json(json: &str) -> String {
    let (mut in_string, mut escaped, mut after_separator) = (false, false, false);
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if in_string && after_separator && SIGNS.contains(&c) {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
        after_separator = in_string && (SEPARATORS.contains(&c) || after_separator && is_skipped(c));
        if c == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = c == '\\' && !escaped;
    }
    out
}

/// Whether a text is a number of any size, in the spelling of JSON and spreadsheets.
pub(super) fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (text, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    digits(whole) && digits(fraction) && digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_begins_like_a_formula_gets_an_apostrophe() {
        for (text, guarded) in [
            ("=1+1", "'=1+1"),
            ("＝1+1", "'＝1+1"),
            ("－5", "'－5"),
            ("  @SUM(A1)", "'  @SUM(A1)"),
            ("\u{200b}=1", "'\u{200b}=1"),
            ("\"=1", "'\"=1"),
            ("x;=1+1", "x;'=1+1"),
            ("x|+1", "x|'+1"),
            ("x; ＠y", "x;' ＠y"),
            ("a\t=b\n-c", "a\t'=b\n'-c"),
            ("x,=1", "x,'=1"),
            ("\tx", "'\tx"),
            ("well, - no", "well, - no"),
            ("a=b", "a=b"),
            ("2026-11-01", "2026-11-01"),
            ("", ""),
        ] {
            assert_eq!(guarded_text(text), guarded, "{text:?}");
        }
    }

    #[test]
    fn guarded_json_means_the_same() {
        let value = serde_json::json!({ "a;=1": ["x; =1", "\\\";=", -5, "＝"], "b|": "=2", "c": "d|＋" });
        let written = value.to_string();
        let guarded = guarded_json(&written);
        assert!(!guarded.contains(";=") && !guarded.contains("|＋") && !guarded.contains("; ="), "{guarded}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&guarded).unwrap(), value);
    }

    #[test]
    fn number_has_digits_and_may_have_sign_fraction_and_exponent() {
        for number in ["0", "-500.25", "1e400", "123456789012345678901234567890.5"] {
            assert!(is_number(number), "{number}");
        }
        for text in ["", "+1", "-", "=1", " 1", "1 ", "0x1", "NaN", "1;=2", "１"] {
            assert!(!is_number(text), "{text}");
        }
    }
}

//! Makes invisible characters visible.

use crate::hidden::{is_hidden, marked_hidden};
use serde_json::Value;
use std::borrow::Cow;

/// Replaces hidden characters that are not valid at their position: control characters, escape sequences of terminals,
/// marks of the reading direction. Line breaks are also replaced: a text of several lines is shown line by line.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    replaced(text, is_hidden)
}

/// The same as [`visible`], but line breaks and tabs are unchanged: in a file, within quotes.
pub(super) fn visible_lines(text: &str) -> Cow<'_, str> {
    replaced(text, is_hidden_in_lines)
}

/// JSON on several lines. Every hidden character is written as its escape sequence, which has the same meaning.
#[must_use]
pub fn json(value: &Value) -> String {
    json_escaped(&format!("{value:#}"))
}

/// The same as [`json`], for JSON that is already written. Its line breaks are unchanged: JSON escapes those within
/// strings.
#[must_use]
pub fn json_escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (c, hides) in marked_hidden(text) {
        if hides && is_hidden_in_lines(c) {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

fn replaced(text: &str, hides: fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(hides) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(marked_hidden(text).map(|(c, hidden)| if hidden && hides(c) { '\u{FFFD}' } else { c }).collect())
}

fn is_hidden_in_lines(c: char) -> bool {
    is_hidden(c) && !matches!(c, '\n' | '\t')
}

/// Shortens a text to a number of characters. Returns whether any were removed.
pub(super) fn shortened(text: &str, most: usize) -> (String, bool) {
    if text.chars().count() <= most {
        (text.to_owned(), false)
    } else {
        (text.chars().take(most.saturating_sub(1)).chain(['…']).collect(), true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steering_characters_are_replaced() {
        assert_eq!(visible("a\u{1b}[31mb\u{202e}c\nd"), "a\u{FFFD}[31mb\u{FFFD}c\u{FFFD}d");
        assert_eq!(visible_lines("a\u{9b}31m\nb\tc\r\n"), "a\u{FFFD}31m\nb\tc\u{FFFD}\n");
        assert_eq!(visible("a\u{E0041}b"), "a\u{FFFD}b");
        for c in (char::MIN..=char::MAX).filter(|c| is_hidden(*c)) {
            assert_eq!(visible(&format!("a{c}b")), "a\u{FFFD}b", "U+{:04X}", u32::from(c));
            assert!(
                json_escaped(&format!("\"a{c}b\"")).chars().all(|c| !is_hidden_in_lines(c)),
                "U+{:04X}",
                u32::from(c)
            );
        }
    }

    #[test]
    fn emoji_flags_and_joiners_stay() {
        for text in ["Zoë 👩‍🚀", "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}", "می\u{200c}خواهم"]
        {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn steering_characters_in_json_are_escaped_and_mean_the_same() {
        let value = serde_json::json!({ "a\u{202e}": ["\u{9b}31m", "\u{E0041}\n\u{7f}"] });
        let written = json(&value);
        assert!(written.is_ascii(), "{written}");
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
    }

    #[test]
    fn a_cut_is_marked() {
        assert_eq!(shortened("abc", 3), ("abc".to_owned(), false));
        assert_eq!(shortened("abcd", 3), ("ab…".to_owned(), true));
    }
}

//! Makes the invisible visible.

use serde_json::Value;
use std::borrow::Cow;

/// Replaces characters that take no space or steer the reader: control characters, escape sequences of terminals, marks
/// that turn the reading direction. Line breaks are among them: a text of several lines is shown line by line.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    replaced(text, |c, steers| steers || matches!(c, '\n' | '\t'))
}

/// As [`visible`], where line breaks and tabs have their meaning: in a file, within quotes.
pub(super) fn visible_lines(text: &str) -> Cow<'_, str> {
    replaced(text, |_, steers| steers)
}

/// JSON on several lines. Every character that steers the reader is written as its escape sequence, which means the same.
#[must_use]
pub fn json(value: &Value) -> String {
    json_escaped(&format!("{value:#}"))
}

/// As [`json`], for JSON that is already written. The line breaks in it stay: JSON escapes those within strings.
#[must_use]
pub fn json_escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (c, steers) in steering(text) {
        if steers {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

fn replaced(text: &str, is_replaced: impl Fn(char, bool) -> bool) -> Cow<'_, str> {
    if steering(text).any(|(c, steers)| is_replaced(c, steers)) {
        Cow::Owned(steering(text).map(|(c, steers)| if is_replaced(c, steers) { '\u{FFFD}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// The characters of a text, each with whether it steers the reader. Line breaks and tabs do not count.
fn steering(text: &str) -> impl Iterator<Item = (char, bool)> {
    let mut in_flag = false;
    text.chars().map(move |c| {
        let is_tag = matches!(c, '\u{E0000}'..='\u{E007F}');
        // The flags of regions are a black flag and tags.
        in_flag = c == '\u{1F3F4}' || in_flag && is_tag;
        (c, if is_tag { !in_flag } else { steers(c) })
    })
}

/// Whether a character is a control character other than a line break or a tab, turns the reading direction, or takes no
/// space. The joiners U+200C and U+200D do not count: Persian and emoji are written with them.
fn steers(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control() && !matches!(c, '\n' | '\t');
    }
    c.is_control()
        || matches!(
            c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}' | '\u{200E}'
                | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
                | '\u{FFF9}'..='\u{FFFB}' | '\u{E0080}'..='\u{E00FF}' | '\u{E01F0}'..='\u{E0FFF}'
        )
}

/// Cuts a text to a number of characters; says whether anything was cut.
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

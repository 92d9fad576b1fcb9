//! Makes the invisible visible.

use std::borrow::Cow;

/// Replaces characters that take no place or steer the reader: control characters, escape sequences of terminals,
/// marks that turn the reading direction.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().any(steers) {
        Cow::Owned(text.chars().map(|c| if steers(c) { '\u{FFFD}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
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
    fn nothing_steers_the_reader() {
        assert_eq!(visible("a\u{1b}[31mb\u{202e}c\nd"), "a\u{FFFD}[31mb\u{FFFD}c\u{FFFD}d");
        assert_eq!(visible("Zoë 👩‍🚀"), "Zoë 👩‍🚀");
    }

    #[test]
    fn a_cut_is_marked() {
        assert_eq!(shortened("abc", 3), ("abc".to_owned(), false));
        assert_eq!(shortened("abcd", 3), ("ab…".to_owned(), true));
    }
}

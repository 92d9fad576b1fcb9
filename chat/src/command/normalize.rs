//! Reverts the changes of keyboards and chat clients to a text before it is parsed.

use super::{CommandError, CommandErrorKind, MAX_CHARS};
use crate::outside_text::without_mark;
use crate::{find_hidden, is_hidden};
use unicode_normalization::UnicodeNormalization;

/// Normalizes a line: one form of each letter, plain spaces, straight quotes.
///
/// # Errors
///
/// [`CommandError`] if the text is too long, or contains a hidden character.
pub(super) fn normalize(text: &str) -> Result<String, CommandError> {
    // The length is checked before any other work, so a huge text costs almost nothing.
    if text.len() > MAX_CHARS * 4 || text.chars().nth(MAX_CHARS).is_some() {
        return Err(CommandError::new(
            CommandErrorKind::TooLong,
            format!("The input is longer than {MAX_CHARS} characters, the limit for a command."),
        )
        .hint("Type one command, such as `users list`."));
    }
    let text = plain_letters(without_mark(text).trim());
    check_visible(&text).map_err(|message| {
        CommandError::new(CommandErrorKind::Hidden, message)
            .hint("Type one command on one line, without this character.")
    })?;
    Ok(straighten_quotes(text.trim()))
}

/// One form of each letter, and one kind of space.
pub(super) fn plain_letters(text: &str) -> String {
    text.nfc().map(plain_space).collect()
}

/// Checks that all characters of a text are visible. All texts are checked with this function, whatever their source.
///
/// # Errors
///
/// The hidden character, as a sentence.
pub(super) fn check_visible(text: &str) -> Result<(), String> {
    match find_hidden(text) {
        None => Ok(()),
        Some('\n' | '\r') => Err("The input contains a line break.".to_owned()),
        Some(hidden) => {
            Err(format!("The input contains the character U+{:04X}, which cannot be seen.", u32::from(hidden)))
        }
    }
}

fn plain_space(c: char) -> char {
    if c == '\t' || (c.is_whitespace() && !is_hidden(c)) { ' ' } else { c }
}

/// Replaces curly double quotes always, and single ones only where they begin or end a word: the apostrophe of a name
/// is unchanged.
fn straighten_quotes(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut straight = String::with_capacity(text.len());
    for (index, c) in chars.iter().enumerate() {
        let opens = index == 0 || matches!(chars[index - 1], ' ' | '=');
        let closes = index + 1 == chars.len() || chars[index + 1] == ' ';
        straight.push(match straight_quote(*c) {
            Some('\'') if !opens && !closes => *c,
            Some(quote) => quote,
            None => *c,
        });
    }
    straight
}

/// The straight quote for a quote that a keyboard inserts.
pub(super) fn straight_quote(c: char) -> Option<char> {
    match c {
        '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '＂' => Some('"'),
        '\'' | '‘' | '’' | '‚' | '‛' | '‹' | '›' | '′' | '＇' => Some('\''),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::HIDDEN;
    use proptest::prelude::*;

    #[test]
    fn curly_quotes_become_straight_and_an_apostrophe_stays() {
        assert_eq!(normalize("a “b c” ‘d e’ O’Brien «f»").unwrap(), "a \"b c\" 'd e' O’Brien \"f\"");
    }

    #[test]
    fn spaces_become_plain_and_emoji_keep_their_joiners() {
        assert_eq!(normalize("\u{FEFF}users\u{00A0}list\tx\n").unwrap(), "users list x");
        assert_eq!(normalize("workspaces create 🧑‍💻").unwrap(), "workspaces create 🧑‍💻");
    }

    #[test]
    fn character_that_cannot_be_seen_is_named() {
        for hidden in HIDDEN.iter().filter(|hidden| **hidden != '\t') {
            let error = normalize(&format!("users li{hidden}st")).unwrap_err();
            assert_eq!(error.kind, CommandErrorKind::Hidden, "U+{:04X}", u32::from(*hidden));
        }
        assert!(normalize("users li\u{200B}st").unwrap_err().message.contains("U+200B"));
    }

    #[test]
    fn control_characters_and_long_texts_are_refused() {
        assert_eq!(normalize("users\u{0}list").unwrap_err().kind, CommandErrorKind::Hidden);
        assert_eq!(normalize("users list\nusers get x").unwrap_err().kind, CommandErrorKind::Hidden);
        assert_eq!(normalize(&"x".repeat(100_000)).unwrap_err().kind, CommandErrorKind::TooLong);
    }

    proptest! {
        #[test]
        fn normalizing_twice_is_normalizing_once(text in "\\PC{0,80}") {
            if let Ok(once) = normalize(&text) {
                prop_assert_eq!(normalize(&once).unwrap(), once);
            }
        }
    }
}

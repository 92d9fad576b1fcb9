//! Repairs what keyboards and chat clients do to text before any of it is read.

use super::{CommandError, CommandErrorKind, MAX_CHARS};
use unicode_normalization::UnicodeNormalization;

/// Normalizes a line: one form of each letter, plain spaces, straight quotes, nothing invisible.
///
/// # Errors
///
/// [`CommandError`] when the text is too long or holds control characters.
pub(super) fn normalize(text: &str) -> Result<String, CommandError> {
    // Counted before any work is done, so that a huge text costs nothing.
    if text.len() > MAX_CHARS * 4 || text.chars().nth(MAX_CHARS).is_some() {
        return Err(CommandError::new(
            CommandErrorKind::TooLong,
            format!("That is longer than {MAX_CHARS} characters, which no command is."),
        )
        .hint("Type one command, such as `users list`."));
    }
    let text: String = text.trim().nfc().filter(|c| !is_invisible(*c)).map(plain_space).collect();
    if text.chars().any(char::is_control) {
        return Err(CommandError::new(
            CommandErrorKind::ControlCharacter,
            "That holds a line break or another control character.",
        )
        .hint("Type one command on one line."));
    }
    Ok(straighten_quotes(text.trim()))
}

/// Characters that take no space or turn the reading direction: they hide what a command says.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206F}' | '\u{FEFF}')
}

fn plain_space(c: char) -> char {
    if c == '\t' || (c.is_whitespace() && !c.is_control()) { ' ' } else { c }
}

/// Curly double quotes always, single ones only where they open or close a word: the apostrophe of a name stays.
fn straighten_quotes(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut straight = String::with_capacity(text.len());
    for (index, c) in chars.iter().enumerate() {
        let opens = index == 0 || matches!(chars[index - 1], ' ' | '=');
        let closes = index + 1 == chars.len() || chars[index + 1] == ' ';
        straight.push(match c {
            '“' | '”' | '„' | '‟' | '«' | '»' => '"',
            '‘' | '’' | '‚' | '‛' if opens || closes => '\'',
            other => *other,
        });
    }
    straight
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn curly_quotes_become_straight_and_an_apostrophe_stays() {
        assert_eq!(normalize("a “b c” ‘d e’ O’Brien «f»").unwrap(), "a \"b c\" 'd e' O’Brien \"f\"");
    }

    #[test]
    fn invisible_characters_go_and_spaces_become_plain() {
        assert_eq!(normalize("\u{FEFF}users\u{00A0}li\u{200B}st\t\u{202E}x\n").unwrap(), "users list x");
    }

    #[test]
    fn control_characters_and_long_texts_are_refused() {
        assert_eq!(normalize("users\u{0}list").unwrap_err().kind, CommandErrorKind::ControlCharacter);
        assert_eq!(normalize("users list\nusers get x").unwrap_err().kind, CommandErrorKind::ControlCharacter);
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

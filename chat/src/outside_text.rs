//! The only reader of text from outside: files, environment variables, request bodies.
//!
//! Editors, shells and secret managers add to a text: a byte order mark, quotes, the name of the variable, the name of
//! a header. All input is read here, so the same text has the same meaning everywhere.

use crate::hidden::is_hidden;
use std::borrow::Cow;

/// A text that cannot be read. The error does not contain the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the error messages describe the variants")]
pub enum OutsideError {
    #[error("it is not UTF-8 text")]
    NotText,
    #[error("it has several lines; write only the secret into it")]
    SeveralLines,
    #[error("it contains a control character or another character that cannot be seen")]
    Hidden,
}

/// Reads the text of a file or a body: UTF-8 with or without a byte order mark, or UTF-16 with one, as some editors save it.
///
/// # Errors
///
/// [`OutsideError::NotText`] for any other encoding.
pub fn text(bytes: &[u8]) -> Result<Cow<'_, str>, OutsideError> {
    let units = |read: fn([u8; 2]) -> u16| {
        let pairs = bytes[2..].chunks(2).map(|pair| pair.try_into().map(read));
        let units: Vec<u16> = pairs.collect::<Result<_, _>>().map_err(|_| OutsideError::NotText)?;
        String::from_utf16(&units).map(Cow::Owned).map_err(|_| OutsideError::NotText)
    };
    match bytes {
        [0xFF, 0xFE, ..] => units(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => units(u16::from_be_bytes),
        _ => {
            let text = std::str::from_utf8(bytes).map_err(|_| OutsideError::NotText)?;
            Ok(Cow::Borrowed(without_mark(text)))
        }
    }
}

/// A text without an initial byte order mark.
#[must_use]
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{FEFF}').unwrap_or(text)
}

/// A value without the spaces, the byte order mark and the quotes around it.
#[must_use]
pub fn value(text: &str) -> &str {
    until_stable(text, |text| unquoted(trimmed(text)))
}

/// A secret without additions: the same as [`value`], and without `NAME=`, `Authorization:`, `x-api-key:` and `Bearer`.
/// Empty lines and lines that begin with `#` are ignored.
///
/// # Errors
///
/// [`OutsideError`] if several lines remain, or a line that cannot be a secret.
pub fn secret(text: &str) -> Result<&str, OutsideError> {
    let mut lines = without_mark(text).lines().map(trimmed).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let line = lines.next().unwrap_or_default();
    if lines.next().is_some() {
        return Err(OutsideError::SeveralLines);
    }
    let secret = until_stable(line, |text| without_label(unquoted(trimmed(text))));
    if secret.chars().any(is_hidden) { Err(OutsideError::Hidden) } else { Ok(secret) }
}

fn until_stable<'t>(text: &'t str, once: impl Fn(&'t str) -> &'t str) -> &'t str {
    let mut text = text;
    loop {
        let next = once(text);
        if next.len() == text.len() {
            return text;
        }
        text = next;
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_hidden(c))
}

fn unquoted(text: &str) -> &str {
    const PAIRS: [(char, char); 7] =
        [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('‘', '’'), ('„', '“'), ('«', '»')];
    let inner = |(open, close): (char, char)| text.strip_prefix(open)?.strip_suffix(close);
    PAIRS.into_iter().find_map(inner).unwrap_or(text)
}

/// Removes the name of a variable or a header, and the scheme.
fn without_label<'t>(text: &'t str) -> &'t str {
    let after = |label: &str| {
        let begins = text.get(..label.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(label));
        text.get(label.len()..).filter(|_| begins)
    };
    let spaced = |label: &str| after(label).filter(|rest| rest.starts_with(char::is_whitespace));
    let named = |text: &'t str| {
        let (name, rest) = text.split_once('=')?;
        // Base64 can end in `=`, which is followed by no character or by a second `=`.
        (is_variable(name.trim()) && !rest.is_empty() && !rest.starts_with('=')).then_some(rest)
    };
    let exported = || spaced("export").and_then(named);
    let header = || spaced("Bearer").or_else(|| after("Authorization:")).or_else(|| after("x-api-key:"));
    header().or_else(exported).or_else(|| named(text)).unwrap_or(text)
}

/// Whether a text is the name of a variable in its usual form: capital letters, digits and underscores.
fn is_variable(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.len() >= 3 && name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_') && name.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn secret_is_the_same_however_it_is_wrapped() {
        const KEY: &str = "sk-ant-admin01-simulator-0000==";
        for text in [
            KEY.to_owned(),
            format!("\u{FEFF}{KEY}\r\n"),
            format!("\"{KEY}\""),
            format!("'{KEY}'\n"),
            format!("“{KEY}”"),
            format!("Bearer {KEY}"),
            format!("bearer  {KEY}"),
            format!("\"Bearer {KEY}\""),
            format!("ANTHROPIC_ADMIN_KEY={KEY}"),
            format!("ANTHROPIC_ADMIN_KEY = \"{KEY}\""),
            format!("# for the host\n\nexport ANTHROPIC_ADMIN_KEY=\"{KEY}\"\n"),
            format!("Authorization: Bearer {KEY}"),
            format!("x-api-key: {KEY}"),
            format!("\u{200B}{KEY}\u{A0}"),
        ] {
            assert_eq!(secret(&text), Ok(KEY), "{text:?}");
        }
    }

    #[test]
    fn secret_that_only_resembles_a_label_is_unchanged() {
        for text in ["ABCDEF==", "abc=def", "Bearer", "bearerless-token", "exported-0000", "a b c", "AB=x", "\"", "''"]
        {
            let expected = if text == "''" { "" } else { text };
            assert_eq!(secret(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn secret_that_no_header_can_carry_is_denied() {
        assert_eq!(secret("A_KEY=1\nB_KEY=2"), Err(OutsideError::SeveralLines));
        assert_eq!(secret("sk-ant\u{200B}-admin01"), Err(OutsideError::Hidden));
        assert_eq!(secret(""), Ok(""));
    }

    #[test]
    fn text_is_read_with_and_without_a_byte_order_mark() {
        let utf16 = |units: Vec<u16>, write: fn(u16) -> [u8; 2]| units.into_iter().flat_map(write).collect::<Vec<u8>>();
        let units = || "\u{FEFF}a = \"ü\"".encode_utf16().collect::<Vec<u16>>();
        for bytes in [
            "a = \"ü\"".as_bytes().to_vec(),
            "\u{FEFF}a = \"ü\"".as_bytes().to_vec(),
            utf16(units(), u16::to_le_bytes),
            utf16(units(), u16::to_be_bytes),
        ] {
            assert_eq!(text(&bytes).as_deref(), Ok("a = \"ü\""));
        }
        for bytes in [&b"\xFF"[..], &[0xFF, 0xFE, 0x41], &[0xFF, 0xFE, 0x00, 0xD8], b"a\xFF"] {
            assert_eq!(text(bytes), Err(OutsideError::NotText), "{bytes:?}");
        }
        assert_eq!(text(b"").as_deref(), Ok(""));
    }

    proptest! {
        #[test]
        fn reading_twice_is_reading_once(text in any::<String>()) {
            prop_assert_eq!(value(value(&text)), value(&text));
            // A line that begins with `#` is a comment, unless it has quotes, a name or a scheme.
            if let Ok(once) = secret(&text) && !once.starts_with('#') {
                prop_assert_eq!(secret(once).unwrap_or(once), once);
            }
        }
    }
}

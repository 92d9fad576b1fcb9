//! Detects and replaces text that looks like a credential. No command and no record can contain such text.

use crate::hidden::is_hidden;
use serde_json::Value;
use std::borrow::Cow;
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The prefixes of credentials: Anthropic keys and tokens, Slack tokens, webhook secrets, and every kind of GitHub
/// token.
const PREFIXES: [&str; 17] = [
    "sk-ant-",
    "xoxa-",
    "xoxb-",
    "xoxc-",
    "xoxd-",
    "xoxe-",
    "xoxp-",
    "xoxr-",
    "xoxs-",
    "xapp-",
    "whsec_",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "ghr_",
    "github_pat_",
];
/// The prefix of a JSON web token: `{"` in base64, which is case-sensitive.
const JWT: &str = "eyJ";
/// The minimum number of parts of a JSON web token, with dots between them, and its minimum length.
const JWT_PARTS: usize = 3;
const JWT_LENGTH: usize = 20;

/// The prefixes of the ID of an AWS access key, permanent and temporary, and the number of capital letters and digits
/// that follow.
const AWS: [&str; 2] = ["AKIA", "ASIA"];
const AWS_LENGTH: usize = 16;

/// The possible first bytes of credentials.
const BEGINS: [bool; 256] = {
    let mut begins = [false; 256];
    let mut index = 0;
    while index < PREFIXES.len() {
        let first = PREFIXES[index].as_bytes()[0];
        begins[first.to_ascii_lowercase() as usize] = true;
        begins[first.to_ascii_uppercase() as usize] = true;
        index += 1;
    }
    begins[JWT.as_bytes()[0] as usize] = true;
    begins[AWS[0].as_bytes()[0] as usize] = true;
    begins[AWS[1].as_bytes()[0] as usize] = true;
    begins
};

/// Finds the first part of a text that looks like a credential. Characters without width, accents, full-width letters
/// and other dashes in it are ignored.
#[must_use]
pub fn find_secret(text: &str) -> Option<Range<usize>> {
    let plain = Plain::of(text);
    plain.find_from(0).map(|found| plain.origin(found))
}

/// A text as a reader sees its letters, with the origin of each byte.
struct Plain<'t> {
    text: Cow<'t, str>,
    /// For each byte, the range of its character in the original, and whether characters were removed before it; empty
    /// if the text equals the original.
    origins: Vec<(Range<usize>, bool)>,
}

impl<'t> Plain<'t> {
    fn of(original: &'t str) -> Self {
        if original.bytes().all(|byte| matches!(byte, b' '..=b'~' if byte != b'\\' && byte != b'%')) {
            return Self { text: Cow::Borrowed(original), origins: Vec::new() };
        }
        let (mut text, mut origins, mut left_out) = (String::with_capacity(original.len()), Vec::new(), false);
        let mut rest = original;
        while let Some(first) = rest.chars().next() {
            let (c, length) = escaped(rest).unwrap_or((first, first.len_utf8()));
            let at = original.len() - rest.len();
            rest = rest.get(length..).unwrap_or_default();
            for c in std::iter::once(c).nfd() {
                if is_hidden(c) || is_combining_mark(c) {
                    left_out = true;
                    continue;
                }
                text.push(plain_letter(c));
                origins.resize(text.len(), (at..at + length, left_out));
                left_out = false;
            }
        }
        Self { text: Cow::Owned(text), origins }
    }

    /// The range in the original for a range in this text.
    fn origin(&self, found: Range<usize>) -> Range<usize> {
        if self.origins.is_empty() {
            return found;
        }
        let start = self.origins.get(found.start).map_or(found.start, |(place, _)| place.start);
        let last = found.end.checked_sub(1).and_then(|last| self.origins.get(last));
        start..last.map_or(start, |(place, _)| place.end)
    }

    fn find_from(&self, from: usize) -> Option<Range<usize>> {
        let left_out = |at: usize| self.origins.get(at).is_some_and(|(_, left_out)| *left_out);
        find_from(&self.text, from, left_out)
    }
}

/// The character of an escape of JSON, of Rust or of a URL at the beginning of a text, and the length of the escape. An
/// escape of half a character returns a hidden character.
fn escaped(text: &str) -> Option<(char, usize)> {
    const HALF: char = '\0';
    let hexadecimal = |digits: &str| {
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    };
    if let Some(digits) = text.strip_prefix('%').and_then(|rest| rest.get(..2)) {
        return Some((char::from_u32(hexadecimal(digits)?).filter(char::is_ascii)?, 3));
    }
    let rest = text.strip_prefix('\\')?;
    // Rust error messages quote a character in this form.
    if let Some((digits, _)) =
        rest.strip_prefix("u{").and_then(|rest| rest.split_once('}')).filter(|(digits, _)| digits.len() <= 6)
    {
        return Some((char::from_u32(hexadecimal(digits)?).unwrap_or(HALF), digits.len() + "\\u{}".len()));
    }
    if let Some(digits) = rest.strip_prefix('u').and_then(|rest| rest.get(..4)) {
        return Some((char::from_u32(hexadecimal(digits)?).unwrap_or(HALF), 6));
    }
    match rest.chars().next()? {
        'n' | 'r' | 't' | 'b' | 'f' | '0' => Some((HALF, 2)),
        c @ ('"' | '\\' | '/') => Some((c, 2)),
        _ => None,
    }
}

/// The ASCII letter for a full-width letter, and one dash for all dashes.
fn plain_letter(c: char) -> char {
    const WIDE: u32 = 0xFEE0;
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - WIDE).unwrap_or(c),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' => '-',
        c => c,
    }
}

/// Finds the first part of a plain text that looks like a credential, from a position on. The time is linear in the
/// length of the text, whatever its content. A word can also start after removed characters.
fn find_from(text: &str, from: usize, left_out: impl Fn(usize) -> bool) -> Option<Range<usize>> {
    let mut tokens_from = from;
    word_starts(text, from, left_out).find_map(|start| {
        let rest = text.get(start..)?;
        let token = || {
            if start < tokens_from || !rest.starts_with(JWT) {
                return None;
            }
            let token = rest.get(..rest.find(|c| !is_of_token(c)).unwrap_or(rest.len()))?;
            // A token that begins later in the same run is shorter and has no more parts.
            tokens_from = start + token.len();
            (token.len() >= JWT_LENGTH && token.split('.').count() >= JWT_PARTS).then_some(token.len())
        };
        let length = length_of_key(rest).or_else(token).or_else(|| length_of_aws_key(rest))?;
        Some(start..start + length)
    })
}

/// The word starts at which a credential can begin: `task-ant-hill` does not contain `sk-ant-`.
fn word_starts(text: &str, from: usize, left_out: impl Fn(usize) -> bool) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let follows =
        move |at: usize| at.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_alphanumeric()) && !left_out(at);
    (from..bytes.len()).filter(move |at| BEGINS[usize::from(bytes[*at])] && !follows(*at))
}

/// The length of the key at the beginning of a text, if the text begins with a known prefix.
fn length_of_key(text: &str) -> Option<usize> {
    PREFIXES.iter().find_map(|prefix| {
        let begins = text.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix));
        // The prefix without other characters is not a key.
        let secret = text.get(prefix.len()..).filter(|_| begins)?;
        let secret = Some(secret).filter(|secret| secret.starts_with(|c: char| c.is_ascii_alphanumeric()))?;
        // A key can contain any of these characters.
        let length = secret.find(|c: char| !is_of_token(c) && !"+/=".contains(c)).unwrap_or(secret.len());
        let length = prefix.len() + length;
        text.get(..length).is_some_and(|key| !is_hint(key)).then_some(length)
    })
}

/// Whether only a part of a key is shown, as the API does to distinguish keys: its beginning, three dots, and at most 4
/// characters of its end.
fn is_hint(key: &str) -> bool {
    const MAX_BEGIN: usize = 18;
    const MAX_END: usize = 4;
    key.split_once("...").is_some_and(|(begin, end)| {
        begin.len() <= MAX_BEGIN && (1..=MAX_END).contains(&end.len()) && !begin.contains('.') && !end.contains('.')
    })
}

/// The length of the AWS access key at the beginning of a text.
fn length_of_aws_key(text: &str) -> Option<usize> {
    let prefix = AWS.into_iter().find(|prefix| text.starts_with(prefix))?;
    let rest = text.get(prefix.len()..)?;
    let key = rest.get(..rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len()))?;
    let is_one = key.len() == AWS_LENGTH && key.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    is_one.then_some(prefix.len() + key.len())
}

fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.".contains(c)
}

/// A text for an error or a log: every secret is replaced.
#[must_use]
pub fn redacted(text: impl Into<String>) -> String {
    let mut text = text.into();
    replace_secrets(&mut text, REDACTED);
    text
}

/// The replacement for a secret.
const REDACTED: &str = "[redacted]";

/// Replaces every secret in the texts and names of a value. Returns whether any was found.
pub fn redact_value(value: &mut Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => {
            let found = find_secret(text).is_some();
            if found {
                replace_secrets(text, REDACTED);
            }
            found
        }
        Value::Array(items) => items.iter_mut().fold(false, |found, item| redact_value(item) | found),
        Value::Object(members) => {
            let mut found = members.values_mut().fold(false, |found, member| redact_value(member) | found);
            if members.keys().any(|name| find_secret(name).is_some()) {
                found = true;
                let taken = std::mem::take(members);
                members.extend(taken.into_iter().map(|(name, value)| (redacted(name), value)));
            }
            found
        }
    }
}

/// Whether any text or name in a value looks like a credential.
#[must_use]
pub fn has_secret(value: &Value) -> bool {
    match value {
        Value::String(text) => find_secret(text).is_some(),
        Value::Array(items) => items.iter().any(has_secret),
        Value::Object(members) => members.iter().any(|(name, value)| find_secret(name).is_some() || has_secret(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Replaces every secret in a text.
pub fn replace_secrets(text: &mut String, replacement: &str) {
    let (mut from, mut at) = (0, 0);
    let mut clean = String::new();
    let plain = Plain::of(text);
    while let Some(found) = plain.find_from(from) {
        from = found.end;
        let secret = plain.origin(found);
        clean.push_str(text.get(at..secret.start).unwrap_or_default());
        clean.push_str(replacement);
        at = secret.end;
    }
    if at > 0 {
        clean.push_str(text.get(at..).unwrap_or_default());
        *text = clean;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::HIDDEN;
    use proptest::prelude::*;

    #[test]
    fn secret_like_text_is_redacted_and_other_text_is_unchanged() {
        for (before, after) in [
            ("key sk-ant-api03-x_Y-z, gone", "key [redacted], gone"),
            ("\u{e9}SK-ANT-admin01-x\u{ab}", "\u{e9}[redacted]\u{ab}"),
            ("xoxb-1-2 and xapp-1-A", "[redacted] and [redacted]"),
            ("say \"whsec_ab+c/d==\"", "say \"[redacted]\""),
            ("x.eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "x.[redacted]"),
            ("gho_a ghs_b, ghu_c ghr_d github_pat_e", "[redacted] [redacted], [redacted] [redacted] [redacted]"),
            ("AKIASIMULATOR0000000/ASIASIMULATOR0000000", "[redacted]/[redacted]"),
            ("Bearer eyJhbGciOiJIUzI1NiJ9.e30.x", "Bearer [redacted]"),
            ("unsigned eyJhbGciOiJub25lIn0.e30.", "unsigned [redacted]"),
            ("encrypted eyJhbGciOiJkaXIifQ..aXY.dGV4dA.dGFn!", "encrypted [redacted]!"),
            ("sk-ant-api03-abcdefgh...igAA sk-ant-a...bcdef sk-ant-a...", "[redacted] [redacted] [redacted]"),
        ] {
            assert_eq!(redacted(before), after);
        }
        for text in [
            "task-ant-hill@example.com",
            "apikey_01",
            "get sk-ant- now",
            "eyjafjallaj\u{f6}kull",
            "[redacted]",
            "eyjolfur.gunnarsson.hr@example.com",
            "approve eyj3ctftqtct12rtsj83jgtyma.1",
            "status AKIA3CTFTQTCT12RTSJ83JGTYM",
            "Akiasimulator0000000",
            "the highs_and lows of AKIA",
            "eyJhbGciOiJIUzI1NiJ9eyJzdWIiOiIxIn0",
            "key sk-ant-api03-R2D...igAA",
        ] {
            assert_eq!(redacted(text), text);
        }
    }

    #[test]
    fn secret_is_found_whatever_is_hidden_in_it() {
        for hidden in HIDDEN {
            for place in 0..=15 {
                let mut secret = "sk-ant-admin01-LEAK".to_owned();
                secret.insert(place, *hidden);
                for (before, after) in [("", ""), ("x ", " y"), ("x\u{200B}", "!")] {
                    let clean = redacted(format!("{before}{secret}{after}"));
                    assert!(!clean.contains("LEAK"), "U+{:04X} at {place}: {clean:?}", u32::from(*hidden));
                }
            }
        }
        for text in [
            "s\u{301}k-ant-LEAK",
            "ｓｋ－ａｎｔ－LEAK",
            "sk‑ant–LEAK",
            "śk-ant-LEAK",
            "x\u{200B}s\u{AD}k-ant-LEAK",
            r#"{"a":"\u0073k-ant-LEAK"}"#,
            r#"{"\u0073k\u200b\ud800-ant-LEAK":1}"#,
            r#""sk\n-ant\t-LEAK""#,
            "%73k-ant-%4cEAK",
            r#"string "s\0k\u{200b}-ant-LEAK""#,
        ] {
            assert!(!redacted(text).contains("EAK"), "{text}");
        }
        assert_eq!(redacted("ａ: s\u{200B}k-ant-LEAK, é"), "ａ: [redacted], é");
    }

    #[test]
    fn every_kind_is_found() {
        for prefix in PREFIXES {
            for prefix in [prefix.to_owned(), prefix.to_uppercase()] {
                assert_eq!(redacted(format!("a {prefix}1b c")), "a [redacted] c");
            }
        }
    }

    #[test]
    fn a_long_text_of_almost_secrets_takes_no_longer_than_another() {
        // Each of these texts would take minutes if the search read from every start to the end of the text.
        for part in ["s-", "eyJ-", "eyJ.", "sk-ant--", "AKIA-", "x"] {
            let text = part.repeat((1 << 20) / part.len());
            assert_eq!(find_secret(&text).is_some(), part == "eyJ.");
        }
    }

    proptest! {
        #[test]
        fn redacted_text_has_no_secret_and_redaction_is_idempotent(
            parts in prop::collection::vec(prop_oneof![
                any::<String>(),
                prop::sample::select(PREFIXES.to_vec()).prop_map(str::to_owned),
                prop::sample::select(vec!["eyJ", "eyJhbGciOiJIUzI1NiJ9.e30.abcdefgh", "a", "-", ".", " ", "XOXB-1", "/", "\u{200B}", "é"])
                    .prop_map(str::to_owned),
            ], 0..12)
        ) {
            let clean = redacted(parts.concat());
            prop_assert!(find_secret(&clean).is_none(), "{}", clean);
            prop_assert_eq!(redacted(clean.as_str()), clean.clone());
        }

        #[test]
        fn an_inserted_secret_never_survives(before in "\\PC*", tail in "[A-Za-z0-9_-]{8,40}", after in "\\PC*") {
            let secret = format!("sk-ant-a{tail}");
            let clean = redacted(format!("{before} {secret} {after}"));
            prop_assert!(!clean.contains(&secret));
        }
    }
}

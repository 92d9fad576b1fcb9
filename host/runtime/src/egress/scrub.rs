//! Removes secrets from responses.

use bytes::Bytes;
use memchr::memmem;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::ops::Range;

const REDACTED: &str = "[redacted]";
/// A shorter text is not a secret, and it is a part of many words.
const SHORTEST: usize = 4;
/// This number of consecutive characters of an assertion is not a coincidence.
const PART_OF_ASSERTION: usize = 8;
/// This number of characters of the decoded text is a copy, not a word that both texts contain.
const PART_OF_CLAIMS: usize = 16;

/// Removes secrets from a response. A secret argument can be any text, even a word in the field names of the response.
/// JSON stays valid.
pub(super) fn scrub_all<'s>(bytes: Bytes, secrets: impl Iterator<Item = &'s str>) -> Bytes {
    let mut secrets: Vec<&str> = secrets.collect();
    // If one secret begins with another, removing the shorter one first would leave the end of the longer one.
    secrets.sort_unstable_by_key(|secret| Reverse(secret.len()));
    secrets.dedup();
    let all = |bytes: Bytes| secrets.iter().fold(bytes, |bytes, secret| scrub(bytes, secret.as_bytes()));
    let scrubbed = all(bytes.clone());
    if scrubbed == bytes || !is_json(&bytes) || is_json(&scrubbed) {
        return scrubbed;
    }
    match serde_json::from_slice(&bytes) {
        Ok(mut value) => {
            scrub_texts(&mut value, &|text| String::from_utf8_lossy(&all(Bytes::from(text))).into_owned());
            value.to_string().into()
        }
        Err(_) => scrubbed,
    }
}

/// Removes secrets from every text and every name in a value.
pub(crate) fn scrub_value(value: &mut Value, secrets: &[String]) {
    scrub_texts(value, &|text| scrub_text(text, secrets));
}

/// Removes secrets from a text.
pub(crate) fn scrub_text(text: String, secrets: &[String]) -> String {
    let scrubbed = scrub_all(Bytes::from(text), secrets.iter().map(String::as_str));
    String::from_utf8_lossy(&scrubbed).into_owned()
}

fn scrub_texts(value: &mut Value, scrub: &dyn Fn(String) -> String) {
    match value {
        Value::String(text) => *text = scrub(std::mem::take(text)),
        Value::Array(items) => items.iter_mut().for_each(|item| scrub_texts(item, scrub)),
        Value::Object(members) => {
            for (name, mut value) in std::mem::take(members) {
                scrub_texts(&mut value, scrub);
                members.insert(scrub(name), value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

/// Removes a secret that a server repeats: its exact bytes, and its forms with escapes of JSON, URLs and HTML.
fn scrub(bytes: Bytes, secret: &[u8]) -> Bytes {
    let Some(&first) = secret.first().filter(|_| secret.len() >= SHORTEST) else { return bytes };
    let is_escape = |byte: &u8| matches!(byte, b'\\' | b'%' | b'&');
    if memmem::find(&bytes, secret).is_none() && !bytes.iter().any(is_escape) {
        return bytes;
    }
    let mut scrubbed = Vec::new();
    let (mut rest, mut at) = (0, 0);
    while let Some(skipped) = bytes[at..].iter().position(|byte| *byte == first || is_escape(byte)) {
        at += skipped;
        match length_of(secret, &bytes[at..]) {
            // An escape has the same meaning from each backslash of a run, so the run is read once.
            None if first != b'\\' && bytes[at] == b'\\' => {
                at += backslashes(&bytes[at..]);
            }
            None => at += 1,
            Some(length) => {
                scrubbed.extend_from_slice(&bytes[rest..at]);
                scrubbed.extend_from_slice(REDACTED.as_bytes());
                at += length;
                rest = at;
            }
        }
    }
    if rest == 0 {
        return bytes;
    }
    scrubbed.extend_from_slice(&bytes[rest..]);
    scrubbed.into()
}

/// The number of bytes of a secret at the start of a text, if it is there.
fn length_of(secret: &[u8], text: &[u8]) -> Option<usize> {
    if text.starts_with(secret) {
        return Some(secret.len());
    }
    let (mut rest, mut length) = (secret, 0);
    while !rest.is_empty() {
        let text = text.get(length..)?;
        // In a run of backslashes, it is unknown which ones are escapes: they can belong to the secret, or escape the
        // next character.
        let (own, run) = (backslashes(rest), backslashes(text));
        let behind = (own > 0 && run >= own).then(|| &rest[own..]);
        if behind.is_some_and(<[u8]>::is_empty) {
            return Some(length + run);
        }
        let plain = unescaped(text)?;
        let after = |rest: &'_ [u8]| {
            let taken = rest.strip_prefix(plain.bytes());
            let control = || plain.control(text).and_then(|control| rest.strip_prefix(&[control]));
            Some(rest.len() - taken.or_else(control)?.len())
        };
        rest = match (after(rest), behind) {
            (Some(taken), _) => &rest[taken..],
            (None, Some(behind)) => &behind[after(behind)?..],
            (None, None) => return None,
        };
        length += plain.taken;
    }
    Some(length)
}

fn backslashes(text: &[u8]) -> usize {
    text.iter().take_while(|byte| **byte == b'\\').count()
}

/// A character after unescaping.
struct Plain {
    bytes: [u8; 4],
    length: usize,
    /// The number of its bytes in the text.
    taken: usize,
}

impl Plain {
    fn byte(byte: u8, taken: usize) -> Self {
        Self { bytes: [byte, 0, 0, 0], length: 1, taken }
    }

    fn char(c: char, taken: usize) -> Self {
        let mut bytes = [0; 4];
        let length = c.encode_utf8(&mut bytes).len();
        Self { bytes, length, taken }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// The control character of a letter after a backslash in JSON. In other formats it is the letter.
    fn control(&self, text: &[u8]) -> Option<u8> {
        if self.taken == 1 || text[0] != b'\\' || text[self.taken - 1] != self.bytes[0] {
            return None;
        }
        match self.bytes[0] {
            b'b' => Some(8),
            b'f' => Some(12),
            b'n' => Some(b'\n'),
            b'r' => Some(b'\r'),
            b't' => Some(b'\t'),
            _ => None,
        }
    }
}

/// The first character of a text after unescaping. Repeated escaping is undone too.
fn unescaped(text: &[u8]) -> Option<Plain> {
    let number = |digits: &[u8], radix| {
        let digits =
            std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|it| it.is_ascii_alphanumeric()))?;
        u32::from_str_radix(digits, radix).ok()
    };
    let hex = |from: usize, digits: usize| number(text.get(from..from + digits)?, 16);
    let (first, rest) = text.split_first()?;
    let escape = match first {
        b'\\' => {
            let after = backslashes(text);
            match text.get(after)? {
                b'u' => hex(after + 1, 4).and_then(char::from_u32).map(|c| Plain::char(c, after + 5)),
                b'x' => hex(after + 1, 2).and_then(char::from_u32).map(|c| Plain::char(c, after + 3)),
                other => Some(Plain::byte(*other, after + 1)),
            }
        }
        b'%' => {
            let again = rest.chunks(2).take_while(|pair| *pair == b"25").count();
            let byte = hex(1 + 2 * again, 2).and_then(|byte| u8::try_from(byte).ok());
            byte.map(|byte| Plain::byte(byte, 3 + 2 * again))
        }
        b'&' => {
            let digits = rest.strip_prefix(b"#")?;
            let end = digits.iter().take(8).position(|byte| *byte == b';')?;
            let value = match digits[..end].split_first() {
                Some((b'x' | b'X', hex)) => number(hex, 16),
                _ => number(&digits[..end], 10),
            };
            value.and_then(char::from_u32).map(|c| Plain::char(c, end + 3))
        }
        _ => None,
    };
    Some(escape.unwrap_or(Plain::byte(*first, 1)))
}

/// Removes from a text every part of an assertion (a JSON web token) that was sent, and every part of its decoded text.
pub(super) fn scrub_assertion(text: &str, assertion: &str) -> String {
    let mut plain = Vec::new();
    let mut rest = text.as_bytes();
    while let Some(next) = unescaped(rest) {
        plain.extend_from_slice(next.bytes());
        rest = &rest[next.taken..];
    }
    let mut secret = vec![false; plain.len()];
    for part in common_parts(&plain, assertion.as_bytes(), PART_OF_ASSERTION.min(assertion.len())) {
        secret[part].fill(true);
    }
    for segment in assertion.split('.') {
        // The value of one claim, such as the issuer, is not a secret and explains the problem. A longer part is a
        // copy.
        let is_copy = |part: &Range<usize>| plain[part.clone()].contains(&b'"');
        for part in common_parts(&plain, &decoded(segment), PART_OF_CLAIMS).into_iter().filter(is_copy) {
            secret[part].fill(true);
        }
    }
    let mut scrubbed = Vec::new();
    for (index, byte) in plain.iter().enumerate() {
        match (secret[index], index > 0 && secret[index - 1]) {
            (false, _) => scrubbed.push(*byte),
            (true, false) => scrubbed.extend_from_slice(REDACTED.as_bytes()),
            (true, true) => {}
        }
    }
    String::from_utf8_lossy(&scrubbed).into_owned()
}

/// The parts of a text in which every sequence of this length is also in a secret.
fn common_parts(text: &[u8], secret: &[u8], length: usize) -> Vec<Range<usize>> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    if length == 0 {
        return parts;
    }
    let stretches: HashSet<&[u8]> = secret.windows(length).collect();
    for (start, stretch) in text.windows(length).enumerate().filter(|(_, stretch)| stretches.contains(stretch)) {
        let end = start + stretch.len();
        match parts.last_mut().filter(|last| last.end >= start) {
            Some(last) => last.end = end,
            None => parts.push(start..end),
        }
    }
    parts
}

fn decoded(segment: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(segment.trim_end_matches('=')).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use proptest::prelude::*;

    fn scrubbed(text: &str, secret: &str) -> String {
        String::from_utf8(scrub(Bytes::from(text.to_owned()), secret.as_bytes()).to_vec()).unwrap()
    }

    #[test]
    fn echoed_secret_is_removed_everywhere() {
        assert_eq!(scrubbed(r#"{"a":"sk-1","b":"xsk-1y"}"#, "sk-1"), r#"{"a":"[redacted]","b":"x[redacted]y"}"#);
        assert_eq!(scrubbed("nothing", "sk-1"), "nothing");
        assert_eq!(scrubbed(r"a \n b % c & d", "sk-1"), r"a \n b % c & d");
        assert_eq!(scrubbed("anything", ""), "anything");
        assert_eq!(scrubbed("anything", "thi"), "anything");
    }

    fn escaped(byte: u8, form: u8, depth: usize) -> String {
        match form % 7 {
            0 => char::from(byte).to_string(),
            1 => format!("{}u{byte:04x}", "\\".repeat(depth)),
            2 => format!("{}u{byte:04X}", "\\".repeat(depth)),
            3 => format!("%{}{byte:02x}", "25".repeat(depth - 1)),
            4 => format!("&#{byte};"),
            5 => format!("&#x{byte:x};"),
            _ => format!("{}x{byte:02x}", "\\".repeat(depth)),
        }
    }

    #[test]
    fn secret_of_any_characters_is_removed_in_every_spelling() {
        let secret = "-----BEGIN\np\u{e4}ss\t\"w\\ord\"\r\n-----END";
        let json = serde_json::to_string(secret).unwrap();
        let ascii = json.replace('\u{e4}', "\\u00e4");
        assert_eq!(scrubbed(r#"{"a":"C:\\dir\\"}"#, "C:\\dir\\"), r#"{"a":"[redacted]"}"#);
        let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let html: String = secret.chars().map(|c| format!("&#{};", u32::from(c))).collect();
        let again = serde_json::to_string(&json).unwrap();
        for echo in
            [secret, json.trim_matches('"'), ascii.trim_matches('"'), &percent, &html, &again[3..again.len() - 3]]
        {
            assert_eq!(scrubbed(&format!("a {echo} b"), secret), "a [redacted] b", "{echo}");
        }
    }

    #[test]
    fn json_stays_json_without_the_secrets_in_it() {
        let all = |text: &str, secrets: &[&str]| {
            let scrubbed = scrub_all(Bytes::from(text.to_owned()), secrets.iter().copied());
            String::from_utf8(scrubbed.to_vec()).unwrap()
        };
        let answer = r#"{"on":true,"x":"it is true","n":12345}"#;
        assert_eq!(all(answer, &["true", "12345"]), r#"{"on":true,"x":"it is [redacted]","n":12345}"#);
        assert_eq!(all("it is true", &["true"]), "it is [redacted]");
        // The longer one goes first.
        assert_eq!(all(r#"{"a":"abcdefgh abcd"}"#, &["abcd", "abcdefgh"]), r#"{"a":"[redacted] [redacted]"}"#);
        let mut value = serde_json::json!({ "a hunter2": ["hunter2", 1] });
        scrub_value(&mut value, &["hunter2".to_owned()]);
        assert_eq!(value, serde_json::json!({ "a [redacted]": ["[redacted]", 1] }));
    }

    #[test]
    fn run_of_backslashes_is_read_once() {
        // Reading the run from each backslash would take hours.
        let run = "\\".repeat(4 << 20);
        assert_eq!(scrubbed(&run, "sk-1"), run);
        assert_eq!(scrubbed(&format!("{run}u0073k-1"), "sk-1"), REDACTED);
        assert_eq!(scrubbed(&format!("{run}x{run}sk-1"), "sk-1"), format!("{run}x{REDACTED}"));
    }

    proptest! {
        #[test]
        fn escaped_secret_is_removed(
            secret in "[A-Za-z0-9_./+=-]{8,40}", before in "[ -~]{0,20}", after in "[ -~]{0,20}", seed: u64, depth in 1_usize..4,
        ) {
            let form = |index: usize| (seed.rotate_left(u32::try_from(index).unwrap() * 5) & 0xff) as u8;
            let echo: String = secret.bytes().enumerate().map(|(index, byte)| escaped(byte, form(index), depth)).collect();
            let before = before + " ";
            prop_assert_eq!(scrubbed(&format!("{before}{echo}{after}"), &secret), format!("{before}{REDACTED}{after}"));
        }

        #[test]
        fn any_text_is_scrubbed_without_failure(text: Vec<u8>, secret in proptest::collection::vec(any::<u8>(), 0..4)) {
            let _ = scrub(Bytes::from(text.clone()), &secret);
            let _ = scrub_assertion(&String::from_utf8_lossy(&text), &String::from_utf8_lossy(&secret));
        }
    }

    const CLAIMS: &str = r#"{"iss":"https://issuer.example","sub":"system:serviceaccount:audit:reader"}"#;

    fn assertion() -> String {
        let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.{}", encode(r#"{"alg":"RS256"}"#), encode(CLAIMS), encode("a signature of some length"))
    }

    #[test]
    fn parts_of_an_assertion_are_removed_from_a_message() {
        let assertion = assertion();
        let percent: String = assertion.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let quoted = CLAIMS.replace('"', "\\\"");
        let segments = assertion.split('.').map(str::to_owned);
        let echoes =
            segments.chain([assertion.clone(), assertion[..12].to_owned(), percent, CLAIMS.to_owned(), quoted]);
        for echo in echoes {
            let message = scrub_assertion(&format!("bad assertion {echo} today"), &assertion);
            assert_eq!(message, "bad assertion [redacted] today", "{echo}");
        }
        let useful = "the issuer https://issuer.example is not registered; the rule wants an audience";
        assert_eq!(scrub_assertion(useful, &assertion), useful);
    }
}

//! Removes secrets from what a server sends back.

use bytes::Bytes;
use memchr::memmem;
use std::collections::HashSet;
use std::ops::Range;

const REDACTED: &str = "[redacted]";
/// A shorter text is no secret, and part of many words.
const SHORTEST: usize = 4;
/// So many characters of an assertion in a row are part of it by no accident.
const PART_OF_ASSERTION: usize = 8;
/// So many of its decoded text are a copy, and not a word that both use.
const PART_OF_CLAIMS: usize = 16;

/// Removes a secret, should a server echo it: its exact bytes, and the same in the escapes of JSON, URLs and HTML.
pub(super) fn scrub(bytes: Bytes, secret: &[u8]) -> Bytes {
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
            // An escape means the same from each backslash of a run, so that the run is read once.
            None if first != b'\\' && bytes[at] == b'\\' => {
                at += bytes[at..].iter().take_while(|byte| **byte == b'\\').count();
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

/// How many bytes a secret takes at the start of a text, if it is there.
fn length_of(secret: &[u8], text: &[u8]) -> Option<usize> {
    if text.starts_with(secret) {
        return Some(secret.len());
    }
    let mut length = 0;
    for byte in secret {
        let (found, taken) = unescaped(text.get(length..)?)?;
        if found != *byte {
            return None;
        }
        length += taken;
    }
    Some(length)
}

/// The first character of a text, with its escapes undone, and how many bytes it takes. Escapes that were escaped again
/// are undone too.
fn unescaped(text: &[u8]) -> Option<(u8, usize)> {
    let number = |digits: &[u8], radix| {
        let digits =
            std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|it| it.is_ascii_alphanumeric()))?;
        u8::from_str_radix(digits, radix).ok().filter(u8::is_ascii)
    };
    let hex = |from: usize, digits: usize| Some((number(text.get(from..from + digits)?, 16)?, from + digits));
    let (first, rest) = text.split_first()?;
    let escape = match first {
        b'\\' => {
            let after = text.iter().take_while(|byte| **byte == b'\\').count();
            match text.get(after)? {
                b'u' => hex(after + 1, 4),
                b'x' => hex(after + 1, 2),
                other => Some((*other, after + 1)),
            }
        }
        b'%' => {
            let again = rest.chunks(2).take_while(|pair| *pair == b"25").count();
            hex(1 + 2 * again, 2)
        }
        b'&' => {
            let digits = rest.strip_prefix(b"#")?;
            let end = digits.iter().take(8).position(|byte| *byte == b';')?;
            let value = match digits[..end].split_first() {
                Some((b'x' | b'X', hex)) => number(hex, 16),
                _ => number(&digits[..end], 10),
            };
            value.map(|value| (value, end + 3))
        }
        _ => None,
    };
    Some(escape.unwrap_or((*first, 1)))
}

/// Removes from a text every part of an assertion (a JSON web token) that was sent, and every part of what it encodes.
pub(super) fn scrub_assertion(text: &str, assertion: &str) -> String {
    let mut plain = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, taken)) = unescaped(rest) {
        plain.push(byte);
        rest = &rest[taken..];
    }
    let mut secret = vec![false; plain.len()];
    for part in common_parts(&plain, assertion.as_bytes(), PART_OF_ASSERTION.min(assertion.len())) {
        secret[part].fill(true);
    }
    for segment in assertion.split('.') {
        // The value of one claim, such as the issuer, is no secret, and says what is wrong. More than that is a copy.
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

/// The parts of a text whose every stretch of so many bytes is in a secret too.
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
    fn run_of_backslashes_is_read_once() {
        // Read once from each of them, it would take hours.
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

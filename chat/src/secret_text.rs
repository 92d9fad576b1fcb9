//! Text that looks like a credential: no command may hold any, and no record keeps one.

use std::ops::Range;

/// How credentials begin: Anthropic keys and tokens, Slack tokens, webhook secrets, and every kind of GitHub token.
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
/// How a JSON web token begins: `{"` in base64, in which capital letters matter.
const JWT: &str = "eyJ";
/// A JSON web token has three parts or more, with dots between them, and is no shorter than this.
const JWT_PARTS: usize = 3;
const JWT_LENGTH: usize = 20;

/// How the id of an access key of AWS begins, for good and for a session, and how many capital letters and digits follow.
const AWS: [&str; 2] = ["AKIA", "ASIA"];
const AWS_LENGTH: usize = 16;

/// Which bytes credentials begin with.
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

/// Finds the first thing in a text that looks like a credential.
#[must_use]
pub fn find_secret(text: &str) -> Option<Range<usize>> {
    find_from(text, 0)
}

/// As [`find_secret`], from a place on. The time that it takes grows with the length of the text, whatever is in it.
fn find_from(text: &str, from: usize) -> Option<Range<usize>> {
    let mut tokens_from = from;
    word_starts(text, from).find_map(|start| {
        let rest = text.get(start..)?;
        let token = || {
            if start < tokens_from || !rest.starts_with(JWT) {
                return None;
            }
            let token = rest.get(..rest.find(|c| !is_of_token(c)).unwrap_or(rest.len()))?;
            // Whatever begins later in the same run is shorter, and has no more parts.
            tokens_from = start + token.len();
            (token.len() >= JWT_LENGTH && token.split('.').count() >= JWT_PARTS).then_some(token.len())
        };
        let length = length_of_key(rest).or_else(token).or_else(|| length_of_aws_key(rest))?;
        Some(start..start + length)
    })
}

/// Where words start that a credential could begin: `task-ant-hill` holds no `sk-ant-`.
fn word_starts(text: &str, from: usize) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let follows = move |at: usize| at.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_alphanumeric());
    (from..bytes.len()).filter(move |at| BEGINS[usize::from(bytes[*at])] && !follows(*at))
}

/// How long the key is that a text begins with, where it begins with a known prefix.
fn length_of_key(text: &str) -> Option<usize> {
    PREFIXES.iter().find_map(|prefix| {
        let begins = text.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix));
        // The prefix alone is none.
        let secret = text.get(prefix.len()..).filter(|_| begins)?;
        let secret = Some(secret).filter(|secret| secret.starts_with(|c: char| c.is_ascii_alphanumeric()))?;
        // A key may hold any of these.
        let length = secret.find(|c: char| !is_of_token(c) && !"+/=".contains(c)).unwrap_or(secret.len());
        Some(prefix.len() + length)
    })
}

/// How long the access key of AWS is that a text begins with.
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

/// Replaces every secret in a text.
pub fn replace_secrets(text: &mut String, replacement: &str) {
    let mut at = 0;
    let mut clean = String::new();
    while let Some(secret) = find_from(text, at) {
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
    use proptest::prelude::*;

    fn redacted(value: &str) -> String {
        let mut value = value.to_owned();
        replace_secrets(&mut value, "[redacted]");
        value
    }

    #[test]
    fn what_looks_like_a_secret_is_replaced_and_the_rest_stays() {
        for (before, after) in [
            ("key sk-ant-api03-x_Y-z, gone", "key [redacted], gone"),
            ("\u{e9}SK-ANT-admin01-x\u{e9}", "\u{e9}[redacted]\u{e9}"),
            ("xoxb-1-2 and xapp-1-A", "[redacted] and [redacted]"),
            ("say \"whsec_ab+c/d==\"", "say \"[redacted]\""),
            ("x.eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "x.[redacted]"),
            ("gho_a ghs_b, ghu_c ghr_d github_pat_e", "[redacted] [redacted], [redacted] [redacted] [redacted]"),
            ("AKIASIMULATOR0000000/ASIASIMULATOR0000000", "[redacted]/[redacted]"),
            ("Bearer eyJhbGciOiJIUzI1NiJ9.e30.x", "Bearer [redacted]"),
            ("unsigned eyJhbGciOiJub25lIn0.e30.", "unsigned [redacted]"),
            ("encrypted eyJhbGciOiJkaXIifQ..aXY.dGV4dA.dGFn!", "encrypted [redacted]!"),
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
        ] {
            assert_eq!(redacted(text), text);
        }
    }

    #[test]
    fn every_kind_is_found() {
        for prefix in PREFIXES {
            for prefix in [prefix.to_owned(), prefix.to_uppercase()] {
                assert_eq!(redacted(&format!("a {prefix}1b c")), "a [redacted] c");
            }
        }
    }

    #[test]
    fn a_long_text_of_almost_secrets_takes_no_longer_than_another() {
        // Each of these would take minutes if every start were read to the end of the text.
        for part in ["s-", "eyJ-", "eyJ.", "sk-ant--", "AKIA-", "x"] {
            let text = part.repeat((1 << 20) / part.len());
            assert_eq!(find_secret(&text).is_some(), part == "eyJ.");
        }
    }

    proptest! {
        #[test]
        fn after_redaction_no_secret_is_left_and_redacting_again_changes_nothing(
            parts in prop::collection::vec(prop_oneof![
                any::<String>(),
                prop::sample::select(PREFIXES.to_vec()).prop_map(str::to_owned),
                prop::sample::select(vec!["eyJ", "eyJhbGciOiJIUzI1NiJ9.e30.abcdefgh", "a", "-", ".", " ", "XOXB-1", "/"])
                    .prop_map(str::to_owned),
            ], 0..12)
        ) {
            let clean = redacted(&parts.concat());
            prop_assert!(find_secret(&clean).is_none(), "{}", clean);
            prop_assert_eq!(redacted(&clean), clean.clone());
        }

        #[test]
        fn an_inserted_secret_never_survives(before in "\\PC*", tail in "[A-Za-z0-9_-]{8,40}", after in "\\PC*") {
            let secret = format!("sk-ant-a{tail}");
            let clean = redacted(&format!("{before} {secret} {after}"));
            prop_assert!(!clean.contains(&secret));
        }
    }
}

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

/// Finds the first thing in a text that looks like a credential.
#[must_use]
pub fn find_secret(text: &str) -> Option<Range<usize>> {
    find_from(text, 0)
}

/// As [`find_secret`], from a place on.
fn find_from(text: &str, from: usize) -> Option<Range<usize>> {
    word_starts(text, from).find_map(|start| Some(start..start + length_of_secret(text.get(start..)?)?))
}

/// Where words start that a credential could begin: `task-ant-hill` holds no `sk-ant-`.
fn word_starts(text: &str, from: usize) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let could_begin = |byte: u8| b"sxwgea".contains(&byte.to_ascii_lowercase());
    let follows = move |at: usize| at.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_alphanumeric());
    (from..bytes.len()).filter(move |at| could_begin(bytes[*at]) && !follows(*at))
}

/// How long the credential is that a text begins with, where it begins with one.
fn length_of_secret(text: &str) -> Option<usize> {
    let known = PREFIXES.iter().find_map(|prefix| {
        let begins = text.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix));
        // The prefix alone is none; and a key may hold any of these.
        let secret = text.get(prefix.len()..).filter(|_| begins)?;
        let length = secret.find(|c: char| !is_of_token(c) && !"+/=".contains(c)).unwrap_or(secret.len());
        secret.starts_with(|c: char| c.is_ascii_alphanumeric()).then_some(prefix.len() + length)
    });
    let token = || {
        let token = text.get(..text.find(|c| !is_of_token(c)).unwrap_or(text.len()))?;
        let is_one = token.starts_with(JWT) && token.len() >= JWT_LENGTH && token.split('.').count() >= JWT_PARTS;
        is_one.then_some(token.len())
    };
    let aws = || {
        let prefix = AWS.into_iter().find(|prefix| text.starts_with(prefix))?;
        let rest = text.get(prefix.len()..)?;
        let key = rest.get(..rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len()))?;
        let is_one = key.len() == AWS_LENGTH && key.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        is_one.then_some(prefix.len() + key.len())
    };
    known.or_else(token).or_else(aws)
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

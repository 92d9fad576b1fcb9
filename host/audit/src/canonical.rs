//! Canonical JSON: one text for each value.
//!
//! This is the JSON Canonicalization Scheme (RFC 8785): no spaces, the members of an object sorted by the UTF-16 code
//! units of their names, and the shortest escapes. The scheme writes numbers as JavaScript does. Here only integers up
//! to 2^53 - 1 are written, in plain decimal form; any other number is an error. For strings, this relies on
//! `serde_json`: it escapes only the quotation mark, the backslash and the control characters. It uses the short forms
//! if they exist and lower-case `\u00xx` otherwise, as the scheme requires.

use serde_json::{Map, Value};
use std::cmp::Ordering;

/// The largest integer that every JSON reader reads in the same way.
const MAX_SAFE: u64 = (1 << 53) - 1;

/// A value that has no canonical form in this module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// A number that JSON readers read in different ways.
    #[error("the number {0} cannot be recorded: only integers up to 2^53 - 1 can")]
    Number(String),
    /// Does not occur for values that came from JSON.
    #[error("a text cannot be written as JSON")]
    Text,
}

/// Writes the canonical form of a value.
pub(super) fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => {
            let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            if magnitude.is_none_or(|magnitude| magnitude > MAX_SAFE) {
                return Err(CanonicalError::Number(number.to_string()));
            }
            out.extend_from_slice(number.to_string().as_bytes());
        }
        Value::String(text) => string(text, out)?,
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(members) => object(members, out, |_, value, out| write(value, out))?,
    }
    Ok(())
}

/// Writes the canonical form of an object; the caller writes its values.
pub(super) fn object(
    members: &Map<String, Value>,
    out: &mut Vec<u8>,
    mut value_of: impl FnMut(&str, &Value, &mut Vec<u8>) -> Result<(), CanonicalError>,
) -> Result<(), CanonicalError> {
    let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| by_utf16(a, b));
    out.push(b'{');
    for (index, (name, value)) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        string(name, out)?;
        out.push(b':');
        value_of(name, value, out)?;
    }
    out.push(b'}');
    Ok(())
}

fn string(text: &str, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    serde_json::to_writer(out, text).map_err(|_| CanonicalError::Text)
}

/// The order of UTF-16 differs from that of UTF-8 only if a character outside of the Basic Multilingual Plane occurs.
fn by_utf16(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn canonical(value: &Value) -> String {
        let mut out = Vec::new();
        write(value, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn members_are_sorted_as_in_the_examples_of_rfc_8785() {
        let value: Value = serde_json::from_str(
            r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
                "\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#,
        )
        .unwrap();
        assert_eq!(
            canonical(&value),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\"\u{f6}\":\"Latin Small Letter O With \
             Diaeresis\",\"\u{20ac}\":\"Euro Sign\",\"\u{1f600}\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew \
             Letter Dalet With Dagesh\"}"
        );
    }

    #[test]
    fn strings_are_escaped_as_in_the_example_of_rfc_8785() {
        let value: Value =
            serde_json::from_str(r#""\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/\u007f\b\t\f""#).unwrap();
        assert_eq!(canonical(&value), "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7f}\\b\\t\\f\"");
    }

    #[test]
    fn only_integers_of_at_most_53_bits_are_written() {
        assert_eq!(canonical(&json!([0, -1, 9_007_199_254_740_991_u64])), "[0,-1,9007199254740991]");
        for number in [json!(0.5), json!(1.0), json!(-0.0), json!(9_007_199_254_740_992_u64), json!(i64::MIN)] {
            let mut out = Vec::new();
            assert!(matches!(write(&number, &mut out), Err(CanonicalError::Number(_))), "{number}");
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn canonical_form_parses_back_and_is_its_own_canonical_form(value in any_value()) {
            let text = canonical(&value);
            let back: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&back, &value);
            prop_assert_eq!(canonical(&back), text);
        }
    }
}

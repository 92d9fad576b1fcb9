//! JSON with exactly one interpretation.

use serde::de::{DeserializeOwned, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// The maximum depth of nested lists and objects. An audit log entry contains the arguments of a command inside other
/// JSON texts, and JSON readers stop at 128 levels.
pub const MAX_DEPTH: usize = 64;

/// Checks that a value is not nested too deeply to be recorded and read again.
///
/// # Errors
///
/// The problem, as the end of a sentence.
pub fn check_depth(value: &Value) -> Result<(), String> {
    if is_deeper(value, MAX_DEPTH) {
        return Err(format!("it is nested more than {MAX_DEPTH} levels deep"));
    }
    Ok(())
}

/// Whether a value has more levels than the given number.
#[must_use]
pub fn is_deeper(value: &Value, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else { return matches!(value, Value::Array(_) | Value::Object(_)) };
    match value {
        Value::Array(items) => items.iter().any(|value| is_deeper(value, below)),
        Value::Object(members) => members.values().any(|value| is_deeper(value, below)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Reads an object. A list is not an object, although serde accepts a list with as many items as a struct has fields.
///
/// # Errors
///
/// The problem of the text.
pub fn object<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    match text.trim_ascii_start().as_bytes().first() {
        Some(b'{') | None => serde_json::from_str(text),
        Some(_) => {
            // A syntax error of the JSON is reported first.
            serde_json::from_str::<serde::de::IgnoredAny>(text)?;
            Err(serde_json::Error::custom("it is not an object"))
        }
    }
}

/// An object in which no key is repeated.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(transparent)]
pub struct Object(#[serde(deserialize_with = "distinct_keys")] pub Map<String, Value>);

/// Reads an object and fails on a repeated key: two readers could use different values.
///
/// # Errors
///
/// The repeated key, or the problem of the text.
pub fn distinct_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    struct Distinct;

    impl<'de> Visitor<'de> for Distinct {
        type Value = Map<String, Value>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object with the arguments")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut arguments = Map::new();
            while let Some((key, value)) = entries.next_entry::<String, Value>()? {
                if arguments.insert(key.clone(), value).is_some() {
                    return Err(A::Error::custom(format!("`{key}` is given twice")));
                }
            }
            Ok(arguments)
        }
    }

    deserializer.deserialize_map(Distinct)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Call {
        #[serde(default, deserialize_with = "distinct_keys")]
        args: Map<String, Value>,
    }

    fn problem(text: &str) -> String {
        object::<Call>(text).unwrap_err().to_string()
    }

    #[test]
    fn an_object_is_read() {
        assert_eq!(object::<Call>(r#" {"args": {"limit": 1}}"#).unwrap().args["limit"], 1);
    }

    #[test]
    fn depth_is_counted_in_lists_and_objects() {
        let nested = |levels: usize| (0..levels).fold(serde_json::json!(1), |inner, _| serde_json::json!([inner]));
        assert_eq!(check_depth(&nested(MAX_DEPTH)), Ok(()));
        assert!(check_depth(&nested(MAX_DEPTH + 1)).unwrap_err().contains("64"));
        assert!(is_deeper(&serde_json::json!({"a": {}}), 1) && !is_deeper(&serde_json::json!({"a": {}}), 2));
    }

    #[test]
    fn a_list_is_no_object_however_many_items_it_has() {
        assert!(problem(r#"[{"limit": 1}]"#).contains("not an object"));
        assert!(problem("\"text\"").contains("not an object"));
    }

    #[test]
    fn duplicate_json_key_is_invalid() {
        assert!(problem(r#"{"args": {"limit": 1, "limit": 2}}"#).contains("`limit` is given twice"));
    }

    #[test]
    fn invalid_json_error_shows_the_position() {
        assert!(problem("[1,").contains("line 1"));
        assert!(problem("").contains("EOF"));
    }
}

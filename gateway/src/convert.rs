//! Conversions between JSON and the parameters and results of functions. The generated code uses them.

#![allow(dead_code, reason = "which of these are used depends on the types of the package")]

use serde_json::{Map, Value};

/// The result of a call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Called {
    /// The result of the function.
    Returned(Value),
    /// The error of the WIT package: an object with its case as the only key.
    Failed(Value),
    /// The parameter with this name has another type. No function was called.
    Misfit(&'static str),
}

pub(crate) fn boolean(value: Option<&Value>) -> Option<bool> {
    value?.as_bool()
}

pub(crate) fn text(value: Option<&Value>) -> Option<String> {
    value?.as_str().map(str::to_owned)
}

pub(crate) fn float(value: Option<&Value>) -> Option<f64> {
    value?.as_f64()
}

pub(crate) fn whole<T: TryFrom<i64> + TryFrom<u64>>(value: Option<&Value>) -> Option<T> {
    let value = value?;
    match value.as_u64() {
        Some(number) => T::try_from(number).ok(),
        None => T::try_from(value.as_i64()?).ok(),
    }
}

/// JSON that is passed as text.
pub(crate) fn json_text(value: Option<&Value>) -> Option<String> {
    value.map(Value::to_string)
}

/// A missing value is `None`. A nested option distinguishes "do not change" from "set to null".
pub(crate) fn optional<T>(
    value: Option<&Value>,
    nested: bool,
    read: impl Fn(Option<&Value>) -> Option<T>,
) -> Option<Option<T>> {
    match value {
        None => Some(None),
        Some(Value::Null) if !nested => Some(None),
        given => read(given).map(Some),
    }
}

pub(crate) fn items<T>(value: Option<&Value>, read: impl Fn(Option<&Value>) -> Option<T>) -> Option<Vec<T>> {
    match value {
        None => Some(Vec::new()),
        Some(value) => value.as_array()?.iter().map(|item| read(Some(item))).collect(),
    }
}

/// An object as a list of pairs.
pub(crate) fn pairs<T>(value: Option<&Value>, read: impl Fn(Option<&Value>) -> Option<T>) -> Option<Vec<(String, T)>> {
    match value {
        None => Some(Vec::new()),
        Some(value) => value.as_object()?.iter().map(|(key, value)| Some((key.clone(), read(Some(value))?))).collect(),
    }
}

/// The fields of a record. A missing record has no fields.
#[expect(clippy::option_option, reason = "the outer one is whether it fits, as everywhere here")]
pub(crate) fn fields(value: Option<&Value>) -> Option<Option<&Map<String, Value>>> {
    match value {
        None => Some(None),
        Some(value) => value.as_object().map(Some),
    }
}

pub(crate) fn json_value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

pub(crate) fn text_value(text: &str) -> Value {
    Value::from(text)
}

pub(crate) fn copied<T: Copy + Into<Value>>(value: &T) -> Value {
    (*value).into()
}

pub(crate) fn nullable<T>(value: &Option<T>, write: impl Fn(&T) -> Value) -> Value {
    value.as_ref().map_or(Value::Null, write)
}

pub(crate) fn list<T>(values: &[T], write: impl Fn(&T) -> Value) -> Value {
    values.iter().map(write).collect()
}

pub(crate) fn object<T>(pairs: &[(String, T)], write: impl Fn(&T) -> Value) -> Value {
    pairs.iter().map(|(key, value)| (key.clone(), write(value))).collect::<Map<_, _>>().into()
}

/// A case of a union: its tag, followed by the fields of its payload.
pub(crate) fn tagged(tag: &str, case: &str, carried: Value) -> Value {
    let mut fields = Map::new();
    fields.insert(tag.to_owned(), Value::from(case));
    if let Value::Object(carried) = carried {
        fields.extend(carried);
    }
    Value::Object(fields)
}

/// A case of a union that the API does not send as JSON. The name of the case is the only key.
pub(crate) fn named(case: &str, carried: Value) -> Value {
    Value::Object(Map::from_iter([(case.to_owned(), carried)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn missing_value_is_none_and_null_clears() {
        let read = |value: Option<&Value>| optional(value, true, |value| optional(value, false, text));
        assert_eq!(read(None), Some(None));
        assert_eq!(read(Some(&Value::Null)), Some(Some(None)));
        assert_eq!(read(Some(&json!("a"))), Some(Some(Some("a".to_owned()))));
        assert_eq!(read(Some(&json!(1))), None);
    }

    #[test]
    fn numbers_fit_their_width_or_do_not_fit() {
        assert_eq!(whole::<u8>(Some(&json!(255))), Some(255));
        assert_eq!(whole::<u8>(Some(&json!(256))), None);
        assert_eq!(whole::<u64>(Some(&json!(u64::MAX))), Some(u64::MAX));
        assert_eq!(whole::<i32>(Some(&json!(-1))), Some(-1));
        assert_eq!(whole::<u32>(Some(&json!(-1))), None);
        assert_eq!(whole::<u32>(Some(&json!(1.5))), None);
    }

    #[test]
    fn tag_is_written_before_the_fields_of_the_case() {
        let written = tagged("type", "user", json!({"id": "u"}));
        assert_eq!(written.to_string(), r#"{"type":"user","id":"u"}"#);
        assert_eq!(tagged("type", "all", Value::Null), json!({"type": "all"}));
    }
}

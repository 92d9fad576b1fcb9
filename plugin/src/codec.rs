//! The primitives of the JSON codec. The implementations for records and variants are written by the build script.
//!
//! The codec accepts extensions of the server: unknown fields are ignored, null and absent are the same, and unknown
//! words become the case `other`. All else is strict: a missing value or a value of another type is an error with its
//! path.

#![allow(dead_code, reason = "which primitives are used depends on the types of the package")]

mod values;

use crate::tree::{Fields, Tree};
use serde_json::{Map, Value};

/// A value that does not match its WIT type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mismatch(Box<Place>);

/// The place of a mismatch. It is boxed because every decoder moves results, and few of them are errors.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The path, such as `data[3].role`.
    pub(crate) path: String,
    /// The expected value or type.
    pub(crate) expected: String,
}

impl std::ops::Deref for Mismatch {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.0
    }
}

impl Mismatch {
    #[inline(never)]
    pub(crate) fn expected(what: &str) -> Self {
        Self(Box::new(Place { path: String::new(), expected: what.to_owned() }))
    }

    /// Puts a field in front of the path.
    #[inline(never)]
    fn in_field(mut self, name: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.0.path = format!("{name}{dot}{}", self.path);
        self
    }

    /// Puts a list position in front of the path.
    fn in_item(mut self, index: usize) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.0.path = format!("[{index}]{dot}{}", self.path);
        self
    }
}

/// Reads a value from JSON.
pub(crate) trait FromJson: Sized {
    fn from_json(value: Tree<'_>) -> Result<Self, Mismatch>;

    /// The value of a field that is absent.
    fn from_absent() -> Result<Self, Mismatch> {
        Err(Mismatch::expected("a value, but the field is missing"))
    }
}

/// Writes a value as JSON.
pub(crate) trait ToJson {
    fn to_json(&self) -> Value;

    /// Whether the value is left out of a body: none, and an empty list.
    fn is_absent(&self) -> bool {
        false
    }
}

/// Writes a value into a query.
pub(crate) trait ToQuery {
    /// Calls back for each value: never for none, repeatedly for a list.
    fn each(&self, put: &mut dyn FnMut(&str));
}

/// A value of a closed or open set of words.
pub(crate) trait Word {
    fn word(&self) -> &str;
}

/// JSON text that is sent as JSON, not as a string.
pub(crate) struct Json<T>(pub(crate) T);

/// Returns the fields of an object.
pub(crate) fn object(value: Tree<'_>) -> Result<Fields<'_>, Mismatch> {
    match value {
        Tree::Object(object) => Ok(object),
        _ => Err(Mismatch::expected("an object")),
    }
}

/// Reads a field of an object.
pub(crate) fn take<T: FromJson>(object: &mut Fields<'_>, name: &str) -> Result<T, Mismatch> {
    match object.take(name) {
        Some(value) => T::from_json(value),
        None => T::from_absent(),
    }
    .map_err(|mismatch| mismatch.in_field(name))
}

/// Reads a field that is true, false or null. Null is the same as false.
pub(crate) fn take_flag(object: &mut Fields<'_>, name: &str) -> Result<bool, Mismatch> {
    match object.take(name) {
        Some(Tree::Null) => Ok(false),
        Some(value) => bool::from_json(value).map_err(|mismatch| mismatch.in_field(name)),
        None => bool::from_absent().map_err(|mismatch| mismatch.in_field(name)),
    }
}

/// Reads a field that always has the same word. If a response omits the field, the word is used.
pub(crate) fn take_constant(object: &mut Fields<'_>, name: &str, word: &str) -> Result<String, Mismatch> {
    take::<Option<String>>(object, name).map(|found| found.unwrap_or_else(|| word.to_owned()))
}

/// The fields of an object that are not fields of the record, as JSON text.
pub(crate) fn rest(object: Fields<'_>, known: &[&str]) -> String {
    object.without(known).to_string()
}

/// The value as a word.
pub(crate) fn word<'v>(value: &'v Tree<'_>) -> Result<&'v str, Mismatch> {
    value.as_str().ok_or_else(|| Mismatch::expected("a word"))
}

/// The field that distinguishes the cases of a union.
pub(crate) fn tag<'v>(value: &'v Tree<'_>, name: &str) -> Option<&'v str> {
    match value {
        Tree::Object(object) => object.get(name)?.as_str(),
        _ => None,
    }
}

/// Adds the tag to the payload of a case of a union.
pub(crate) fn tagged(tag: &str, case: &str, payload: Value) -> Value {
    let mut object = Map::new();
    object.insert(tag.to_owned(), Value::from(case));
    if let Value::Object(fields) = payload {
        object.extend(fields);
    }
    Value::Object(object)
}

/// An object under construction.
#[derive(Default)]
pub(crate) struct Object(Map<String, Value>);

impl Object {
    /// Adds a field, unless its value is absent.
    pub(crate) fn put(&mut self, name: &str, value: &(impl ToJson + ?Sized)) {
        if !value.is_absent() {
            self.0.insert(name.to_owned(), value.to_json());
        }
    }

    /// Adds a field. If its value is absent, the field is null.
    pub(crate) fn put_nullable(&mut self, name: &str, value: &(impl ToJson + ?Sized)) {
        self.0.insert(name.to_owned(), value.to_json());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read<T: FromJson>(text: &str) -> Result<T, Mismatch> {
        T::from_json(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn null_and_absent_are_none() {
        assert_eq!(read::<Option<String>>("null"), Ok(None));
        assert_eq!(take::<Option<String>>(&mut Fields::default(), "name"), Ok(None));
    }

    #[test]
    fn a_missing_field_fails_with_its_name() {
        let mismatch = take::<String>(&mut Fields::default(), "name").unwrap_err();
        assert_eq!(mismatch.path, "name");
    }

    #[test]
    fn a_path_leads_through_lists_and_maps() {
        let mismatch = read::<Vec<Vec<(String, Vec<String>)>>>(r#"[{"a": ["x", 1]}]"#).unwrap_err();
        assert_eq!(mismatch.path, "[0].a[1]");
        assert_eq!(mismatch.expected, "text");
    }

    #[test]
    fn an_integer_out_of_range_fails() {
        assert_eq!(read::<u8>("255"), Ok(255));
        assert!(read::<u8>("256").is_err());
        assert!(read::<u32>("1.5").is_err());
        assert_eq!(read::<u64>("18446744073709551615"), Ok(u64::MAX));
    }

    #[test]
    fn an_object_leaves_out_what_is_absent_and_keeps_null() {
        let mut object = Object::default();
        object.put("a", &None::<String>);
        object.put("b", &Some(None::<String>));
        object.put("c", &Vec::<String>::new());
        object.put_nullable("d", &None::<String>);
        assert_eq!(object.into_value(), json!({"b": null, "d": null}));
    }

    #[test]
    fn json_text_travels_as_json() {
        assert_eq!(Json("{\"a\":1}").to_json(), json!({"a": 1}));
        assert_eq!(read::<Json<String>>("{\"a\": 1}").map(|json| json.0), Ok("{\"a\":1}".to_owned()));
    }

    #[test]
    fn tag_is_written_before_the_fields_of_the_case() {
        assert_eq!(tagged("type", "workspace", json!({"id": "w"})).to_string(), r#"{"type":"workspace","id":"w"}"#);
    }
}

//! The JSON of a response, borrowed from its text.
//!
//! The codec converts a complete page of a list immediately after reading it, so names and texts need not be copied or
//! hashed.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use std::fmt;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree<'t> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'t, str>),
    List(Vec<Tree<'t>>),
    Object(Fields<'t>),
}

/// The fields of an object. If a name is there twice, the later field is used.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Fields<'t>(Vec<(Cow<'t, str>, Tree<'t>)>);

impl<'t> Tree<'t> {
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value as a [`Value`], which owns its parts.
    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number(number) => Value::Number(number),
            Self::Text(text) => Value::String(text.into_owned()),
            Self::List(items) => items.into_iter().map(Tree::into_value).collect(),
            Self::Object(fields) => fields.into_value(),
        }
    }
}

impl<'t> Fields<'t> {
    pub(crate) fn get(&self, name: &str) -> Option<&Tree<'t>> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Takes a value and replaces it by null.
    pub(crate) fn take(&mut self, name: &str) -> Option<Tree<'t>> {
        let (_, value) = self.0.iter_mut().rev().find(|(key, _)| key == name)?;
        Some(std::mem::replace(value, Tree::Null))
    }

    /// The object without some of its fields.
    pub(crate) fn without(mut self, names: &[&str]) -> Value {
        self.0.retain(|(name, _)| !names.contains(&name.as_ref()));
        self.into_value()
    }

    fn into_value(self) -> Value {
        self.0.into_iter().map(|(name, value)| (name.into_owned(), value.into_value())).collect::<Map<_, _>>().into()
    }
}

impl<'t> IntoIterator for Fields<'t> {
    type Item = (Cow<'t, str>, Tree<'t>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'de> Deserialize<'de> for Tree<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree<'de>, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree<'de>, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree<'de>, E> {
        Ok(Number::from_f64(value).map_or(Tree::Null, Tree::Number))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Tree<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Tree<'de>, A::Error> {
        let mut fields = Vec::with_capacity(8);
        while let Some((Name(name), value)) = access.next_entry()? {
            fields.push((name, value));
        }
        Ok(Tree::Object(Fields(fields)))
    }
}

/// The name of a field: borrowed, unless it contains an escape sequence.
struct Name<'t>(Cow<'t, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a field")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }

        deserializer.deserialize_str(NameVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tree(text: &str) -> Tree<'_> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_tree_says_what_its_text_says() {
        for text in [
            "null",
            "[true, false, 0, -1, 18446744073709551615, 1.5, 1e300]",
            r#"{"b": {"z": [], "a": {}}, "a": "\u00e4\n\"\ud83d\ude00", "": "ü"}"#,
            r#"{"a\u0062": 1}"#,
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(tree(text).into_value().to_string(), value.to_string());
        }
    }

    #[test]
    fn the_later_field_of_a_name_counts() {
        let text = r#"{"a": 1, "b": 2, "a": 3}"#;
        let Tree::Object(mut fields) = tree(text) else { panic!("it is an object") };
        assert_eq!(fields.get("a"), Some(&Tree::Number(3.into())));
        assert_eq!(fields.take("a"), Some(Tree::Number(3.into())));
        assert_eq!(tree(text).into_value(), json!({"a": 3, "b": 2}));
    }

    #[test]
    fn text_without_escapes_is_not_copied() {
        let Tree::Text(Cow::Borrowed(text)) = tree("\"plain\"") else { panic!("it is copied") };
        assert_eq!(text, "plain");
    }

    #[test]
    fn an_object_without_fields_is_left() {
        let Tree::Object(fields) = tree(r#"{"a": 1, "b": {"c": 2}, "d": 3}"#) else { panic!("it is an object") };
        assert_eq!(fields.without(&["a", "d"]), json!({"b": {"c": 2}}));
    }
}

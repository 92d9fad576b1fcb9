//! Reads and writes booleans, numbers, texts, options, lists and maps as JSON, and writes them into a query.

use super::{FromJson, Json, Mismatch, ToJson, ToQuery, object};
use crate::tree::Tree;
use serde_json::{Number, Value};
use std::fmt::Write;

impl FromJson for bool {
    fn from_json(value: Tree<'_>) -> Result<Self, Mismatch> {
        match value {
            Tree::Bool(value) => Ok(value),
            _ => Err(Mismatch::expected("true or false")),
        }
    }
}

impl FromJson for String {
    fn from_json(value: Tree<'_>) -> Result<Self, Mismatch> {
        match value {
            Tree::Text(text) => Ok(text.into_owned()),
            _ => Err(Mismatch::expected("text")),
        }
    }
}

impl FromJson for f64 {
    fn from_json(value: Tree<'_>) -> Result<Self, Mismatch> {
        number(&value).and_then(Number::as_f64).ok_or_else(|| Mismatch::expected("a number"))
    }
}

impl FromJson for Json<String> {
    fn from_json(value: Tree<'_>) -> Result<Self, Mismatch> {
        Ok(Self(value.into_value().to_string()))
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(value: Tree<'_>) -> Result<Self, Mismatch> {
        if value == Tree::Null { Ok(None) } else { T::from_json(value).map(Some) }
    }

    fn from_absent() -> Result<Self, Mismatch> {
        Ok(None)
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: Tree<'_>) -> Result<Self, Mismatch> {
        match value {
            Tree::List(items) => items
                .into_iter()
                .enumerate()
                .map(|(index, item)| T::from_json(item).map_err(|mismatch| mismatch.in_item(index)))
                .collect(),
            _ => Err(Mismatch::expected("a list")),
        }
    }
}

impl<T: FromJson> FromJson for Vec<(String, T)> {
    fn from_json(value: Tree<'_>) -> Result<Self, Mismatch> {
        object(value)?
            .into_iter()
            .map(|(key, value)| match T::from_json(value) {
                Ok(value) => Ok((key.into_owned(), value)),
                Err(mismatch) => Err(mismatch.in_field(&key)),
            })
            .collect()
    }
}

impl ToJson for bool {
    fn to_json(&self) -> Value {
        Value::from(*self)
    }
}

impl ToQuery for bool {
    fn each(&self, put: &mut dyn FnMut(&str)) {
        put(if *self { "true" } else { "false" });
    }
}

impl ToJson for str {
    fn to_json(&self) -> Value {
        Value::from(self)
    }
}

impl ToJson for String {
    fn to_json(&self) -> Value {
        Value::from(self.as_str())
    }
}

impl ToQuery for String {
    fn each(&self, put: &mut dyn FnMut(&str)) {
        put(self);
    }
}

impl ToJson for f64 {
    fn to_json(&self) -> Value {
        Value::from(*self)
    }
}

impl<T: AsRef<str>> ToJson for Json<T> {
    fn to_json(&self) -> Value {
        serde_json::from_str(self.0.as_ref()).unwrap_or_else(|_| Value::from(self.0.as_ref()))
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToJson::to_json)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: ToQuery> ToQuery for Option<T> {
    fn each(&self, put: &mut dyn FnMut(&str)) {
        if let Some(value) = self {
            value.each(put);
        }
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn to_json(&self) -> Value {
        self.iter().map(ToJson::to_json).collect()
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl<T: ToQuery> ToQuery for Vec<T> {
    fn each(&self, put: &mut dyn FnMut(&str)) {
        self.iter().for_each(|value| value.each(put));
    }
}

impl<T: ToJson> ToJson for Vec<(String, T)> {
    fn to_json(&self) -> Value {
        self.iter().map(|(key, value)| (key.clone(), value.to_json())).collect()
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

macro_rules! integers {
    ($($ty:ty),*) => {$(
        impl FromJson for $ty {
            fn from_json(value: Tree<'_>) -> Result<Self, Mismatch> {
                let number = number(&value);
                let whole = number.and_then(Number::as_i64).and_then(|number| Self::try_from(number).ok());
                whole
                    .or_else(|| number.and_then(Number::as_u64).and_then(|number| Self::try_from(number).ok()))
                    .ok_or_else(|| Mismatch::expected(concat!("a whole number (", stringify!($ty), ")")))
            }
        }

        impl ToJson for $ty {
            fn to_json(&self) -> Value {
                Value::from(*self)
            }
        }

        impl ToQuery for $ty {
            fn each(&self, put: &mut dyn FnMut(&str)) {
                let mut text = String::new();
                // Writing to a string does not fail.
                let _ = write!(text, "{self}");
                put(&text);
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, i8, i16, i32, i64);

fn number<'v>(value: &'v Tree<'_>) -> Option<&'v Number> {
    match value {
        Tree::Number(number) => Some(number),
        _ => None,
    }
}

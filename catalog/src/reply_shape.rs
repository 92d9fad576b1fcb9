//! The differences between a JSON response and its WIT type, in words that contain no value of the response.

use crate::{Case, Field, Kind, Type, Types, VariantForm};
use serde_json::{Map, Value};
use std::fmt;

/// The maximum length of a name or a word of a response that is repeated.
const LONGEST_TOKEN: usize = 40;
/// The maximum number of digits in the name of a field, as in `ephemeral_1h_input_tokens`. More digits indicate an ID.
const MOST_DIGITS: usize = 4;

/// A difference between a response and its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyDifference {
    /// The location in the response, such as `data[].role`: without list indexes, and with `*` for the keys of a map.
    /// Empty for the whole response.
    pub path: String,
    /// The difference.
    pub kind: DifferenceKind,
    /// The number of values of the response with this difference.
    pub count: usize,
}

/// The kind of a difference between a value and its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DifferenceKind {
    /// The record has no such field.
    UnknownField {
        /// The JSON type of its value.
        found: &'static str,
    },
    /// The response does not have a field that is required, or that the API promises (`@promised`).
    MissingField {
        /// The JSON type that the WIT type has.
        expected: String,
    },
    /// The value is null, and the WIT type is not an option, or the API promises the field (`@promised`).
    Null {
        /// The JSON type that the WIT type has.
        expected: String,
    },
    /// The value has another JSON type.
    WrongType {
        /// The JSON type that the WIT type has.
        expected: String,
        /// The JSON type of the value.
        found: &'static str,
    },
    /// A number that does not fit into the integer type of the field.
    OutOfRange {
        /// The integer type.
        expected: String,
    },
    /// A value that is not in a closed set.
    UnknownWord {
        /// The value, if it looks like an identifier of the API.
        word: Option<String>,
    },
    /// A value that is not yet in a set that can grow. This is not an error.
    NewWord {
        /// The value, if it looks like an identifier of the API.
        word: Option<String>,
    },
}

impl DifferenceKind {
    /// The name for programs, such as `unknown_field`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::UnknownField { .. } => "unknown_field",
            Self::MissingField { .. } => "missing_field",
            Self::Null { .. } => "null",
            Self::WrongType { .. } => "wrong_type",
            Self::OutOfRange { .. } => "out_of_range",
            Self::UnknownWord { .. } => "unknown_word",
            Self::NewWord { .. } => "new_word",
        }
    }

    /// Whether the WIT expects the difference: only a set of values that can grow has grown.
    #[must_use]
    pub fn is_provided_for(&self) -> bool {
        matches!(self, Self::NewWord { .. })
    }
}

impl fmt::Display for DifferenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |word: &Option<String>| word.as_ref().map(|word| format!(": {word}")).unwrap_or_default();
        match self {
            Self::UnknownField { found } => write!(f, "field that the WIT does not have ({found})"),
            Self::MissingField { expected } => write!(f, "required field is missing ({expected})"),
            Self::Null { expected } => write!(f, "null instead of {expected}"),
            Self::WrongType { expected, found } => write!(f, "{found} instead of {expected}"),
            Self::OutOfRange { expected } => write!(f, "number outside {expected}"),
            Self::UnknownWord { word: found } => write!(f, "value that is not in the closed set{}", word(found)),
            Self::NewWord { word: found } => write!(f, "value that is not in the open set yet{}", word(found)),
        }
    }
}

/// The JSON type of a value.
fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A word of a response, if it looks like an identifier of the API and not like a value: lower-case letters and `_`.
#[must_use]
pub fn identifier(word: &str) -> Option<&str> {
    let plain = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    Some(word).filter(|_| plain && !word.is_empty() && word.len() <= LONGEST_TOKEN)
}

/// The name of a field that the record does not have, if it looks like one of the API. The keys of a map are values.
fn field_name(name: &str) -> &str {
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    let letters: String = name.chars().filter(|c| !c.is_ascii_digit()).collect();
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= LONGEST_TOKEN;
    if is_name && digits <= MOST_DIGITS && identifier(&letters).is_some() { name } else { "*" }
}

impl Types {
    /// Compares a response with its type. Each difference is listed once, with the number of values that have it.
    #[must_use]
    pub fn reply_differences(&self, ty: &Type, reply: &Value) -> Vec<ReplyDifference> {
        let mut comparison = Comparison { types: self, path: String::new(), found: Vec::new() };
        comparison.compare(ty, reply);
        comparison.found
    }

    /// The JSON type of the values of a WIT type.
    fn json_type_of(&self, ty: &Type) -> String {
        if self.format(ty) == Some("json") {
            return "any value".to_owned();
        }
        if self.map_value(ty).is_some() {
            return "object".to_owned();
        }
        let name = match self.underlying(ty) {
            Type::Bool => "boolean",
            Type::U8 => "u8",
            Type::U16 => "u16",
            Type::U32 => "u32",
            Type::U64 => "u64",
            Type::S8 => "s8",
            Type::S16 => "s16",
            Type::S32 => "s32",
            Type::S64 => "s64",
            Type::F32 | Type::F64 => "number",
            Type::Char | Type::String => "string",
            Type::List(_) | Type::Tuple(_) => "array",
            Type::Option(inner) => return format!("{} or null", self.json_type_of(inner)),
            Type::Named(id) => match &self.get(*id).kind {
                Kind::Alias(target) => return self.json_type_of(target),
                Kind::Record(_) | Kind::Variant { form: VariantForm::Tagged(_), .. } => "object",
                Kind::Enum(_) | Kind::Variant { form: VariantForm::OpenWords, .. } => "string",
                Kind::Variant { cases, form: VariantForm::WordOrValue } => {
                    let value = cases.iter().find_map(|case| case.payload.as_ref());
                    let value = value.map(|ty| format!(" or {}", self.json_type_of(ty))).unwrap_or_default();
                    return format!("string{value}");
                }
                Kind::Variant { form: VariantForm::NotJson, .. } => "no JSON",
            },
        };
        name.to_owned()
    }
}

struct Comparison<'t> {
    types: &'t Types,
    path: String,
    found: Vec<ReplyDifference>,
}

impl Comparison<'_> {
    fn note(&mut self, kind: DifferenceKind) {
        match self.found.iter_mut().find(|known| known.path == self.path && known.kind == kind) {
            Some(known) => known.count += 1,
            None => self.found.push(ReplyDifference { path: self.path.clone(), kind, count: 1 }),
        }
    }

    /// Runs a function with the path extended by one step inside the response.
    fn inside(&mut self, step: &str, then: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        if !self.path.is_empty() && step != "[]" {
            self.path.push('.');
        }
        self.path.push_str(step);
        then(self);
        self.path.truncate(length);
    }

    fn mismatch(&mut self, ty: &Type, value: &Value) {
        let expected = self.types.json_type_of(ty);
        self.note(match value {
            Value::Null => DifferenceKind::Null { expected },
            value => DifferenceKind::WrongType { expected, found: json_type(value) },
        });
    }

    fn compare(&mut self, ty: &Type, value: &Value) {
        let types = self.types;
        if types.format(ty) == Some("json") {
            return;
        }
        if let Some(item) = types.map_value(ty) {
            match value {
                Value::Object(entries) => {
                    entries.values().for_each(|value| self.inside("*", |inside| inside.compare(item, value)));
                }
                value => self.mismatch(ty, value),
            }
            return;
        }
        match (types.underlying(ty), value) {
            (Type::Option(_), Value::Null)
            | (Type::Bool, Value::Bool(_))
            | (Type::F32 | Type::F64, Value::Number(_))
            | (Type::String | Type::Char, Value::String(_)) => {}
            (Type::Option(inner), value) => self.compare(inner, value),
            (
                whole @ (Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::S8 | Type::S16 | Type::S32 | Type::S64),
                Value::Number(_),
            ) => {
                if !crate::json_shape::integer_fits(whole, value) {
                    self.note(DifferenceKind::OutOfRange { expected: types.json_type_of(ty) });
                }
            }
            (Type::List(item), Value::Array(items)) => {
                items.iter().for_each(|value| self.inside("[]", |inside| inside.compare(item, value)));
            }
            (Type::Tuple(parts), Value::Array(values)) if parts.len() == values.len() => {
                let pairs = parts.iter().zip(values);
                pairs.for_each(|(ty, value)| self.inside("[]", |inside| inside.compare(ty, value)));
            }
            (Type::Named(id), value) => self.compare_named(ty, &types.get(*id).kind, value),
            (_, value) => self.mismatch(ty, value),
        }
    }

    fn compare_named(&mut self, ty: &Type, kind: &Kind, value: &Value) {
        match (kind, value) {
            (Kind::Record(fields), Value::Object(entries)) => self.compare_fields(fields, entries),
            (Kind::Enum(cases), Value::String(word)) => self.compare_word(cases, word),
            (Kind::Variant { cases, form: VariantForm::OpenWords }, Value::String(word)) => {
                self.compare_word(cases, word);
            }
            (Kind::Variant { cases, form: VariantForm::WordOrValue }, value) => {
                let is_word = |case: &Case| case.payload.is_none() && Some(case.wire.as_str()) == value.as_str();
                let payload = cases.iter().find_map(|case| case.payload.as_ref());
                match (value, payload) {
                    _ if cases.iter().any(is_word) => {}
                    (value, Some(payload)) => self.compare(payload, value),
                    (_, None) => self.mismatch(ty, value),
                }
            }
            (Kind::Variant { cases, form: VariantForm::Tagged(tag) }, Value::Object(entries)) => {
                self.compare_tagged(cases, tag, entries);
            }
            // This type is never sent as JSON.
            (Kind::Variant { form: VariantForm::NotJson, .. }, _) => {}
            (_, value) => self.mismatch(ty, value),
        }
    }

    fn compare_word(&mut self, cases: &[Case], word: &str) {
        if cases.iter().any(|case| case.payload.is_none() && case.wire == word) {
            return;
        }
        let grows = cases.iter().any(|case| case.payload.is_some());
        let word = identifier(word).map(str::to_owned);
        self.note(if grows { DifferenceKind::NewWord { word } } else { DifferenceKind::UnknownWord { word } });
    }

    fn compare_tagged(&mut self, cases: &[Case], tag: &str, entries: &Map<String, Value>) {
        let types = self.types;
        let known = match entries.get(tag) {
            Some(Value::String(word)) => {
                let known = cases.iter().find(|case| case.name != "other" && case.wire == *word);
                if known.is_none() {
                    let word = identifier(word).map(str::to_owned);
                    let grows = cases.iter().any(|case| case.name == "other");
                    let kind =
                        if grows { DifferenceKind::NewWord { word } } else { DifferenceKind::UnknownWord { word } };
                    self.inside(tag, |inside| inside.note(kind));
                }
                known
            }
            Some(value) => {
                self.inside(tag, |inside| inside.mismatch(&Type::String, value));
                None
            }
            None => {
                let expected = "string".to_owned();
                self.inside(tag, |inside| inside.note(DifferenceKind::MissingField { expected }));
                None
            }
        };
        let Some(case) = known else { return };
        let has_tag = |fields: &[Field]| fields.iter().any(|field| field.wire == tag);
        let mut entries = entries.clone();
        if !case.payload.as_ref().and_then(|payload| types.record(payload)).is_some_and(has_tag) {
            entries.shift_remove(tag);
        }
        match &case.payload {
            Some(payload) => self.compare(payload, &Value::Object(entries)),
            None => self.compare_fields(&[], &entries),
        }
    }

    fn compare_fields(&mut self, fields: &[Field], entries: &Map<String, Value>) {
        let types = self.types;
        for field in fields.iter().filter(|field| !field.rest) {
            let inner = types.optional(&field.ty);
            // For a field that the API promises, the value is compared with the type inside the option: an absent value
            // or null is a difference.
            let ty = inner.filter(|_| field.promised).unwrap_or(&field.ty);
            self.inside(&field.wire, |inside| match (entries.get(&field.wire), &field.constant) {
                (None, _) if inner.is_some() && !field.promised => {}
                (None, _) => inside.note(DifferenceKind::MissingField { expected: types.json_type_of(ty) }),
                (Some(Value::String(word)), Some(constant)) if word != constant => {
                    inside.note(DifferenceKind::UnknownWord { word: identifier(word).map(str::to_owned) });
                }
                (Some(value), _) => inside.compare(ty, value),
            });
        }
        if fields.iter().any(|field| field.rest) {
            return;
        }
        for (name, value) in entries.iter().filter(|(name, _)| !fields.iter().any(|field| field.wire == **name)) {
            let found = json_type(value);
            self.inside(field_name(name), |inside| inside.note(DifferenceKind::UnknownField { found }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalog, PackageText};
    use serde_json::json;

    fn differences(reply: &Value) -> Vec<(String, String, usize)> {
        let text = PackageText::from_files([(
            "pets.wit",
            r#"
            package test:pets@0.1.0;
            /// Shared types.
            interface types {
                /// Why an action failed.
                variant error {
                    /// For any reason.
                    other(string),
                }
            }
            /// Pets.
            interface pets {
                use types.{error};
                /// A kind.
                enum kind {
                    /// A cat.
                    cat,
                }
                /// A mood.
                variant mood {
                    /// Good.
                    good,
                    /// Another one.
                    other(string),
                }
                /// A chip in the ear.
                record chip {
                    /// Its number.
                    number: string,
                }
                /// How a pet is known.
                ///
                /// @tag type
                variant tag {
                    /// By its ear.
                    chip(chip),
                    /// By its voice.
                    voice,
                }
                /// A pet.
                record pet {
                    /// The name.
                    ///
                    /// @promised
                    name: option<string>,
                    /// The age in years.
                    age: option<u8>,
                    /// The kind.
                    kind: kind,
                    /// The mood.
                    mood: mood,
                    /// How it is known.
                    tag: tag,
                    /// Weights by day.
                    weights: list<tuple<string, f64>>,
                }
                /// A list.
                record pets-page {
                    /// The pets.
                    data: list<pet>,
                }
                /// List pets.
                ///
                /// @http GET /v1/pets
                /// @risk read
                /// @example pets list
                %list: func() -> result<pets-page, error>;
            }
            "#,
        )]);
        let catalog = Catalog::from_text(&text).unwrap();
        let ty = catalog.action("pets.list").unwrap().result.clone().unwrap();
        let found = catalog.types.reply_differences(&ty, reply);
        found.into_iter().map(|found| (found.path, found.kind.to_string(), found.count)).collect()
    }

    fn pet() -> Value {
        json!({ "name": "n", "age": 3, "kind": "cat", "mood": "good", "tag": { "type": "voice" }, "weights": { "SECRET-KEY": 1.5 } })
    }

    #[test]
    fn reply_of_the_declared_shape_has_no_difference() {
        assert_eq!(differences(&json!({ "data": [pet()] })), []);
        let mut without = pet();
        without.as_object_mut().unwrap().shift_remove("age");
        assert_eq!(differences(&json!({ "data": [without] })), []);
    }

    #[test]
    fn each_kind_of_difference_is_found_without_its_value() {
        for (field, value, path, text) in [
            ("colour", json!("SECRET"), "data[].colour", "field that the WIT does not have (string)"),
            ("SECRET ada@example.com", json!(1), "data[].*", "field that the WIT does not have (number)"),
            ("user01234567", json!(1), "data[].*", "field that the WIT does not have (number)"),
            ("name", json!(7), "data[].name", "number instead of string"),
            ("name", json!(null), "data[].name", "null instead of string"),
            ("age", json!("SECRET"), "data[].age", "string instead of u8"),
            ("age", json!(256), "data[].age", "number outside u8"),
            ("age", json!(1.5), "data[].age", "number outside u8"),
            ("kind", json!("dog_like"), "data[].kind", "value that is not in the closed set: dog_like"),
            ("kind", json!("SECRET"), "data[].kind", "value that is not in the closed set"),
            ("mood", json!("bad"), "data[].mood", "value that is not in the open set yet: bad"),
            ("tag", json!({ "type": "chip", "number": 1 }), "data[].tag.number", "number instead of string"),
            (
                "tag",
                json!({ "type": "voice", "pitch": 1 }),
                "data[].tag.pitch",
                "field that the WIT does not have (number)",
            ),
            ("weights", json!({ "SECRET": "x" }), "data[].weights.*", "string instead of number"),
            ("weights", json!(["SECRET"]), "data[].weights", "array instead of object"),
        ] {
            let mut pet = pet();
            pet[field] = value;
            let found = differences(&json!({ "data": [pet, pet.clone()] }));
            assert_eq!(found, [(path.to_owned(), text.to_owned(), 2)]);
        }
        let mut without = pet();
        without.as_object_mut().unwrap().shift_remove("name");
        let found = differences(&json!({ "data": [pet(), without] }));
        assert_eq!(found, [("data[].name".to_owned(), "required field is missing (string)".to_owned(), 1)]);
        assert_eq!(differences(&json!([]))[0].1, "array instead of object");
    }
}

//! Whether a JSON value has the shape of a type, and the description of that shape.

use crate::{Bounds, Kind, Type, Types, VariantForm};
use serde_json::Value;

/// The cause why a JSON value does not fit a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonProblem {
    /// The location inside the value, such as `tags.team` or `[2]`; empty for the whole value.
    pub path: String,
    /// The problem.
    pub kind: ProblemKind,
}

/// A problem of a JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// A required field is not there.
    Missing,
    /// A field that the record does not have.
    Unknown,
    /// A value of another kind; the expected kind, in the words of [`describe`].
    Expected(String),
    /// A value that is not an allowed value; the allowed values.
    NotOneOf(Vec<String>),
    /// A number, length or count outside its bounds.
    OutOfBounds(Bounds),
}

/// Describes the values of a type for a person: `a number`, `one of user, developer`, `a list of texts`.
#[must_use]
pub fn describe(types: &Types, ty: &Type) -> String {
    if let Some(format) = types.format(ty) {
        match format {
            "email" => return "an e-mail address".to_owned(),
            "timestamp" => return "a time such as 2026-11-21T17:20:00Z".to_owned(),
            "color" => return "a color such as #6C5BB9".to_owned(),
            "date" => return "a day such as 2026-11-21".to_owned(),
            "url" => return "an address such as https://example.com".to_owned(),
            "uuid" => return "a UUID".to_owned(),
            "slug" => return "a name of lower-case letters, digits and dashes".to_owned(),
            "whole-cents" => return "an amount in whole cents, such as 12345, or $123.45".to_owned(),
            "cents" => return "an amount in cents".to_owned(),
            "base64" => return "Base64".to_owned(),
            "json" => return "JSON".to_owned(),
            _ => {
                let prefixes = types.prefixes(ty);
                if !prefixes.is_empty() {
                    return format!("an ID that begins with {}", prefixes.join(" or "));
                }
            }
        }
    }
    if let Some(value) = types.map_value(ty) {
        return format!("key=value pairs, each value {}", describe(types, types.optional(value).unwrap_or(value)));
    }
    match types.underlying(ty) {
        Type::Bool => "true or false".to_owned(),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => "a whole number, 0 or more".to_owned(),
        Type::S8 | Type::S16 | Type::S32 | Type::S64 => "a whole number".to_owned(),
        Type::F32 | Type::F64 => "a number".to_owned(),
        Type::Char => "one character".to_owned(),
        Type::String => "text".to_owned(),
        Type::List(item) => format!("a list, each item {}", describe(types, item)),
        Type::Option(inner) => describe(types, inner),
        Type::Tuple(items) => format!("a list of {} values", items.len()),
        Type::Named(id) => match &types.get(*id).kind {
            Kind::Alias(target) => describe(types, target),
            Kind::Record(fields) if types.is_compact(ty) => types.describe_compact(fields),
            Kind::Record(_) => "a JSON object".to_owned(),
            Kind::Enum(_) | Kind::Variant { .. } => match (types.union(ty), types.words(ty), types.word_or_value(ty)) {
                (Some(union), _, _) => types.describe_union(union),
                (None, Some(words), None) => format!("one of {}", words.join(", ")),
                (None, Some(words), Some(value)) => format!("{}, or {}", words.join(", "), describe(types, value)),
                (None, None, _) => "a JSON object".to_owned(),
            },
        },
    }
}

impl Types {
    /// Checks that a JSON value is valid in a request for a type: no missing and no unknown fields.
    ///
    /// # Errors
    ///
    /// The first [`JsonProblem`], with its path.
    pub fn check_json(&self, ty: &Type, value: &Value) -> Result<(), JsonProblem> {
        self.check_at(ty, value, &mut String::new())
    }

    fn check_at(&self, ty: &Type, value: &Value, path: &mut String) -> Result<(), JsonProblem> {
        let fail = |kind| Err(JsonProblem { path: path.clone(), kind });
        let expected = || ProblemKind::Expected(describe(self, ty));
        if self.format(ty) == Some("json") {
            return Ok(());
        }
        if let Some(item) = self.map_value(ty) {
            let Value::Object(entries) = value else { return fail(expected()) };
            return entries.iter().try_for_each(|(key, value)| self.check_inside(item, value, path, key));
        }
        match self.underlying(ty) {
            Type::Bool if value.is_boolean() => Ok(()),
            Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::S8 | Type::S16 | Type::S32 | Type::S64 => {
                if integer_fits(self.underlying(ty), value) {
                    Ok(())
                } else {
                    fail(expected())
                }
            }
            Type::F32 | Type::F64 if value.is_number() => Ok(()),
            Type::String if value.is_string() => Ok(()),
            Type::Char if value.as_str().is_some_and(|text| text.chars().count() == 1) => Ok(()),
            Type::Option(_) if value.is_null() => Ok(()),
            Type::Option(inner) => self.check_at(inner, value, path),
            Type::List(item) => {
                let Value::Array(items) = value else { return fail(expected()) };
                items.iter().enumerate().try_for_each(|(index, value)| {
                    let length = path.len();
                    path.push_str(&format!("[{index}]"));
                    let checked = self.check_at(item, value, path);
                    path.truncate(length);
                    checked
                })
            }
            Type::Tuple(types) => match value {
                Value::Array(values) if values.len() == types.len() => {
                    types.iter().zip(values).try_for_each(|(ty, value)| self.check_at(ty, value, path))
                }
                _ => fail(expected()),
            },
            Type::Named(id) => match &self.get(*id).kind {
                Kind::Alias(target) => self.check_at(target, value, path),
                Kind::Record(fields) => {
                    let Value::Object(entries) = value else { return fail(expected()) };
                    // The fields in a `@rest` field are sent next to it, not inside it.
                    let takes_the_rest = fields.iter().any(|field| field.rest);
                    for field in fields.iter().filter(|field| !field.rest && field.constant.is_none()) {
                        match entries.get(&field.wire) {
                            Some(value) => self.check_inside(&field.ty, value, path, &field.wire)?,
                            None if self.optional(&field.ty).is_some() => {}
                            None => {
                                return Err(JsonProblem {
                                    path: joined(path, &field.wire),
                                    kind: ProblemKind::Missing,
                                });
                            }
                        }
                    }
                    match entries.keys().find(|key| !fields.iter().any(|field| field.wire == **key)) {
                        Some(key) if !takes_the_rest => {
                            Err(JsonProblem { path: joined(path, key), kind: ProblemKind::Unknown })
                        }
                        _ => Ok(()),
                    }
                }
                Kind::Variant { form: VariantForm::OpenWords, .. } if value.is_string() => Ok(()),
                Kind::Variant { .. } if let Some(union) = self.union(ty) => {
                    let Value::Object(entries) = value else { return fail(expected()) };
                    let Some(case) = union.case_of(value) else {
                        return fail(ProblemKind::NotOneOf(union.known().map(|case| case.wire.clone()).collect()));
                    };
                    let Some(payload) = &case.payload else { return Ok(()) };
                    let mut rest = entries.clone();
                    rest.shift_remove(union.tag);
                    self.check_at(payload, &Value::Object(rest), path)
                }
                Kind::Enum(_) | Kind::Variant { .. } => match (self.words(ty), self.word_or_value(ty), value) {
                    (Some(words), _, Value::String(word)) if words.contains(&word.as_str()) => Ok(()),
                    (Some(_), Some(inner), value) if !value.is_string() => self.check_at(inner, value, path),
                    (Some(words), _, Value::String(_)) => {
                        fail(ProblemKind::NotOneOf(words.into_iter().map(str::to_owned).collect()))
                    }
                    _ => fail(expected()),
                },
            },
            _ => fail(expected()),
        }
    }

    fn check_inside(&self, ty: &Type, value: &Value, path: &mut String, key: &str) -> Result<(), JsonProblem> {
        let length = path.len();
        *path = joined(path, key);
        let checked = self.check_at(ty, value, path);
        path.truncate(length);
        checked
    }

    /// Checks a number, the length of a text or the items of a list against bounds.
    ///
    /// # Errors
    ///
    /// A [`JsonProblem`] when the value is outside the bounds.
    pub fn check_bounds(bounds: Bounds, value: &Value) -> Result<(), JsonProblem> {
        let measured = match value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => i64::try_from(text.chars().count()).ok(),
            Value::Array(items) => i64::try_from(items.len()).ok(),
            Value::Object(entries) => i64::try_from(entries.len()).ok(),
            _ => return Ok(()),
        };
        match measured {
            Some(number) if bounds.allow(number) => Ok(()),
            _ => Err(JsonProblem { path: String::new(), kind: ProblemKind::OutOfBounds(bounds) }),
        }
    }
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

pub(crate) fn integer_fits(ty: &Type, value: &Value) -> bool {
    let (min, max): (i128, i128) = match ty {
        Type::U8 => (0, u8::MAX.into()),
        Type::U16 => (0, u16::MAX.into()),
        Type::U32 => (0, u32::MAX.into()),
        Type::U64 => (0, u64::MAX.into()),
        Type::S8 => (i8::MIN.into(), i8::MAX.into()),
        Type::S16 => (i16::MIN.into(), i16::MAX.into()),
        Type::S32 => (i32::MIN.into(), i32::MAX.into()),
        _ => (i64::MIN.into(), i64::MAX.into()),
    };
    let number = value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from));
    number.is_some_and(|number| (min..=max).contains(&number))
}

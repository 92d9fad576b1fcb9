//! Compares a JSON response with its WIT type.

use super::{DifferenceKind, ReplyDifference, field_name, identifier};
use crate::{Case, Field, Kind, Type, Types, VariantForm};
use serde_json::{Map, Value};

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

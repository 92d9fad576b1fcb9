//! From the text of one argument to a JSON value of its type.

use super::format::{self, check_text};
use super::normalize::check_visible;
use super::suggest::nearest;
use super::token::Token;
use crate::strict_json::check_depth;
use claude_admin_catalog::{
    Bounds, Case, Field, Input, Kind, ProblemKind, ShortForm, Type, Types, Union, VariantForm, describe,
};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The problem of a value as a sentence, and the correction.
pub(super) struct BadValue {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl BadValue {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// A mention in a position where no person is valid.
    pub(super) fn mention() -> Self {
        Self {
            message: "a mention identifies a person in the chat, not an object of the organization".to_owned(),
            hint: Some("Write the ID or the name that the organization knows.".to_owned()),
        }
    }
}

/// Reads the value of an input.
pub(super) fn read(types: &Types, input: &Input, token: &Token) -> Result<Value, BadValue> {
    if input.takes_empty && token.text.is_empty() {
        return Ok(Value::from(vec![""]));
    }
    let text = format::in_cents(input, &token.text).map_or(Cow::Borrowed(token.text.as_str()), Cow::Owned);
    let value = read_type(types, &input.ty, &text, token.quoted).map_err(|bad| unquoted(types, input, bad))?;
    if let Some(bounds) = input.range {
        Types::check_bounds(bounds, &value).map_err(|_| {
            let unit = match &value {
                Value::String(_) => " characters",
                Value::Array(_) | Value::Object(_) => " values",
                _ => "",
            };
            let upper = bounds.max.map_or(" or more".to_owned(), |max| format!(" to {max}"));
            let except = bounds.except.map(|except| format!(", and not {except}")).unwrap_or_default();
            BadValue::new(format!("it must be {}{upper}{unit}{except}", bounds.min))
        })?;
    }
    Ok(value)
}

/// The problem of a value that can be a secret, without the value.
fn unquoted(types: &Types, input: &Input, bad: BadValue) -> BadValue {
    if input.has_secret(types) {
        BadValue::new(format!(
            "the value is not {}; it is not shown because it might be a secret",
            describe(types, &input.ty)
        ))
    } else {
        bad
    }
}

/// Any value of a type. It replaces a missing argument if only the type of the argument matters.
pub(super) fn any(types: &Types, ty: &Type, range: Option<Bounds>) -> Value {
    if let Some(word) = types.words(ty).and_then(|words| words.first().copied()) {
        return Value::from(word);
    }
    match types.underlying(ty) {
        Type::Bool => Value::Bool(false),
        Type::List(item) => Value::Array(vec![any(types, item, None)]),
        Type::Named(id) if types.record(ty).is_some() => match &types.get(*id).kind {
            Kind::Record(fields) => {
                fields.iter().map(|field| (field.wire.clone(), any(types, &field.ty, field.range))).collect()
            }
            _ => Value::Null,
        },
        Type::Named(id) => match &types.get(*id).kind {
            Kind::Variant { .. } if let Some(union) = types.union(ty) => {
                let case = union.known().find(|case| types.may_stand_alone(case)).or(union.known().next());
                let payload = case.and_then(|case| case.payload.as_ref()).map(|payload| any(types, payload, None));
                let mut value = Map::new();
                value.insert(union.tag.to_owned(), case.map(|case| case.wire.clone()).into());
                if let Some(Value::Object(fields)) = payload {
                    value.extend(fields);
                }
                Value::Object(value)
            }
            _ => Value::from("any"),
        },
        Type::Option(_) => Value::Null,
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::S8 | Type::S16 | Type::S32 | Type::S64 => {
            Value::from(range.map_or(0, |range| range.min))
        }
        _ => Value::from(format!("{}any", types.prefix(ty).unwrap_or_default())),
    }
}

/// Reads the key of a map entry that is to be removed: `--no-tag KEY`.
pub(super) fn removes_entries(types: &Types, input: &Input) -> bool {
    types.map_value(&input.ty).is_some_and(|value| types.optional(value).is_some())
}

/// Whether `--no-NAME` sets the input to null.
pub(super) fn can_be_null(input: &Input) -> bool {
    input.is_nullable()
}

fn read_type(types: &Types, ty: &Type, text: &str, quoted: bool) -> Result<Value, BadValue> {
    let expected = || BadValue::new(format!("`{}` is not {}", shown(text), describe(types, ty)));
    if types.format(ty) == Some("json") {
        let value = serde_json::from_str(text).map_err(|_| expected())?;
        check_depth(&value).map_err(BadValue::new)?;
        return Ok(value);
    }
    let text = &*format::repaired(types, ty, text);
    check_text(types, ty, text)?;
    if let Some(value) = types.map_value(ty) {
        return read_map(types, value, text, quoted);
    }
    match types.underlying(ty) {
        Type::Bool => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Ok(Value::Bool(true)),
            "false" | "no" | "off" => Ok(Value::Bool(false)),
            _ => Err(expected()),
        },
        Type::String | Type::Char => Ok(Value::from(text)),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::S8 | Type::S16 | Type::S32 | Type::S64 => {
            let value = text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from));
            let value = value.map_err(|_| expected())?;
            types.check_json(ty, &value).map_err(|_| expected())?;
            Ok(value)
        }
        Type::F32 | Type::F64 => {
            text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from).ok_or_else(expected)
        }
        Type::Option(inner) => read_type(types, inner, text, quoted),
        Type::List(item) => {
            let parts: Vec<&str> =
                if quoted { vec![text] } else { text.split(',').filter(|part| !part.is_empty()).collect() };
            if parts.is_empty() || text.is_empty() {
                return Err(BadValue::new("it is empty; omit it instead"));
            }
            parts.into_iter().map(|part| read_type(types, item, part.trim(), true)).collect()
        }
        Type::Tuple(_) => read_json(types, ty, text),
        Type::Named(id) => match &types.get(*id).kind {
            Kind::Alias(target) => read_type(types, target, text, quoted),
            Kind::Enum(_) | Kind::Variant { form: VariantForm::OpenWords, .. } => {
                word(types, ty, text).map(Value::from).map_err(|_| not_a_word(types, ty, text))
            }
            Kind::Record(fields) if types.is_compact(ty) => read_compact(types, ty, fields, text),
            Kind::Variant { .. } if let Some(inner) = types.word_or_value(ty) => match word(types, ty, text) {
                Ok(word) => Ok(Value::from(word)),
                Err(()) => read_type(types, inner, text, quoted),
            },
            Kind::Variant { .. } if let Some(union) = types.union(ty) => read_union(types, ty, union, text),
            Kind::Record(_) | Kind::Variant { .. } => read_json(types, ty, text),
        },
    }
}

/// An allowed value, in the spelling of the wire. It can be typed in any case, with dashes or underscores.
fn word(types: &Types, ty: &Type, text: &str) -> Result<String, ()> {
    let same = |a: &str| a.replace('-', "_").eq_ignore_ascii_case(&text.replace('-', "_"));
    let cases = match types.kind(ty) {
        Some(Kind::Enum(cases) | Kind::Variant { cases, .. }) => cases.as_slice(),
        _ => &[],
    };
    let bare = || cases.iter().filter(|case| case.payload.is_none());
    // The name in the WIT package is also a valid spelling: `day` is easier to read than `1d`.
    let found = bare().find(|case| same(&case.wire)).or_else(|| bare().find(|case| same(&case.name)));
    found.map(|case| case.wire.clone()).ok_or(())
}

fn not_a_word(types: &Types, ty: &Type, text: &str) -> BadValue {
    let words = types.words(ty).unwrap_or_default();
    BadValue {
        message: format!("`{}` is not one of {}", shown(text), words.join(", ")),
        hint: did_you_mean(text, words),
    }
}

fn did_you_mean<'w>(text: &str, words: impl IntoIterator<Item = &'w str>) -> Option<String> {
    nearest(&text.to_ascii_lowercase(), words).map(|word| format!("Did you mean `{word}`?"))
}

fn read_map(types: &Types, value: &Type, text: &str, quoted: bool) -> Result<Value, BadValue> {
    let parts: Vec<&str> =
        if !quoted && text.split(',').all(|part| part.contains('=')) { text.split(',').collect() } else { vec![text] };
    let mut entries = Map::new();
    for part in parts {
        let Some((key, text)) = part.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(BadValue::new(format!("`{}` is not KEY=VALUE", shown(part))));
        };
        let value = match types.optional(value) {
            Some(inner) if text == "null" && !is_free_text(types, inner) => Value::Null,
            _ => read_type(types, value, text, true)?,
        };
        entries.insert(key.to_owned(), value);
    }
    Ok(Value::Object(entries))
}

/// Whether every text is a value of a type. Then no word can mean null.
pub(super) fn is_free_text(types: &Types, ty: &Type) -> bool {
    *types.underlying(ty) == Type::String && types.prefix(ty).is_none()
}

/// A case of a union: its name, or its name and the value of its one field, or JSON.
fn read_union(types: &Types, ty: &Type, union: Union<'_>, text: &str) -> Result<Value, BadValue> {
    if text.starts_with('{') {
        return read_json(types, ty, text);
    }
    let (word, rest) = text.split_once(':').map_or((text, None), |(word, rest)| (word, Some(rest)));
    let same = |case: &&Case| case.wire.replace('-', "_") == word.to_lowercase().replace('-', "_");
    let unknown = || BadValue::new(format!("`{}` is not {}", shown(text), describe(types, ty)));
    let case = union.known().find(same).ok_or_else(unknown)?;
    let mut value = Map::from_iter([(union.tag.to_owned(), Value::from(case.wire.as_str()))]);
    match (types.short_form(case), rest) {
        (_, None) if types.may_stand_alone(case) => {}
        (ShortForm::WordAndField(field), Some(rest)) => {
            let inner = types.optional(&field.ty).unwrap_or(&field.ty);
            value.insert(field.wire.clone(), read_type(types, inner, rest, false)?);
        }
        (ShortForm::WordAndField(field), None) => {
            return Err(BadValue::new(format!(
                "`{}` needs a value: {}:{}",
                case.wire,
                case.wire,
                field.name.to_uppercase()
            )));
        }
        (ShortForm::Word, Some(_)) => return Err(BadValue::new(format!("`{}` takes no value", case.wire))),
        _ => return Err(unknown()),
    }
    Ok(Value::Object(value))
}

/// A record of two fields as `FIRST=SECOND`, or as JSON.
fn read_compact(types: &Types, ty: &Type, fields: &[Field], text: &str) -> Result<Value, BadValue> {
    let ([first, second], false) = (fields, text.starts_with('{')) else { return read_json(types, ty, text) };
    let parts = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let (left, right) =
        parts.ok_or_else(|| BadValue::new(format!("`{}` is not {}", shown(text), describe(types, ty))))?;
    let right = match (types.optional(&second.ty), right) {
        (Some(_), "null" | "none") => Value::Null,
        (inner, right) => read_type(types, inner.unwrap_or(&second.ty), right, true)?,
    };
    let left = read_type(types, &first.ty, left, true)?;
    Ok(Value::Object(Map::from_iter([(first.wire.clone(), left), (second.wire.clone(), right)])))
}

fn read_json(types: &Types, ty: &Type, text: &str) -> Result<Value, BadValue> {
    let value = serde_json::from_str(text)
        .map_err(|_| BadValue::new(format!("`{}` is not {}", shown(text), describe(types, ty))))?;
    check_depth(&value).map_err(BadValue::new)?;
    let value = format::repaired_json(types, ty, &value);
    check_json(types, ty, &value)?;
    check_content(types, ty, &value)?;
    Ok(value)
}

/// Reads a JSON value of an input in the same way as [`read`] reads a typed value: amounts in dollars, and texts in a
/// spelling other than that of the API.
pub(super) fn read_value(types: &Types, input: &Input, value: &Value) -> Result<Value, BadValue> {
    let cents = value.as_str().and_then(|text| format::in_cents(input, text)).map(Value::from);
    let value = cents.unwrap_or_else(|| format::repaired_json(types, &input.ty, value));
    let checked = check_json(types, &input.ty, &value).and_then(|()| check_content(types, &input.ty, &value));
    checked.map_err(|bad| unquoted(types, input, bad))?;
    if let Some(bounds) = input.range {
        Types::check_bounds(bounds, &value).map_err(|_| BadValue::new(format!("it must be within {bounds}")))?;
    }
    Ok(value)
}

/// Checks a value that was given as JSON.
fn check_json(types: &Types, ty: &Type, value: &Value) -> Result<(), BadValue> {
    types.check_json(ty, value).map_err(|problem| {
        let at = if problem.path.is_empty() { String::new() } else { format!("`{}`: ", problem.path) };
        let hint = match &problem.kind {
            ProblemKind::NotOneOf(words) if problem.path.is_empty() => {
                value.as_str().and_then(|text| did_you_mean(text, words.iter().map(AsRef::as_ref)))
            }
            _ => None,
        };
        let message = match problem.kind {
            ProblemKind::Missing => format!("{at}it is missing"),
            ProblemKind::Unknown => format!("{at}there is no such field"),
            ProblemKind::Expected(what) => format!("{at}{what} is expected"),
            ProblemKind::NotOneOf(words) => format!("{at}it must be one of {}", words.join(", ")),
            ProblemKind::OutOfBounds(bounds) => format!("{at}it must be within {bounds}"),
        };
        BadValue { message, hint }
    })
}

/// Checks the content of a JSON value with the correct shape in the same way as a typed value: formats, IDs, allowed
/// values, control characters.
fn check_content(types: &Types, ty: &Type, value: &Value) -> Result<(), BadValue> {
    if types.format(ty) == Some("json") {
        return Ok(());
    }
    match value {
        Value::String(text) => {
            check_visible(text).map_err(|message| BadValue::new(message.trim_end_matches('.')))?;
            let open = matches!(types.kind(ty), Some(Kind::Variant { form: VariantForm::OpenWords, .. }));
            if open && !types.words(ty).unwrap_or_default().contains(&text.as_str()) {
                return Err(not_a_word(types, ty, text));
            }
            check_text(types, ty, text)
        }
        Value::Array(items) => {
            let item = types.list_item(types.word_or_value(ty).unwrap_or(ty));
            item.map_or(Ok(()), |item| items.iter().try_for_each(|value| check_content(types, item, value)))
        }
        Value::Object(entries) => {
            if let Some(inner) = types.map_value(ty) {
                let inner = types.optional(inner).unwrap_or(inner);
                return entries.iter().try_for_each(|(key, value)| {
                    check_content(types, &Type::String, &Value::from(key.as_str()))?;
                    check_content(types, inner, value)
                });
            }
            let fields = types.fields_of(ty, value).unwrap_or_default().iter();
            fields
                .filter_map(|field| Some((&field.ty, entries.get(&field.wire)?)))
                .try_for_each(|(ty, value)| check_content(types, types.optional(ty).unwrap_or(ty), value))
        }
        _ => Ok(()),
    }
}

/// A typed text, short enough to be quoted in an output.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST).chain(['…']).collect() }
}

//! Checks whether a value is valid in a request, with the error texts of the API.
//!
//! The texts are those of pydantic, with the field in front: `limit: Input should be less than or equal to 1000`.

use crate::error::ApiError;
use claude_admin_catalog::{Bounds, Kind, Type, Types};
use http::Uri;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

const COLOR_PATTERN: &str = "^#[0-9A-Fa-f]{6}$";
const SLUG_PATTERN: &str = "^[a-z0-9-]+$";
const WHOLE_CENTS_PATTERN: &str = "^[0-9]+$";

/// Checks a value against a type and bounds.
///
/// Enums are closed in requests, even those that can have other values in replies: the server accepts only values that
/// it knows.
pub(crate) fn check(
    types: &Types,
    ty: &Type,
    range: Option<Bounds>,
    value: &Value,
    place: &str,
) -> Result<(), ApiError> {
    check_shape(types, ty, value, place)?;
    match range {
        Some(bounds) if Types::check_bounds(bounds, value).is_err() => Err(at(place, out_of_bounds(bounds, value))),
        _ => Ok(()),
    }
}

/// A problem at a place. An empty place means the body itself.
pub(crate) fn at(place: &str, problem: impl std::fmt::Display) -> ApiError {
    ApiError::invalid(format!("{}: {problem}", if place.is_empty() { "body" } else { place }))
}

fn check_shape(types: &Types, ty: &Type, value: &Value, place: &str) -> Result<(), ApiError> {
    if let Some(inner) = types.optional(ty) {
        return if value.is_null() { Ok(()) } else { check_shape(types, inner, value, place) };
    }
    if let Some(item) = types.map_value(ty) {
        let entries = value.as_object().ok_or_else(|| at(place, "Input should be a valid dictionary"))?;
        return entries.iter().try_for_each(|(key, value)| check_shape(types, item, value, &join(place, key)));
    }
    if let Some(item) = types.list_item(ty) {
        let items = value.as_array().ok_or_else(|| at(place, "Input should be a valid list"))?;
        return items.iter().enumerate().try_for_each(|(i, value)| check_shape(types, item, value, &join(place, i)));
    }
    match (types.kind(ty), value) {
        (Some(Kind::Record(fields)), _) => {
            let entries = value.as_object().ok_or_else(|| at(place, "Input should be a valid dictionary"))?;
            for field in fields {
                match entries.get(&field.wire) {
                    Some(value) => check(types, &field.ty, field.range, value, &join(place, &field.wire))?,
                    None if types.optional(&field.ty).is_some() && !field.null_when_none => {}
                    None => return Err(at(&join(place, &field.wire), "Field required")),
                }
            }
            match entries.keys().find(|key| !fields.iter().any(|field| field.wire == **key)) {
                Some(key) => Err(at(&join(place, key), "Extra inputs are not permitted")),
                None => Ok(()),
            }
        }
        (Some(Kind::Variant { .. }), Value::Object(entries)) if let Some(union) = types.union(ty) => {
            let tag = union.tag;
            if !entries.contains_key(tag) {
                return Err(at(&join(place, tag), "Field required"));
            }
            match union.case_of(value) {
                Some(case) => match &case.payload {
                    Some(payload) => {
                        let mut rest = entries.clone();
                        rest.shift_remove(tag);
                        check_shape(types, payload, &Value::Object(rest), place)
                    }
                    None => match entries.keys().find(|key| *key != tag) {
                        Some(key) => Err(at(&join(place, key), "Extra inputs are not permitted")),
                        None => Ok(()),
                    },
                },
                None => Err(at(&join(place, tag), one_of(union.known().map(|case| case.wire.as_str())))),
            }
        }
        // A case without further fields can be sent as a bare string.
        (Some(Kind::Variant { .. }), Value::String(word))
            if let Some(union) = types.union(ty)
                && union.known().any(|case| case.payload.is_none() && case.wire == *word) =>
        {
            Ok(())
        }
        (Some(Kind::Variant { .. }), value)
            if !value.is_string()
                && let Some(inner) = types.word_or_value(ty) =>
        {
            check_shape(types, inner, value, place)
        }
        (Some(_), _) => match types.words(ty) {
            Some(words) if value.as_str().is_some_and(|word| words.contains(&word)) => Ok(()),
            Some(words) => Err(at(place, one_of(words.into_iter()))),
            None => Err(at(place, "Input should be a valid dictionary")),
        },
        (None, _) => check_plain(types, ty, value, place),
    }
}

fn check_plain(types: &Types, ty: &Type, value: &Value, place: &str) -> Result<(), ApiError> {
    if types.check_json(ty, value).is_err() {
        let kind = match types.underlying(ty) {
            Type::Bool => "boolean",
            Type::F32 | Type::F64 => "number",
            Type::String | Type::Char => "string",
            Type::Tuple(_) => "list",
            _ => "integer",
        };
        return Err(at(place, format!("Input should be a valid {kind}")));
    }
    let text = value.as_str().unwrap_or_default();
    let problem = match types.format(ty) {
        Some("email") => email_problem(text),
        Some("color") if !is_color(text) => Some(format!("String should match pattern '{COLOR_PATTERN}'")),
        Some("timestamp") if text.parse::<Timestamp>().is_err() => Some("Input should be a valid datetime".to_owned()),
        Some("date") if text.parse::<Date>().is_err() => {
            Some("Input should be a valid date in the format YYYY-MM-DD".to_owned())
        }
        Some("slug") if !is_slug(text) => Some(format!("String should match pattern '{SLUG_PATTERN}'")),
        Some("whole-cents") if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) => {
            Some(format!("String should match pattern '{WHOLE_CENTS_PATTERN}'"))
        }
        Some("uuid") if !is_uuid(text) => Some("Input should be a valid UUID".to_owned()),
        Some("url") => url_problem(text),
        _ => None,
    };
    problem.map_or(Ok(()), |problem| Err(at(place, problem)))
}

fn email_problem(text: &str) -> Option<String> {
    let reason = match text.split_once('@') {
        None => "An email address must have an @-sign.",
        Some((_, domain)) if domain.contains('@') => "The part after the @-sign contains invalid characters: '@'.",
        Some(("", _)) => "There must be something before the @-sign.",
        Some((_, "")) => "There must be something after the @-sign.",
        Some(_) if text.contains(char::is_whitespace) => "The email address contains invalid characters: SPACE.",
        Some((_, domain)) if !domain.contains('.') => {
            "The part after the @-sign is not valid. It should have a period."
        }
        Some(_) => return None,
    };
    Some(format!("value is not a valid email address: {reason}"))
}

fn url_problem(text: &str) -> Option<String> {
    let reason = match text.parse::<Uri>() {
        Ok(uri) if uri.scheme().is_none() => "relative URL without a base",
        Ok(uri) if uri.host().is_none_or(str::is_empty) => "empty host",
        Ok(_) => return None,
        Err(_) if !text.contains(':') => "relative URL without a base",
        Err(_) => "invalid character",
    };
    Some(format!("Input should be a valid URL, {reason}"))
}

pub(crate) fn is_slug(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn out_of_bounds(bounds: Bounds, value: &Value) -> String {
    let plural =
        |count: i64, word: &str| if count == 1 { format!("{count} {word}") } else { format!("{count} {word}s") };
    let measured = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let (what, unit, size) = match value {
        Value::String(text) => ("String", "character", measured(text.chars().count())),
        Value::Array(items) => ("List", "item", measured(items.len())),
        Value::Object(entries) => ("Dictionary", "item", measured(entries.len())),
        number => {
            return match bounds.max {
                Some(max) if number.as_f64().is_some_and(|number| number > max as f64) => {
                    format!("Input should be less than or equal to {max}")
                }
                _ if bounds.except.is_some() => "Input should be a positive number or -1".to_owned(),
                _ => format!("Input should be greater than or equal to {}", bounds.min),
            };
        }
    };
    let limit = match bounds.max {
        Some(max) if size > max => format!("at most {}", plural(max, unit)),
        _ => format!("at least {}", plural(bounds.min, unit)),
    };
    if what == "String" {
        format!("{what} should have {limit}")
    } else {
        format!("{what} should have {limit} after validation, not {size}")
    }
}

/// `Input should be 'a', 'b' or 'c'`.
fn one_of<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let words: Vec<String> = words.map(|word| format!("'{word}'")).collect();
    match words.split_last() {
        Some((last, [])) => format!("Input should be {last}"),
        Some((last, others)) => format!("Input should be {} or {last}", others.join(", ")),
        None => "Input is not permitted".to_owned(),
    }
}

fn join(place: &str, key: impl std::fmt::Display) -> String {
    // The body itself has no name.
    if place.is_empty() { key.to_string() } else { format!("{place}.{key}") }
}

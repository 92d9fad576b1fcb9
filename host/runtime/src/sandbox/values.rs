//! Converts between the JSON of the API and the values of the component model, by the types of the catalog.

use claude_admin_catalog::{Case, Kind, Type, TypeId, Types, VariantForm};
use serde_json::{Map, Number, Value};
use wasmtime::component::Val;

/// Converts a value to a type; `None` is a value that is not given.
///
/// # Errors
///
/// The mismatch, for a log. Arguments are checked earlier, so this is not expected.
pub fn to_val(types: &Types, ty: &Type, value: Option<&Value>) -> Result<Val, String> {
    let misfit = || format!("{value:?} is not a {ty:?}");
    if types.format(ty) == Some("json") {
        return value.map(|value| Val::String(value.to_string())).ok_or_else(misfit);
    }
    if let Some(item) = types.map_value(ty) {
        let Some(Value::Object(entries)) = value else {
            return if value.is_none() { Ok(Val::List(Vec::new())) } else { Err(misfit()) };
        };
        let pairs = entries
            .iter()
            .map(|(key, value)| Ok(Val::Tuple(vec![Val::String(key.clone()), to_val(types, item, Some(value))?])));
        return pairs.collect::<Result<_, String>>().map(Val::List);
    }
    match types.underlying(ty) {
        Type::Option(inner) => option(types, inner, value),
        Type::List(item) => match value {
            None => Ok(Val::List(Vec::new())),
            Some(Value::Array(items)) => {
                items.iter().map(|value| to_val(types, item, Some(value))).collect::<Result<_, _>>().map(Val::List)
            }
            Some(_) => Err(misfit()),
        },
        Type::Tuple(items) => match value {
            Some(Value::Array(values)) if values.len() == items.len() => {
                let values = items.iter().zip(values).map(|(ty, value)| to_val(types, ty, Some(value)));
                values.collect::<Result<_, _>>().map(Val::Tuple)
            }
            _ => Err(misfit()),
        },
        Type::Named(id) => named(types, *id, value).map_err(|error| error.unwrap_or_else(misfit)),
        primitive => value.and_then(|value| to_primitive(primitive, value)).ok_or_else(misfit),
    }
}

/// An option of an option distinguishes "leave unchanged" from "set to null".
fn option(types: &Types, inner: &Type, value: Option<&Value>) -> Result<Val, String> {
    let nested = types.optional(inner).is_some();
    Ok(Val::Option(match value {
        None => None,
        Some(Value::Null) if !nested => None,
        given => Some(Box::new(to_val(types, inner, given)?)),
    }))
}

fn to_primitive(ty: &Type, value: &Value) -> Option<Val> {
    Some(match ty {
        Type::Bool => Val::Bool(value.as_bool()?),
        Type::U8 => Val::U8(value.as_u64()?.try_into().ok()?),
        Type::U16 => Val::U16(value.as_u64()?.try_into().ok()?),
        Type::U32 => Val::U32(value.as_u64()?.try_into().ok()?),
        Type::U64 => Val::U64(value.as_u64()?),
        Type::S8 => Val::S8(value.as_i64()?.try_into().ok()?),
        Type::S16 => Val::S16(value.as_i64()?.try_into().ok()?),
        Type::S32 => Val::S32(value.as_i64()?.try_into().ok()?),
        Type::S64 => Val::S64(value.as_i64()?),
        #[expect(clippy::cast_possible_truncation, reason = "that is what a 32-bit float is")]
        Type::F32 => Val::Float32(value.as_f64()? as f32),
        Type::F64 => Val::Float64(value.as_f64()?),
        Type::Char => Val::Char(value.as_str()?.chars().next()?),
        Type::String => Val::String(value.as_str()?.to_owned()),
        _ => return None,
    })
}

fn named(types: &Types, id: TypeId, value: Option<&Value>) -> Result<Val, Option<String>> {
    match &types.get(id).kind {
        Kind::Alias(target) => to_val(types, target, value).map_err(Some),
        Kind::Record(fields) => {
            let empty = Map::new();
            let entries = match value {
                None => &empty,
                Some(value) => value.as_object().ok_or(None)?,
            };
            let fields = fields.iter().map(|field| {
                Ok((field.name.clone(), to_val(types, &field.ty, entries.get(&field.wire)).map_err(Some)?))
            });
            fields.collect::<Result<_, _>>().map(Val::Record)
        }
        Kind::Enum(cases) => {
            let word = value.and_then(Value::as_str).ok_or(None)?;
            cases.iter().find(|case| case.wire == word).map(|case| Val::Enum(case.name.clone())).ok_or(None)
        }
        Kind::Variant { cases, form } => variant(types, cases, form, value.ok_or(None)?),
    }
}

fn variant(types: &Types, cases: &[Case], form: &VariantForm, value: &Value) -> Result<Val, Option<String>> {
    let bare = |word: &str| cases.iter().find(|case| case.payload.is_none() && case.wire == word);
    let carry = |case: &Case, payload: Val| Val::Variant(case.name.clone(), Some(Box::new(payload)));
    match (form, value) {
        (VariantForm::OpenWords, Value::String(word)) => Ok(match bare(word) {
            Some(case) => Val::Variant(case.name.clone(), None),
            None => Val::Variant("other".to_owned(), Some(Box::new(Val::String(word.clone())))),
        }),
        (VariantForm::WordOrValue, value) => match value.as_str().and_then(bare) {
            Some(case) => Ok(Val::Variant(case.name.clone(), None)),
            None => {
                let case = cases.iter().find(|case| case.payload.is_some()).ok_or(None)?;
                let payload = case.payload.as_ref().ok_or(None)?;
                Ok(carry(case, to_val(types, payload, Some(value)).map_err(Some)?))
            }
        },
        (VariantForm::Tagged(tag), Value::Object(entries)) => {
            let word = entries.get(tag).and_then(Value::as_str).ok_or(None)?;
            match cases.iter().find(|case| case.name != "other" && case.wire == word) {
                Some(case) => match &case.payload {
                    None => Ok(Val::Variant(case.name.clone(), None)),
                    Some(payload) => Ok(carry(case, to_val(types, payload, Some(value)).map_err(Some)?)),
                },
                None => {
                    let case = cases.iter().find(|case| case.name == "other").ok_or(None)?;
                    Ok(carry(case, Val::String(value.to_string())))
                }
            }
        }
        _ => Err(None),
    }
}

/// Converts a value to the JSON of the API, with wire names and tags.
///
/// # Errors
///
/// The value that the component returned, if it does not match the type.
pub fn from_val(types: &Types, ty: &Type, val: Val) -> Result<Value, String> {
    if types.format(ty) == Some("json") {
        return match val {
            Val::String(text) => Ok(serde_json::from_str(&text).unwrap_or(Value::String(text))),
            val => Err(misfit(ty, &val)),
        };
    }
    if let Some(item) = types.map_value(ty) {
        return from_map(types, ty, item, val);
    }
    match (types.underlying(ty), val) {
        (_, Val::Bool(value)) => Ok(Value::Bool(value)),
        (_, Val::U8(number)) => Ok(Value::from(number)),
        (_, Val::U16(number)) => Ok(Value::from(number)),
        (_, Val::U32(number)) => Ok(Value::from(number)),
        (_, Val::U64(number)) => Ok(Value::from(number)),
        (_, Val::S8(number)) => Ok(Value::from(number)),
        (_, Val::S16(number)) => Ok(Value::from(number)),
        (_, Val::S32(number)) => Ok(Value::from(number)),
        (_, Val::S64(number)) => Ok(Value::from(number)),
        (_, Val::Float32(number)) => Ok(Number::from_f64(f64::from(number)).map_or(Value::Null, Value::Number)),
        (_, Val::Float64(number)) => Ok(Number::from_f64(number).map_or(Value::Null, Value::Number)),
        (_, Val::Char(c)) => Ok(Value::String(c.to_string())),
        (_, Val::String(text)) => Ok(Value::String(text)),
        (Type::Option(_), Val::Option(None)) => Ok(Value::Null),
        (Type::Option(inner), Val::Option(Some(val))) => from_val(types, inner, *val),
        (Type::List(item), Val::List(vals)) => {
            vals.into_iter().map(|val| from_val(types, item, val)).collect::<Result<_, _>>().map(Value::Array)
        }
        (Type::Tuple(items), Val::Tuple(vals)) if items.len() == vals.len() => {
            items.iter().zip(vals).map(|(ty, val)| from_val(types, ty, val)).collect::<Result<_, _>>().map(Value::Array)
        }
        (Type::Named(id), val) => from_named(types, ty, *id, val),
        (_, val) => Err(misfit(ty, &val)),
    }
}

fn misfit(ty: &Type, val: &Val) -> String {
    format!("{val:?} is not a {ty:?}")
}

/// Converts a list of pairs to an object.
fn from_map(types: &Types, ty: &Type, item: &Type, val: Val) -> Result<Value, String> {
    let Val::List(pairs) = val else { return Err(misfit(ty, &val)) };
    let entries = pairs.into_iter().map(|pair| {
        let Val::Tuple(pair) = pair else { return Err(misfit(ty, &pair)) };
        match <[Val; 2]>::try_from(pair) {
            Ok([Val::String(key), value]) => Ok((key, from_val(types, item, value)?)),
            Ok([key, _]) => Err(misfit(ty, &key)),
            Err(pair) => Err(misfit(ty, &Val::Tuple(pair))),
        }
    });
    entries.collect::<Result<Map<_, _>, _>>().map(Value::Object)
}

fn from_named(types: &Types, ty: &Type, id: TypeId, val: Val) -> Result<Value, String> {
    match (&types.get(id).kind, val) {
        // A record has its fields in the order of their declaration.
        (Kind::Record(fields), Val::Record(vals)) if fields.len() == vals.len() => {
            let mut object = Map::with_capacity(fields.len());
            for (field, (name, val)) in fields.iter().zip(vals) {
                if field.name != name {
                    return Err(format!("`{name}` instead of `{}`", field.name));
                }
                let wire = if field.wire == name { name } else { field.wire.clone() };
                object.insert(wire, from_val(types, &field.ty, val)?);
            }
            Ok(Value::Object(object))
        }
        (Kind::Enum(cases), Val::Enum(name)) => match cases.iter().find(|case| case.name == name) {
            Some(case) => Ok(Value::from(case.wire.as_str())),
            None => Err(misfit(ty, &Val::Enum(name))),
        },
        (Kind::Variant { cases, form }, Val::Variant(name, payload)) => {
            let Some(case) = cases.iter().find(|case| case.name == name) else {
                return Err(misfit(ty, &Val::Variant(name, payload)));
            };
            let inner = match (&case.payload, payload) {
                (Some(ty), Some(val)) => Some(from_val(types, ty, *val)?),
                (None, None) => None,
                (_, payload) => return Err(misfit(ty, &Val::Variant(name, payload))),
            };
            Ok(from_case(case, form, inner))
        }
        (_, val) => Err(misfit(ty, &val)),
    }
}

fn from_case(case: &Case, form: &VariantForm, inner: Option<Value>) -> Value {
    match (form, inner) {
        (VariantForm::Tagged(tag), inner) if case.name != "other" => {
            let mut object = Map::new();
            object.insert(tag.clone(), Value::from(case.wire.as_str()));
            if let Some(Value::Object(fields)) = inner {
                object.extend(fields);
            }
            Value::Object(object)
        }
        // A union that is never sent as JSON, such as the error, is shown with the name of its case.
        (VariantForm::NotJson, inner) => {
            Value::Object(Map::from_iter([(case.wire.clone(), inner.unwrap_or_default())]))
        }
        (_, Some(inner)) => inner,
        (_, None) => Value::from(case.wire.as_str()),
    }
}

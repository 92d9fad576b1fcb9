//! Values as adapters receive and return them: see `tests/matrix/README.md`.

use claude_admin_catalog::{Kind, Type, Types};
use serde_json::{Map, Value, json};
use wasmtime::component::Val;

/// Writes an argument.
pub(super) fn encode(val: &Val) -> Value {
    match val {
        Val::Bool(value) => json!(value),
        Val::U8(number) => json!(number),
        Val::U16(number) => json!(number),
        Val::U32(number) => json!(number),
        Val::S8(number) => json!(number),
        Val::S16(number) => json!(number),
        Val::S32(number) => json!(number),
        Val::U64(number) => json!({ "$int": number.to_string() }),
        Val::S64(number) => json!({ "$int": number.to_string() }),
        Val::Float32(number) => json!(number),
        Val::Float64(number) => json!(number),
        Val::Char(c) => json!(c),
        Val::String(text) => json!(text),
        Val::Enum(name) => json!(name),
        Val::List(vals) | Val::Tuple(vals) => vals.iter().map(encode).collect(),
        Val::Record(fields) => {
            fields.iter().map(|(name, val)| (name.clone(), encode(val))).collect::<Map<_, _>>().into()
        }
        Val::Variant(name, payload) => match payload {
            Some(payload) => json!({ "$case": name, "value": encode(payload) }),
            None => json!({ "$case": name }),
        },
        Val::Option(inner) => inner.as_deref().map_or(Value::Null, encode),
        other => panic!("no argument is {other:?}"),
    }
}

/// Writes an argument of a type: an option of an option says which of the two options has a value.
pub(super) fn encode_as(types: &Types, ty: &Type, val: &Val) -> Value {
    match (types.underlying(ty), val) {
        (Type::Option(inner), Val::Option(given)) if types.optional(inner).is_some() => match given.as_deref() {
            None => json!({ "$case": "none" }),
            Some(Val::Option(None)) => json!({ "$case": "some" }),
            Some(given) => json!({ "$case": "some", "value": encode_as(types, inner, given) }),
        },
        (Type::Option(inner), Val::Option(Some(given))) => encode_as(types, inner, given),
        (Type::List(item), Val::List(vals)) => vals.iter().map(|val| encode_as(types, item, val)).collect(),
        (Type::Named(id), Val::Record(vals)) => match &types.get(*id).kind {
            Kind::Record(fields) => {
                let pairs = fields.iter().zip(vals);
                pairs
                    .map(|(field, (name, val))| (name.clone(), encode_as(types, &field.ty, val)))
                    .collect::<Map<_, _>>()
                    .into()
            }
            other => panic!("{other:?} is no record"),
        },
        (_, val) => encode(val),
    }
}

/// Reads a result of a type.
pub(super) fn decode(types: &Types, ty: &Type, value: &Value) -> Result<Val, String> {
    let misfit = || format!("{value} is not a {ty:?}");
    let integer = || match value.get("$int") {
        Some(text) => text.as_str().and_then(|text| text.parse::<i128>().ok()).ok_or_else(misfit),
        None => value.as_i64().map(i128::from).or(value.as_u64().map(i128::from)).ok_or_else(misfit),
    };
    macro_rules! whole {
        ($case:ident) => {
            Val::$case(integer()?.try_into().map_err(|_| misfit())?)
        };
    }
    Ok(match types.underlying(ty) {
        Type::Bool => Val::Bool(value.as_bool().ok_or_else(misfit)?),
        Type::U8 => whole!(U8),
        Type::U16 => whole!(U16),
        Type::U32 => whole!(U32),
        Type::U64 => whole!(U64),
        Type::S8 => whole!(S8),
        Type::S16 => whole!(S16),
        Type::S32 => whole!(S32),
        Type::S64 => whole!(S64),
        Type::F32 => Val::Float32(value.as_f64().ok_or_else(misfit)? as f32),
        Type::F64 => Val::Float64(value.as_f64().ok_or_else(misfit)?),
        Type::Char => Val::Char(value.as_str().and_then(|text| text.chars().next()).ok_or_else(misfit)?),
        Type::String => Val::String(value.as_str().ok_or_else(misfit)?.to_owned()),
        Type::Option(_) if value.is_null() => Val::Option(None),
        Type::Option(inner) => Val::Option(Some(Box::new(decode(types, inner, value)?))),
        Type::List(item) => {
            let items = value.as_array().ok_or_else(misfit)?;
            Val::List(items.iter().map(|value| decode(types, item, value)).collect::<Result<_, _>>()?)
        }
        Type::Tuple(items) => {
            let values = value.as_array().filter(|values| values.len() == items.len()).ok_or_else(misfit)?;
            let vals = items.iter().zip(values).map(|(ty, value)| decode(types, ty, value));
            Val::Tuple(vals.collect::<Result<_, _>>()?)
        }
        Type::Named(id) => match &types.get(*id).kind {
            Kind::Record(fields) => {
                let object = value.as_object().ok_or_else(misfit)?;
                let unknown = object.keys().find(|name| fields.iter().all(|field| field.name != **name));
                if let Some(unknown) = unknown {
                    return Err(format!("`{unknown}` is no field of {}", types.get(*id).name));
                }
                let fields = fields.iter().map(|field| {
                    let value = object.get(&field.name).unwrap_or(&Value::Null);
                    Ok((field.name.clone(), decode(types, &field.ty, value)?))
                });
                Val::Record(fields.collect::<Result<_, String>>()?)
            }
            Kind::Enum(_) => Val::Enum(value.as_str().ok_or_else(misfit)?.to_owned()),
            Kind::Variant { cases, .. } => {
                let name = value["$case"].as_str().ok_or_else(misfit)?;
                let case = cases.iter().find(|case| case.name == name).ok_or_else(misfit)?;
                let payload = case.payload.as_ref().map(|ty| decode(types, ty, &value["value"])).transpose()?;
                Val::Variant(name.to_owned(), payload.map(Box::new))
            }
            Kind::Alias(_) => return Err(misfit()),
        },
    })
}

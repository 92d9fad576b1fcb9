//! From a value to the text that a person would type for it.

use super::value::is_free_text;
use claude_admin_catalog::{Kind, ShortForm, Type, Types};
use serde_json::{Map, Value};

/// The shortest text that reads back as this value of a type.
pub(super) fn spell(types: &Types, ty: &Type, value: &Value) -> String {
    if types.format(ty) == Some("json") {
        return value.to_string();
    }
    let short = match (types.kind(ty), value) {
        (Some(Kind::Variant { .. }), Value::Object(entries)) => union(types, ty, value, entries),
        (Some(Kind::Record(_)), Value::Object(entries)) if types.is_compact(ty) => compact(types, ty, entries),
        _ => None,
    };
    short.unwrap_or_else(|| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn union(types: &Types, ty: &Type, value: &Value, entries: &Map<String, Value>) -> Option<String> {
    let case = types.union(ty)?.case_of(value)?;
    if entries.len() == 1 && types.may_stand_alone(case) {
        return Some(case.wire.clone());
    }
    let ShortForm::WordAndField(field) = types.short_form(case) else { return None };
    let value = entries.get(&field.wire).filter(|value| entries.len() == 2 && !value.is_null())?;
    let inner = types.optional(&field.ty).unwrap_or(&field.ty);
    let text = match value {
        // Commas separate items, so an item with a comma needs JSON.
        Value::Array(items) if !items.is_empty() => {
            let item = types.list_item(inner)?;
            let items: Vec<String> = items.iter().map(|value| spell(types, item, value)).collect();
            items.iter().all(|item| !item.contains(',') && !item.is_empty()).then(|| items.join(","))?
        }
        Value::Array(_) => return None,
        Value::Object(entries) if types.map_value(inner).is_some() => map(types, inner, entries)?,
        value => spell(types, inner, value),
    };
    Some(format!("{}:{text}", case.wire))
}

/// `KEY=VALUE,KEY=null`. Keys and values with commas or equals signs need JSON.
fn map(types: &Types, ty: &Type, entries: &Map<String, Value>) -> Option<String> {
    let value = types.map_value(ty)?;
    let inner = types.optional(value).unwrap_or(value);
    let spelled = entries.iter().map(|(key, value)| {
        let text = match value {
            Value::Null if is_free_text(types, inner) => None,
            Value::Null => Some("null".to_owned()),
            value => Some(spell(types, inner, value)).filter(|text| !text.contains(',') && text != "null"),
        };
        text.filter(|_| !key.is_empty() && !key.contains(['=', ','])).map(|text| format!("{key}={text}"))
    });
    let spelled: Vec<String> = spelled.collect::<Option<_>>()?;
    (!spelled.is_empty()).then(|| spelled.join(","))
}

fn compact(types: &Types, ty: &Type, entries: &Map<String, Value>) -> Option<String> {
    let [first, second] = types.record(ty)? else { return None };
    let left = entries.get(&first.wire)?;
    let left = spell(types, &first.ty, left);
    let right = match entries.get(&second.wire)? {
        Value::Null => "null".to_owned(),
        value => spell(types, types.optional(&second.ty).unwrap_or(&second.ty), value),
    };
    (!left.contains('=') && !left.is_empty() && !left.starts_with('{')).then(|| format!("{left}={right}"))
}

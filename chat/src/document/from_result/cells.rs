//! The cell for a value of a result, by the type of the value.

use crate::document::unit::Cents;
use crate::document::{Cell, money};
use claude_admin_catalog::{Field, Type, Types};
use serde_json::Value;

/// The cell of a field of an object.
pub(crate) fn cell(types: &Types, field: &Field, thing: &Value) -> Cell {
    let inner = types.optional(&field.ty).unwrap_or(&field.ty);
    match (thing.get(&field.wire), Cents::of(field)) {
        (None | Some(Value::Null), _) => Cell::Missing,
        (Some(value), Some(unit)) => money::cell(value, unit.currency(thing)),
        (Some(value), None) => value_cell(types, inner, value),
    }
}

/// A value that is present, by its type.
pub(crate) fn value_cell(types: &Types, ty: &Type, value: &Value) -> Cell {
    match value {
        Value::String(text) if types.format(ty) == Some("timestamp") => Cell::time(text.clone()),
        Value::String(text) => Cell::Text(text.clone()),
        Value::Number(number) => Cell::Number(number.to_string()),
        Value::Bool(value) => Cell::Bool(*value),
        Value::Null => Cell::Missing,
        value => Cell::Nested { text: readable(types, Some(ty), value), json: value.to_string() },
    }
}

/// Parts in one line: `a, b` for a list, `name: value` for an object. Amounts in it are money too.
fn readable(types: &Types, ty: Option<&Type>, value: &Value) -> String {
    let ty = ty.map(|ty| types.optional(ty).unwrap_or(ty));
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let item = ty.and_then(|ty| types.list_item(ty));
            items.iter().map(|value| readable(types, item, value)).collect::<Vec<_>>().join(", ")
        }
        Value::Object(entries) => {
            let fields = ty.and_then(|ty| types.fields_of(ty, value)).unwrap_or_default();
            let entry = |(name, part): (&String, &Value)| {
                let field = fields.iter().find(|field| field.wire == *name);
                let unit = field.and_then(Cents::of).filter(|_| !part.is_null());
                let text = match unit {
                    Some(unit) => money::cell(part, unit.currency(value)).text().to_owned(),
                    None => readable(types, field.map(|field| &field.ty), part),
                };
                // The case of a union is easiest to read without quotes.
                if name == "type" && part.is_string() { text } else { format!("{}: {text}", name.replace('_', " ")) }
            };
            entries.iter().map(entry).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

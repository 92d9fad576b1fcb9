//! Answers without the secrets in them.

use claude_admin_catalog::{Action, Kind, Type, Types, VariantForm};
use serde_json::Value;
use std::borrow::Cow;

/// What stands in the place of a secret.
const NOT_SHOWN: &str = "(not shown)";

/// The answer of an action without its secrets: every field that is declared as one, however deep. Borrowed where none is.
#[must_use]
pub fn without_secrets<'v>(types: &Types, action: &Action, value: &'v Value) -> Cow<'v, Value> {
    let Some(ty) = action.result.as_ref().filter(|ty| holds(types, ty)) else { return Cow::Borrowed(value) };
    let mut value = value.clone();
    strip(types, ty, &mut value);
    Cow::Owned(value)
}

/// Whether the answer of an action has a field, however deep, that is declared as a secret.
#[must_use]
pub fn has_secrets(types: &Types, action: &Action) -> bool {
    action.result.as_ref().is_some_and(|ty| holds(types, ty))
}

/// No type of an answer holds itself.
fn holds(types: &Types, ty: &Type) -> bool {
    let inner = types.optional(ty).or_else(|| types.map_value(ty)).or_else(|| types.list_item(ty));
    if let Some(inner) = inner {
        return holds(types, inner);
    }
    match types.kind(ty) {
        Some(Kind::Record(fields)) => fields.iter().any(|field| field.sensitive || holds(types, &field.ty)),
        Some(Kind::Variant { cases, .. }) => {
            cases.iter().filter_map(|case| case.payload.as_ref()).any(|ty| holds(types, ty))
        }
        _ => false,
    }
}

fn strip(types: &Types, ty: &Type, value: &mut Value) {
    if let Some(inner) = types.optional(ty) {
        return strip(types, inner, value);
    }
    if let Some(inner) = types.map_value(ty) {
        let entries = value.as_object_mut().into_iter().flat_map(|entries| entries.values_mut());
        return entries.for_each(|value| strip(types, inner, value));
    }
    if let Some(item) = types.list_item(ty) {
        return value.as_array_mut().into_iter().flatten().for_each(|value| strip(types, item, value));
    }
    let carried = match types.kind(ty) {
        Some(Kind::Variant { cases, form: VariantForm::Tagged(tag) }) => {
            let word = value.get(tag).and_then(Value::as_str);
            cases.iter().find(|case| Some(case.wire.as_str()) == word).and_then(|case| case.payload.as_ref())
        }
        _ => None,
    };
    let Some(fields) = types.record(carried.unwrap_or(ty)) else { return };
    for field in fields {
        match value.get_mut(&field.wire) {
            None | Some(Value::Null) => {}
            Some(secret) if field.sensitive => *secret = Value::from(NOT_SHOWN),
            Some(value) => strip(types, &field.ty, value),
        }
    }
}

//! Which values are secrets, and values without them: what `@sensitive` marks, at any depth.

use crate::{Input, Kind, Type, Types, VariantForm};
use serde_json::Value;
use std::borrow::Cow;

impl Types {
    /// Whether a value of a type can contain a secret.
    #[must_use]
    pub fn has_secret(&self, ty: &Type) -> bool {
        self.any_field(ty, &|field| field.sensitive)
    }

    /// Puts a text in the place of every secret in a value.
    pub fn hide_secrets(&self, ty: &Type, value: &mut Value, hidden: &str) {
        if let Some(inner) = self.optional(ty) {
            return self.hide_secrets(inner, value, hidden);
        }
        if let Some(inner) = self.map_value(ty) {
            let entries = value.as_object_mut().into_iter().flat_map(|entries| entries.values_mut());
            return entries.for_each(|value| self.hide_secrets(inner, value, hidden));
        }
        if let Some(item) = self.list_item(ty) {
            return value.as_array_mut().into_iter().flatten().for_each(|value| self.hide_secrets(item, value, hidden));
        }
        let carried = match self.kind(ty) {
            Some(Kind::Variant { cases, form: VariantForm::Tagged(tag) }) => {
                let word = value.get(tag).and_then(Value::as_str);
                cases.iter().find(|case| Some(case.wire.as_str()) == word).and_then(|case| case.payload.as_ref())
            }
            _ => None,
        };
        let Some(fields) = self.record(carried.unwrap_or(ty)) else { return };
        for field in fields {
            match value.get_mut(&field.wire) {
                None => {}
                Some(secret) if field.sensitive => hide(secret, hidden),
                Some(value) => self.hide_secrets(&field.ty, value, hidden),
            }
        }
    }
}

impl Input {
    /// Whether a value of the input can contain a secret.
    #[must_use]
    pub fn has_secret(&self, types: &Types) -> bool {
        self.sensitive || types.has_secret(&self.ty)
    }

    /// A value of the input as it can be shown and recorded. Of a map, the names stay.
    #[must_use]
    pub fn without_secrets<'v>(&self, types: &Types, value: &'v Value, hidden: &str) -> Cow<'v, Value> {
        if !self.has_secret(types) {
            return Cow::Borrowed(value);
        }
        let mut shown = value.clone();
        if self.sensitive {
            hide(&mut shown, hidden);
        } else {
            types.hide_secrets(&self.ty, &mut shown, hidden);
        }
        Cow::Owned(shown)
    }
}

/// Hides everything in a value except names. Null says that there is none.
fn hide(value: &mut Value, hidden: &str) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, hidden)),
        Value::Object(members) => members.values_mut().for_each(|member| hide(member, hidden)),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => *value = Value::from(hidden),
    }
}

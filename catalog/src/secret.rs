//! The values that are secrets, and values without them: `@sensitive` marks them at any depth.

use crate::{Action, Input, Type, Types};
use serde_json::Value;
use std::borrow::Cow;

impl Types {
    /// Whether a value of a type can contain a secret.
    #[must_use]
    pub fn has_secret(&self, ty: &Type) -> bool {
        self.any_field(ty, &|field| field.sensitive)
    }

    /// Replaces every secret in a value with a text.
    pub fn hide_secrets(&self, ty: &Type, value: &mut Value, hidden: &str) {
        self.each_secret(ty, value, &mut |secret| hide(secret, hidden));
    }

    fn each_secret(&self, ty: &Type, value: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
        if let Some(inner) = self.optional(ty) {
            return self.each_secret(inner, value, visit);
        }
        if let Some(inner) = self.map_value(ty) {
            let entries = value.as_object_mut().into_iter().flat_map(|entries| entries.values_mut());
            return entries.for_each(|value| self.each_secret(inner, value, visit));
        }
        if let Some(item) = self.list_item(ty) {
            return value.as_array_mut().into_iter().flatten().for_each(|value| self.each_secret(item, value, visit));
        }
        for field in self.fields_of(ty, value).unwrap_or_default() {
            match value.get_mut(&field.wire) {
                None => {}
                Some(secret) if field.sensitive => visit(secret),
                Some(value) => self.each_secret(&field.ty, value, visit),
            }
        }
    }
}

impl Action {
    /// Visits every secret in a response, unless the complete response is a secret.
    pub fn each_secret(&self, types: &Types, answer: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
        if let Some(ty) = self.result.as_ref().filter(|_| self.sensitive) {
            types.each_secret(ty, answer, visit);
        }
    }

    /// Replaces every secret in a response with a text.
    pub fn hide_secrets(&self, types: &Types, answer: &mut Value, hidden: &str) {
        match (&self.result, answer) {
            // The names of declared fields are in the text of the package and reveal nothing about the secret.
            (Some(ty), Value::Object(fields)) if self.whole_secret && types.record(ty).is_some() => {
                fields.values_mut().for_each(|value| hide_whole(value, hidden));
            }
            (_, answer) if self.whole_secret => hide_whole(answer, hidden),
            (Some(ty), answer) => types.hide_secrets(ty, answer, hidden),
            (None, _) => {}
        }
    }
}

impl Input {
    /// Whether a value of the input can contain a secret.
    #[must_use]
    pub fn has_secret(&self, types: &Types) -> bool {
        self.sensitive || types.has_secret(&self.ty)
    }

    /// A value of the input that can be shown and recorded. The names of a map are unchanged.
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

    /// Every text in a value of the input that is a secret.
    #[must_use]
    pub fn secrets(&self, types: &Types, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        if self.sensitive {
            texts(value, &mut found);
        } else if types.has_secret(&self.ty) {
            // The walk can modify the values that it visits.
            types.each_secret(&self.ty, &mut value.clone(), &mut |secret| texts(secret, &mut found));
        }
        found
    }
}

fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Hides every value and every name, because a secret can be anywhere. The length of a list is unchanged. Null is
/// unchanged: it shows that there is no value.
fn hide_whole(value: &mut Value, hidden: &str) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter_mut().for_each(|item| *item = Value::from(hidden)),
        _ => *value = Value::from(hidden),
    }
}

/// Hides every value, but not the names. Null is unchanged: it shows that there is no value.
fn hide(value: &mut Value, hidden: &str) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, hidden)),
        Value::Object(members) => members.values_mut().for_each(|member| hide(member, hidden)),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => *value = Value::from(hidden),
    }
}

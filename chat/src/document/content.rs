//! The people whose content a result contains.

use claude_admin_catalog::{Action, Type, Types};
use serde_json::Value;
use std::collections::BTreeSet;

/// The people whose content the result of an action contains, by address, or by ID if there is no address.
#[must_use]
pub fn content_owners(types: &Types, action: &Action, value: &Value) -> BTreeSet<String> {
    let mut owners = BTreeSet::new();
    if let Some(ty) = &action.result {
        collect(types, ty, value, &mut owners);
    }
    owners
}

fn collect(types: &Types, ty: &Type, value: &Value, owners: &mut BTreeSet<String>) {
    if let Some(inner) = types.optional(ty) {
        return collect(types, inner, value, owners);
    }
    if let Some(item) = types.list_item(ty) {
        return value.as_array().into_iter().flatten().for_each(|value| collect(types, item, value, owners));
    }
    for field in types.fields_of(ty, value).unwrap_or_default() {
        match value.get(&field.wire) {
            None | Some(Value::Null) => {}
            Some(person) if field.owner => owners.extend(name(person)),
            Some(value) => collect(types, &field.ty, value, owners),
        }
    }
}

/// The address of a person, or another text that names them.
fn name(person: &Value) -> Option<String> {
    const NAMES: [&str; 6] = ["email_address", "email", "user_id", "id", "api_key_id", "service_account_id"];
    let fields = NAMES.iter().filter_map(|field| person.get(field).and_then(Value::as_str));
    person.as_str().into_iter().chain(fields).find(|text| !text.is_empty()).map(str::to_owned)
}

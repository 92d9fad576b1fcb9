//! Fields of objects.

use crate::Object;
use jiff::Timestamp;
use serde_json::Value;

/// The text of a field. Empty if there is none.
pub(crate) fn text<'o>(object: &'o Object, field: &str) -> &'o str {
    object.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Whether the instant in a field has passed.
pub(crate) fn has_passed(object: &Object, field: &str, now: Timestamp) -> bool {
    text(object, field).parse().is_ok_and(|instant: Timestamp| instant <= now)
}

/// Whether an item was archived.
pub(crate) fn is_archived(item: &Object) -> bool {
    item.get("archived_at").is_some_and(|at| !at.is_null())
}

/// The type of an object in a field.
pub(crate) fn kind<'o>(object: &'o Object, field: &str) -> &'o str {
    object.get(field).and_then(|value| value.get("type")).and_then(Value::as_str).unwrap_or_default()
}

/// A text of an object in a field.
pub(crate) fn inner<'o>(object: &'o Object, field: &str, name: &str) -> &'o str {
    object.get(field).and_then(|value| value.get(name)).and_then(Value::as_str).unwrap_or_default()
}

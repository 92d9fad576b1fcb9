//! An answer with what a program needs to know about it.

use crate::service::{Outcome, Reply};
use serde_json::{Map, Value};

/// Puts the data of a reply, or its error beside what was read before, under how it ended.
#[must_use]
pub(super) fn envelope(reply: &Reply, data: Value) -> Value {
    let mut object = Map::new();
    object.insert("operation_id".to_owned(), Value::from(reply.operation.as_str()));
    object.insert("command".to_owned(), reply.command.clone().map_or(Value::Null, Value::from));
    object.insert("outcome".to_owned(), Value::from(reply.outcome.as_str()));
    match (data, reply.outcome) {
        (Value::Object(mut failed), outcome) if outcome != Outcome::Done => {
            object.extend(failed.shift_remove_entry("error"));
            if !failed.is_empty() {
                object.insert("result".to_owned(), Value::Object(failed));
            }
        }
        (result, _) => {
            object.insert("result".to_owned(), result);
        }
    }
    Value::Object(object)
}

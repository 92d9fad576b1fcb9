//! The body of a request.

use crate::Object;
use crate::error::ApiError;
use crate::resource::Operation;
use crate::validate::{at, check};
use claude_admin_catalog::{Action, Place, Types};
use serde_json::Value;

/// Reads and checks the fields of a body: every field must be one of the operation. A method without a body has none,
/// and an empty body counts as `{}`.
pub(crate) fn read(bytes: &[u8], action: &Action, operation: &Operation, types: &Types) -> Result<Object, ApiError> {
    if !action.http.method.has_body() {
        return Ok(Object::new());
    }
    let mut fields = parse(bytes)?;
    let params = || action.params.iter().filter(|param| param.place == Place::Body);
    for (name, value) in &action.constants {
        match fields.shift_remove(name) {
            Some(given) if given == *value.as_str() => {}
            Some(_) => return Err(at(name, format!("Input should be '{value}'"))),
            None => return Err(at(name, "Field required")),
        }
    }
    if let Some(name) = fields.keys().find(|name| !params().any(|param| param.wire == **name)) {
        return Err(at(name, "Extra inputs are not permitted"));
    }
    for param in params() {
        let optional = types.optional(&param.ty);
        let is_list = types.list_item(&param.ty).is_some();
        // An empty list or map is not sent.
        let may_be_absent = optional.is_some() || is_list && param.range.is_none_or(|range| range.min < 1);
        // New things take null for what is not given; a change takes it only where it means something.
        let may_be_null = *operation == Operation::Create
            || is_list
            || param.null_when_none
            || optional.is_some_and(|inner| types.optional(inner).is_some());
        match fields.get(&param.wire) {
            None if may_be_absent => {}
            None => return Err(at(&param.wire, "Field required")),
            Some(Value::Null) if may_be_absent && may_be_null => {}
            Some(value) => {
                let mut ty = &param.ty;
                while let Some(inner) = types.optional(ty) {
                    ty = inner;
                }
                check(types, ty, param.range, value, &param.wire)?;
            }
        }
    }
    Ok(fields)
}

fn parse(bytes: &[u8]) -> Result<Object, ApiError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Object::new());
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(at("body", "Input should be a valid dictionary")),
        Err(error) => Err(ApiError::invalid(format!("The request body is not valid JSON: {error}"))),
    }
}

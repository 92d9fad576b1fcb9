//! The body of a request.

use crate::Object;
use crate::error::ApiError;
use crate::form;
use crate::message::Request;
use crate::operation::Operation;
use crate::rules::{MAX_JSON, Rules};
use crate::validate::{at, check};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claude_admin_catalog::{Action, BodyForm, Param, Place, Type, Types};
use http::StatusCode;
use serde_json::{Value, json};

/// The maximum size of all files of a form together, in bytes.
const MAX_FILES: usize = 32 * 1024 * 1024;
/// The maximum size of a body that is read, in bytes: the files and the rest of the form.
pub(crate) const MAX_BODY: usize = MAX_FILES + MAX_JSON;

/// Reads and checks the fields of a body: every field must be one of the operation. A method without a body has none,
/// and an empty body counts as `{}`.
pub(crate) fn read(
    request: &Request,
    action: &Action,
    operation: &Operation,
    rules: &dyn Rules,
    types: &Types,
) -> Result<Object, ApiError> {
    if !action.http.method.has_body() {
        return Ok(Object::new());
    }
    let params: Vec<&Param> = action.params.iter().filter(|param| param.place == Place::Body).collect();
    let mut fields = match action.body_form {
        BodyForm::Multipart => form_fields(request, &params, types)?,
        BodyForm::Json => {
            let limit = rules.max_body();
            if request.body().len() > limit {
                return Err(too_large(limit));
            }
            parse(request.body())?
        }
    };
    if let Some(whole) = params.iter().find(|param| param.flatten) {
        check(types, &whole.ty, None, &Value::Object(fields.clone()), "")?;
        return Ok(fields);
    }
    for (name, value) in &action.constants {
        match fields.shift_remove(name) {
            Some(given) if given == *value.as_str() => {}
            Some(_) => return Err(at(name, format!("Input should be '{value}'"))),
            None => return Err(at(name, "Field required")),
        }
    }
    if let Some(name) = fields.keys().find(|name| !params.iter().any(|param| param.wire == **name)) {
        return Err(at(name, "Extra inputs are not permitted"));
    }
    rules.reads(&mut fields);
    let is_new = *operation == Operation::Create;
    for param in params {
        check_field(param, fields.get(&param.wire), is_new, types)?;
        // A default value of the server is handled like a value that was sent.
        if let (true, Some(default)) = (is_new && fields.get(&param.wire).is_none_or(Value::is_null), &param.default) {
            let value = serde_json::from_str(default).unwrap_or_else(|_| json!(default));
            fields.insert(param.wire.clone(), value);
        }
    }
    Ok(fields)
}

fn check_field(param: &Param, given: Option<&Value>, is_new: bool, types: &Types) -> Result<(), ApiError> {
    let optional = types.optional(&param.ty);
    let is_list = types.list_item(&param.ty).is_some();
    // An empty list or map can be absent. A required nullable field must be sent, even as null.
    let may_be_absent =
        !param.null_when_none && (optional.is_some() || is_list && param.range.is_none_or(|range| range.min < 1));
    // In a creation, null means that the value is not set. A change accepts null only if the type allows it.
    let means_something = optional.is_some_and(|inner| types.optional(inner).is_some());
    let may_be_null = param.null_when_none || may_be_absent && (is_new || is_list || means_something);
    match given {
        None if may_be_absent => Ok(()),
        None => Err(at(&param.wire, "Field required")),
        Some(Value::Null) if may_be_null => Ok(()),
        Some(value) => {
            let mut ty: &Type = &param.ty;
            while let Some(inner) = types.optional(ty) {
                ty = inner;
            }
            check(types, ty, param.range, value, &param.wire)
        }
    }
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

/// Converts the parts of a form to fields. A file becomes its name and its content in Base64.
fn form_fields(request: &Request, params: &[&Param], types: &Types) -> Result<Object, ApiError> {
    if request.body().len() > MAX_BODY {
        return Err(too_large(MAX_FILES));
    }
    let mut fields = Object::new();
    let mut size = 0;
    for part in form::parts(request.headers(), request.body())? {
        let Some(param) = params.iter().find(|param| param.wire == part.name) else {
            return Err(at(&part.name, "Extra inputs are not permitted"));
        };
        let takes_several = types.list_item(&param.ty).is_some();
        let takes_files = types.record(types.list_item(&param.ty).unwrap_or(&param.ty)).is_some();
        let value = match part.file_name {
            Some(name) if takes_files => {
                size += part.content.len();
                json!({ "name": name, "content": STANDARD.encode(part.content) })
            }
            _ if takes_files => return Err(at(&part.name, "Input should be a file with a name")),
            Some(_) => return Err(at(&part.name, "Input should be a valid string")),
            None => match std::str::from_utf8(part.content) {
                Ok(text) => json!(text),
                Err(_) => return Err(at(&part.name, "Input should be a valid string")),
            },
        };
        match fields.get_mut(&part.name) {
            Some(Value::Array(values)) => values.push(value),
            Some(_) => return Err(at(&part.name, "it may be sent once only")),
            None => {
                fields.insert(part.name, if takes_several { json!([value]) } else { value });
            }
        }
    }
    if size > MAX_FILES {
        return Err(too_large(MAX_FILES));
    }
    Ok(fields)
}

fn too_large(limit: usize) -> ApiError {
    let message = format!("The request is larger than the maximum of {limit} bytes.");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message)
}

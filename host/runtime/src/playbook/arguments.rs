//! Between the values of an imported function and an invocation of the action.

use super::fit::{not_passed, widened};
use crate::sandbox::{from_val, to_val};
use claude_admin_catalog::{Action, Catalog, Kind, Type, Types, VariantForm};
use serde_json::{Map, Value, json};
use wasmtime::component::Val;

/// The arguments by input, from the parameters that a playbook passed.
pub(super) fn inputs(types: &Types, action: &Action, passed: &[(String, Val)]) -> Result<Map<String, Value>, String> {
    let mut parameters = Map::new();
    for param in &action.params {
        let val = match passed.iter().find(|(name, _)| *name == param.name) {
            Some((_, val)) => Some(widened(types, &param.ty, val.clone())),
            None => not_passed(types, &param.ty),
        };
        if let Some(val) = val {
            parameters.insert(param.name.clone(), from_val(types, &param.ty, val)?);
        }
    }
    let value = |input: &claude_admin_catalog::Input| {
        let param = parameters.get(&input.param)?;
        let value = input.fields.iter().try_fold(param, |value, field| value.get(field.as_str()))?;
        (!value.is_null()).then(|| (input.name.clone(), value.clone()))
    };
    // A record that is given field by field is also an input as a whole.
    let is_part = |input: &&claude_admin_catalog::Input| {
        !input.fields.is_empty()
            || !action.inputs.iter().any(|other| other.param == input.param && !other.fields.is_empty())
    };
    Ok(action.inputs.iter().filter(is_part).filter_map(value).collect())
}

/// The result of an imported function.
pub(super) fn returned(catalog: &Catalog, action: &Action, answer: Result<Value, Value>) -> Result<Val, String> {
    let types = &catalog.types;
    Ok(Val::Result(match answer {
        Ok(value) => Ok(match &action.result {
            Some(ty) => Some(Box::new(to_val(types, ty, Some(&value))?)),
            None => None,
        }),
        Err(error) => Err(Some(Box::new(error_val(types, &error)?))),
    }))
}

/// The variant `error`, which has no form in the JSON of the API: an object with the case as its only key.
fn error_val(types: &Types, error: &Value) -> Result<Val, String> {
    let cases = types.iter().find_map(|(_, def)| match &def.kind {
        Kind::Variant { cases, form: VariantForm::NotJson } if def.name == "error" => Some(cases),
        _ => None,
    });
    let (word, payload) = error.as_object().and_then(|object| object.iter().next()).ok_or("no error")?;
    let case = cases.and_then(|cases| cases.iter().find(|case| case.wire == *word || case.name == *word));
    let case = case.ok_or_else(|| format!("no such error: {word}"))?;
    let payload = match &case.payload {
        Some(ty) => Some(Box::new(payload_val(types, ty, payload)?)),
        None => None,
    };
    Ok(Val::Variant(case.name.clone(), payload))
}

fn payload_val(types: &Types, ty: &Type, payload: &Value) -> Result<Val, String> {
    to_val(types, ty, Some(payload))
}

/// The error of a read that the policy does not permit.
pub(super) fn denied(why: &str) -> Value {
    json!({ "denied": why })
}

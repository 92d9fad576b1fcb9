//! The query of a request.

use crate::error::ApiError;
use crate::validate::{at, check};
use claude_admin_catalog::{Action, Input, Place, Type, Types};
use serde_json::Value;

const AFTER: &str = "after_id";
const BEFORE: &str = "before_id";
const PAGE: &str = "page";
const LIMIT: &str = "limit";

/// The checked parameters of a query, by wire name.
#[derive(Debug, Default)]
pub(crate) struct Query {
    parameters: Vec<(String, Vec<Value>)>,
}

impl Query {
    /// Reads and checks a query: every parameter must be one of the operation.
    pub(crate) fn read(text: &str, action: &Action, types: &Types) -> Result<Self, ApiError> {
        let inputs: Vec<(&str, &Input)> = action
            .inputs
            .iter()
            .filter(|input| input.place == Place::Query && types.open_record(&input.ty).is_none())
            .map(|input| (wire_name(input, action), input))
            .collect();
        let mut query = Self::default();
        for (name, text) in form_urlencoded::parse(text.as_bytes()) {
            let Some((wire, input)) = inputs.iter().find(|(wire, _)| *wire == name) else {
                return Err(ApiError::invalid(format!("Unknown query parameter: '{name}'.")));
            };
            let repeats = input.repeats(types);
            let value = read_value(types.list_item(&input.ty).unwrap_or(&input.ty), &text, types, wire)?;
            match query.parameters.iter_mut().find(|(known, _)| known == wire) {
                Some((_, values)) if repeats => values.push(value),
                Some((_, values)) => *values = vec![value],
                None => query.parameters.push(((*wire).to_owned(), vec![value])),
            }
        }
        for (wire, input) in inputs {
            match query.values(wire) {
                Some(values) => {
                    let value = if input.repeats(types) { Value::from(values) } else { values[0].clone() };
                    check(types, &input.ty, input.range, &value, wire)?;
                }
                None if input.is_required() => return Err(at(wire, "Field required")),
                // A default value of the server is handled like a value that was sent.
                None => {
                    if let Some(default) = &input.default {
                        let value = read_value(&input.ty, default, types, wire)?;
                        query.parameters.push((wire.to_owned(), vec![value]));
                    }
                }
            }
        }
        if query.values(AFTER).is_some() && query.values(BEFORE).is_some() {
            return Err(ApiError::invalid(format!(
                "Cannot specify both '{BEFORE}' and '{AFTER}' in the same request. Use '{AFTER}' for forward \
                 pagination or '{BEFORE}' for backward pagination."
            )));
        }
        Ok(query)
    }

    /// The values of a parameter.
    pub(crate) fn values(&self, wire: &str) -> Option<&[Value]> {
        self.parameters.iter().find(|(known, _)| known == wire).map(|(_, values)| values.as_slice())
    }

    /// The text of a parameter.
    pub(crate) fn text(&self, wire: &str) -> Option<&str> {
        self.values(wire)?.first()?.as_str()
    }

    /// Whether a parameter is true.
    pub(crate) fn is_set(&self, wire: &str) -> bool {
        self.values(wire).is_some_and(|values| values.contains(&Value::Bool(true)))
    }

    /// The maximum number of items on a page. If absent, all items.
    pub(crate) fn limit(&self) -> usize {
        let limit = self.values(LIMIT).and_then(|values| values.first()?.as_u64());
        limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
    }

    pub(crate) fn after(&self) -> Option<&str> {
        self.text(AFTER)
    }

    pub(crate) fn before(&self) -> Option<&str> {
        self.text(BEFORE)
    }

    pub(crate) fn page(&self) -> Option<&str> {
        self.text(PAGE)
    }

    /// The parameters that filter a list.
    pub(crate) fn filters(&self) -> impl Iterator<Item = (&str, &[Value])> {
        self.parameters
            .iter()
            .filter(|(wire, _)| ![AFTER, BEFORE, PAGE, LIMIT].contains(&wire.as_str()))
            .map(|(wire, values)| (wire.as_str(), values.as_slice()))
    }
}

/// A field of a record parameter is sent under its own name.
fn wire_name<'a>(input: &'a Input, action: &'a Action) -> &'a str {
    let param = action.params.iter().find(|param| param.name == input.param);
    match (input.fields.last(), param) {
        (Some(field), _) => field,
        (None, Some(param)) => &param.wire,
        (None, None) => &input.name,
    }
}

/// Parses the text of a parameter as its type.
fn read_value(ty: &Type, text: &str, types: &Types, wire: &str) -> Result<Value, ApiError> {
    match types.underlying(ty) {
        Type::Bool => match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "on" | "t" | "y" | "yes" => Ok(true.into()),
            "false" | "0" | "off" | "f" | "n" | "no" => Ok(false.into()),
            _ => Err(at(wire, "Input should be a valid boolean, unable to interpret input")),
        },
        Type::F32 | Type::F64 => text
            .parse::<f64>()
            .map(Value::from)
            .map_err(|_| at(wire, "Input should be a valid number, unable to parse string as a number")),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::S8 | Type::S16 | Type::S32 | Type::S64 => text
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| at(wire, "Input should be a valid integer, unable to parse string as an integer")),
        _ => Ok(text.into()),
    }
}

//! Checks the requests: parameters and bodies.

use crate::description::{Description, Operation, Shape};
use claude_admin_catalog::{Action, BodyForm, Bounds, Catalog, Kind, Place, Presence, Type, Types, VariantForm};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn compare(
    catalog: &Catalog,
    action: &Action,
    description: &Description,
    operation: &Operation<'_>,
    found: &mut Vec<String>,
) {
    outside_the_body(Place::Query, "query", catalog, action, description, operation, found);
    outside_the_body(Place::Header, "header", catalog, action, description, operation, found);
    body(catalog, action, description, operation, found);
}

fn outside_the_body(
    place: Place,
    word: &str,
    catalog: &Catalog,
    action: &Action,
    description: &Description,
    operation: &Operation<'_>,
    found: &mut Vec<String>,
) {
    let types = &catalog.types;
    let mut here = BTreeMap::new();
    for input in action.inputs.iter().filter(|input| input.place == place) {
        let param = action.params.iter().find(|param| param.name == input.param).unwrap();
        here.insert(input.fields.last().unwrap_or(&param.wire).as_str(), input);
    }
    let there = operation.parameters(description, word);
    let names: BTreeSet<&str> = there.iter().map(|parameter| parameter.name).collect();
    for name in here.keys().filter(|name| !names.contains(*name)) {
        found.push(format!("{word} {name}: only here"));
    }
    for parameter in there {
        let at = format!("{word} {}", parameter.name);
        let Some(input) = here.get(parameter.name) else {
            found.push(format!("{at}: only there"));
            continue;
        };
        if (input.presence == Presence::Required) != parameter.required {
            found.push(format!("{at}: {:?} here, required {} there", input.presence, parameter.required));
        }
        let shape = description.shape(parameter.schema);
        value(types, &input.ty, description, &shape, &at, found);
        bounds(input.range, shape.schema, &at, found);
        // A default can be next to a reference.
        let default = parameter
            .schema
            .get("default")
            .or(shape.schema.get("default"))
            .map(|default| default.as_str().map_or(default.to_string(), str::to_owned));
        if input.default != default {
            found.push(format!("{at}: default {:?} here, {default:?} there", input.default));
        }
    }
}

fn body(
    catalog: &Catalog,
    action: &Action,
    description: &Description,
    operation: &Operation<'_>,
    found: &mut Vec<String>,
) {
    let types = &catalog.types;
    let params: Vec<_> = action.params.iter().filter(|param| param.place == Place::Body).collect();
    let Some((media, schema)) = operation.body() else {
        found.extend(params.iter().map(|param| format!("body {}: only here", param.wire)));
        return;
    };
    if (media == "multipart/form-data") != (action.body_form == BodyForm::Multipart) {
        found.push(format!("body: {media} there"));
    }
    let shape = description.shape(schema);
    if let Some(whole) = params.iter().find(|param| param.flatten) {
        return value(types, &whole.ty, description, &shape, "body", found);
    }
    let fields = description.fields(shape.schema);
    for param in params.iter().filter(|param| !fields.contains_key(param.wire.as_str())) {
        found.push(format!("body {}: only here", param.wire));
    }
    for (name, (schema, required)) in fields {
        let at = format!("body {name}");
        let Some(param) = params.iter().find(|param| param.wire == name) else {
            found.push(format!("{at}: only there"));
            continue;
        };
        let shape = description.shape(schema);
        let (inner, outer) = taken_off(types, &param.ty);
        let may_be_absent = outer > 0 || types.list_item(inner).is_some();
        let must =
            !may_be_absent || param.null_when_none || param.range.is_some_and(|range| range.min > 0 && outer == 0);
        if must != required {
            found.push(format!("{at}: required {must} here, {required} there"));
        }
        // A change must be able to send null if the API accepts it. For new objects, null is the same as no value.
        let can_be_null = outer > 1 || param.null_when_none || types.map_value(inner).is_some();
        let is_change = action.function.starts_with("update");
        if (required || is_change) && can_be_null != shape.nullable && types.map_value(inner).is_none() {
            found.push(format!("{at}: null {can_be_null} here, {} there", shape.nullable));
        }
        value(types, inner, description, &shape, &at, found);
        bounds(param.range, shape.schema, &at, found);
    }
}

/// A type without its options, and the number of options.
fn taken_off<'t>(types: &'t Types, ty: &'t Type) -> (&'t Type, usize) {
    match types.optional(ty) {
        Some(inner) => {
            let (innermost, count) = taken_off(types, inner);
            (innermost, count + 1)
        }
        None => (ty, 0),
    }
}

/// Compares a value that is sent.
fn value(types: &Types, ty: &Type, description: &Description, shape: &Shape<'_>, at: &str, found: &mut Vec<String>) {
    let schema = shape.schema;
    if types.format(ty) == Some("json") {
        return;
    }
    if let Some(inner) = types.map_value(ty) {
        if !schema["additionalProperties"].is_object() {
            found.push(format!("{at}: a map here, {} there", schema["type"]));
        }
        let nullable = description.shape(&schema["additionalProperties"]).nullable;
        if types.optional(inner).is_some() != nullable {
            found.push(format!("{at}: entries that can be removed: {nullable} there"));
        }
        return;
    }
    if let Some(item) = types.list_item(ty) {
        if schema["type"] != "array" && schema["type"][0] != "array" {
            found.push(format!("{at}: a list here, {} there", schema["type"]));
            return;
        }
        return value(types, item, description, &description.shape(&schema["items"]), at, found);
    }
    match types.kind(ty) {
        Some(Kind::Record(fields)) => {
            if types.is_compact(ty) && schema["format"] == "binary" {
                return;
            }
            let there = description.fields(schema);
            let open: Vec<_> = fields.iter().filter(|field| field.constant.is_none()).collect();
            for field in open.iter().filter(|field| !there.contains_key(field.wire.as_str())) {
                found.push(format!("{at}.{}: only here", field.wire));
            }
            for (name, (schema, required)) in there.iter().filter(|(_, (schema, _))| schema.get("const").is_none()) {
                let at = format!("{at}.{name}");
                let Some(field) = open.iter().find(|field| field.wire == **name) else {
                    found.push(format!("{at}: only there"));
                    continue;
                };
                let (inner, outer) = taken_off(types, &field.ty);
                let must = field.null_when_none || (outer == 0 && types.list_item(inner).is_none());
                if must != *required {
                    found.push(format!("{at}: required {must} here, {required} there"));
                }
                let shape = description.shape(schema);
                value(types, inner, description, &shape, &at, found);
                bounds(field.range, shape.schema, &at, found);
            }
        }
        Some(Kind::Enum(_) | Kind::Variant { form: VariantForm::OpenWords, .. }) => {
            let here: BTreeSet<&str> = types.words(ty).unwrap_or_default().into_iter().collect();
            let there = words(schema);
            let surplus = here.difference(&there).count();
            let missing: Vec<_> = there.difference(&here).collect();
            // Responses can extend a set of values. Requests use the same set, so it can contain more values than the
            // reference allows.
            let closed = matches!(types.kind(ty), Some(Kind::Enum(_)));
            if !missing.is_empty() || (closed && surplus > 0) {
                found.push(format!("{at}: words {here:?} here, {there:?} there"));
            }
        }
        Some(Kind::Variant { cases, form: VariantForm::Tagged(tag) }) => {
            let choices = if shape.choices.is_empty() { vec![schema] } else { shape.choices.clone() };
            for choice in choices.iter().filter(|choice| choice["properties"].is_object()) {
                let word = choice["properties"][tag.as_str()]["const"].as_str().unwrap_or_default();
                match cases.iter().find(|case| case.wire == word) {
                    None => found.push(format!("{at}: no case {word}")),
                    Some(case) => {
                        if let Some(payload) = &case.payload {
                            let shape = Shape { schema: choice, nullable: false, choices: Vec::new() };
                            value(types, payload, description, &shape, &format!("{at}|{word}"), found);
                        }
                    }
                }
            }
        }
        Some(Kind::Variant { .. }) => {}
        _ => {
            let fits = match types.underlying(ty) {
                Type::Bool => kind(schema) == "boolean" || schema["enum"][0].is_boolean(),
                Type::F64 | Type::F32 => kind(schema) == "number",
                Type::String => kind(schema) == "string" || schema["const"].is_string(),
                _ => kind(schema) == "integer",
            };
            if !fits {
                found.push(format!("{at}: {ty:?} here, {} there", kind(schema)));
            }
        }
    }
}

fn kind(schema: &Value) -> &str {
    schema["type"].as_str().or(schema["type"][0].as_str()).unwrap_or_default()
}

pub(crate) fn words(schema: &Value) -> BTreeSet<&str> {
    let constant = schema["const"].as_str();
    schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).chain(constant).collect()
}

fn bounds(here: Option<Bounds>, schema: &Value, at: &str, found: &mut Vec<String>) {
    let number = |names: [&str; 4]| names.iter().find_map(|name| schema.get(*name)?.as_i64());
    let min = number(["minimum", "minLength", "minItems", "minProperties"]);
    let max = number(["maximum", "maxLength", "maxItems", "maxProperties"]);
    let there = (min.is_some() || max.is_some()).then(|| Bounds { min: min.unwrap_or(0), max, except: None });
    // A description cannot omit one value.
    if here.map(|bounds| Bounds { except: None, ..bounds }) != there {
        let shown = |bounds: Option<Bounds>| bounds.map_or("none".to_owned(), |bounds| bounds.to_string());
        found.push(format!("{at}: range {} here, {} there", shown(here), shown(there)));
    }
}

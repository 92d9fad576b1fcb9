//! Checks the responses: every response that the reference allows can be read, and no field of it is missing.

use crate::description::{Description, Operation, Shape};
use crate::requests::words;
use claude_admin_catalog::{Action, Catalog, Kind, ReplyForm, Type, Types, VariantForm};
use serde_json::Value;
use std::collections::BTreeSet;

pub(crate) fn compare(
    catalog: &Catalog,
    action: &Action,
    description: &Description,
    operation: &Operation<'_>,
    found: &mut Vec<String>,
) {
    let (media, schema) = operation.reply();
    let is_file = action.reply_form == ReplyForm::Bytes;
    if is_file != (media != "application/json") {
        found.push(format!("reply: {media} there"));
    }
    match &action.result {
        _ if is_file => {}
        Some(ty) => value(&catalog.types, ty, description, &description.shape(schema), "reply", found),
        None => found.push("reply: none here".to_owned()),
    }
}

fn value(types: &Types, ty: &Type, description: &Description, shape: &Shape<'_>, at: &str, found: &mut Vec<String>) {
    let schema = shape.schema;
    if types.format(ty) == Some("json") {
        return;
    }
    if let Some(inner) = types.optional(ty) {
        let shape = Shape { schema, nullable: false, choices: shape.choices.clone() };
        return value(types, inner, description, &shape, at, found);
    }
    if shape.nullable {
        found.push(format!("{at}: may be null there"));
    }
    if let Some(inner) = types.map_value(ty) {
        return value(types, inner, description, &description.shape(&schema["additionalProperties"]), at, found);
    }
    if let Some(item) = types.list_item(ty) {
        return value(types, item, description, &description.shape(&schema["items"]), &format!("{at}[]"), found);
    }
    match types.kind(ty) {
        Some(Kind::Record(fields)) => {
            let there = description.fields(schema);
            for field in fields.iter().filter(|field| !field.rest && !there.contains_key(field.wire.as_str())) {
                found.push(format!("{at}.{}: only here", field.wire));
            }
            for (name, (schema, required)) in there {
                let at = format!("{at}.{name}");
                let Some(field) = fields.iter().find(|field| field.wire == name) else {
                    // The case of a union contains its tag.
                    if schema.get("const").is_none() {
                        found.push(format!("{at}: only there"));
                    }
                    continue;
                };
                let shape = description.shape(schema);
                if let Some(constant) = schema.get("const") {
                    if field.constant.as_deref() != constant.as_str() {
                        found.push(format!("{at}: always {constant} there"));
                    }
                    continue;
                }
                if !required && types.optional(&field.ty).is_none() {
                    found.push(format!("{at}: may be absent there"));
                }
                value(types, &field.ty, description, &shape, &at, found);
            }
        }
        Some(Kind::Enum(_)) => found.push(format!("{at}: a closed set, which the server may extend")),
        Some(Kind::Variant { form: VariantForm::OpenWords, .. }) => {
            let here: BTreeSet<&str> = types.words(ty).unwrap_or_default().into_iter().collect();
            let missing: Vec<_> = words(schema).into_iter().filter(|word| !here.contains(word)).collect();
            if !missing.is_empty() {
                found.push(format!("{at}: words {missing:?} only there"));
            }
        }
        Some(Kind::Variant { cases, form: VariantForm::Tagged(tag) }) => {
            if !cases.iter().any(|case| case.name == "other") {
                found.push(format!("{at}: no case for what is newer"));
            }
            let choices = if shape.choices.is_empty() { vec![schema] } else { shape.choices.clone() };
            for choice in choices {
                let word = choice["properties"][tag.as_str()]["const"].as_str().unwrap_or_default();
                match cases.iter().find(|case| case.wire == word) {
                    None => found.push(format!("{at}: no case {word}")),
                    Some(case) => {
                        let shape = Shape { schema: choice, nullable: false, choices: Vec::new() };
                        if let Some(payload) = &case.payload {
                            value(types, payload, description, &shape, &format!("{at}|{word}"), found);
                        } else if choice["properties"].as_object().is_some_and(|fields| fields.len() > 1) {
                            found.push(format!("{at}|{word}: carries more there"));
                        }
                    }
                }
            }
        }
        Some(Kind::Variant { .. }) => {}
        _ => plain(types, ty, schema, at, found),
    }
}

fn plain(types: &Types, ty: &Type, schema: &Value, at: &str, found: &mut Vec<String>) {
    let kind = schema["type"].as_str().or(schema["type"][0].as_str()).unwrap_or_default();
    let fits = match types.underlying(ty) {
        Type::Bool => kind == "boolean",
        Type::F64 | Type::F32 => matches!(kind, "number" | "integer"),
        Type::String => kind == "string" || !words(schema).is_empty(),
        _ => kind == "integer",
    };
    if !fits {
        found.push(format!("{at}: {ty:?} here, {kind} there"));
    }
}

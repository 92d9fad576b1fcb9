//! Conversions between JSON and the types of the bindings: for each type, a function for each direction in which it is
//! used. The JSON is the same that the host writes for dynamic values.

use claude_admin_bindgen::{RustNames, case as case_name, ident};
use claude_admin_catalog::{Case, Catalog, Kind, Type, TypeDef, TypeId, Types, VariantForm};
use std::collections::HashSet;
use std::fmt::Write;

/// Returns the functions `read_INTERFACE_TYPE` for parameters and `write_INTERFACE_TYPE` for results.
pub(crate) fn write(catalog: &Catalog, names: &RustNames<'_>) -> Result<String, String> {
    let types = &catalog.types;
    let (mut given, mut returned) = (HashSet::new(), HashSet::new());
    for action in &catalog.actions {
        action.params.iter().for_each(|param| reach(types, &param.ty, &mut given));
        action.result.iter().for_each(|ty| reach(types, ty, &mut returned));
    }
    reach(types, &error(types)?, &mut returned);
    let mut out = String::new();
    for (id, def) in types.iter().filter(|(_, def)| !matches!(def.kind, Kind::Alias(_))) {
        let path = names.def(def);
        if given.contains(&id) {
            let (name, body) = (function("read", def), read_body(types, def, &path)?);
            line(&mut out, format_args!("fn {name}(value: Option<&Value>) -> Option<{path}> {{\n{body}\n}}"));
        }
        if returned.contains(&id) {
            let (name, body) = (function("write", def), write_body(types, def, names)?);
            line(&mut out, format_args!("fn {name}(value: &{path}) -> Value {{\n{body}\n}}"));
        }
    }
    Ok(out)
}

/// The error that every function can return.
pub(crate) fn error(types: &Types) -> Result<Type, String> {
    let found = types.iter().find(|(_, def)| def.interface == "types" && def.name == "error");
    found.map(|(id, _)| Type::Named(id)).ok_or_else(|| "the package has no type `types.error`".to_owned())
}

fn reach(types: &Types, ty: &Type, reached: &mut HashSet<TypeId>) {
    match ty {
        Type::List(inner) | Type::Option(inner) => reach(types, inner, reached),
        Type::Tuple(items) => items.iter().for_each(|item| reach(types, item, reached)),
        Type::Named(id) if reached.insert(*id) => match &types.get(*id).kind {
            Kind::Alias(target) => reach(types, target, reached),
            Kind::Record(fields) => fields.iter().for_each(|field| reach(types, &field.ty, reached)),
            Kind::Enum(_) => {}
            Kind::Variant { cases, .. } => {
                cases.iter().filter_map(|case| case.payload.as_ref()).for_each(|ty| reach(types, ty, reached));
            }
        },
        _ => {}
    }
}

fn function(verb: &str, def: &TypeDef) -> String {
    format!("{verb}_{}_{}", def.interface, def.name).replace('-', "_")
}

/// An expression that reads a value of a type. Its result is an option: `None` if the value has another type.
pub(crate) fn read(types: &Types, ty: &Type, value: &str) -> Result<String, String> {
    if types.format(ty) == Some("json") {
        return Ok(format!("json_text({value})"));
    }
    let inner = |ty: &Type| read(types, ty, "value");
    if let Some(item) = types.map_value(ty) {
        return Ok(format!("pairs({value}, |value| {})", inner(item)?));
    }
    Ok(match types.underlying(ty) {
        Type::Option(item) => {
            let nested = types.optional(item).is_some();
            format!("optional({value}, {nested}, |value| {})", inner(item)?)
        }
        Type::List(item) => format!("items({value}, |value| {})", inner(item)?),
        Type::Tuple(_) | Type::Char => return Err(format!("a parameter cannot have the type {ty:?}")),
        Type::Named(id) => format!("{}({value})", function("read", types.get(*id))),
        Type::Bool => format!("boolean({value})"),
        Type::String => format!("text({value})"),
        Type::F32 | Type::F64 => format!("float({value})"),
        _ => format!("whole({value})"),
    })
}

fn read_body(types: &Types, def: &TypeDef, path: &str) -> Result<String, String> {
    let bare = |cases: &[Case]| -> String {
        let words = cases.iter().filter(|case| case.payload.is_none());
        words.map(|case| format!("Some({:?}) => Some({path}::{}),\n", case.wire, case_name(&case.name))).collect()
    };
    Ok(match &def.kind {
        Kind::Alias(_) => String::new(),
        Kind::Record(fields) => {
            let mut body = format!("let fields = fields(value)?;\nSome({path} {{\n");
            for field in fields {
                let value = read(types, &field.ty, &format!("fields.and_then(|fields| fields.get({:?}))", field.wire))?;
                line(&mut body, format_args!("{}: {value}?,", ident(&field.name)));
            }
            body + "})"
        }
        Kind::Enum(cases) => format!("match value?.as_str() {{\n{}_ => None,\n}}", bare(cases)),
        Kind::Variant { cases, form: VariantForm::OpenWords } => {
            let words = bare(cases);
            format!("match value?.as_str() {{\n{words}word => Some({path}::Other(word?.to_owned())),\n}}")
        }
        Kind::Variant { cases, form: VariantForm::WordOrValue } => {
            let case = cases.iter().find_map(|case| Some((case, case.payload.as_ref()?)));
            let (case, payload) = case.ok_or_else(|| format!("{} has no case for a value", def.name))?;
            let (words, name) = (bare(cases), case_name(&case.name));
            format!("match value?.as_str() {{\n{words}_ => {}.map({path}::{name}),\n}}", read(types, payload, "value")?)
        }
        Kind::Variant { cases, form: VariantForm::Tagged(tag) } => {
            let mut body = format!("match value?.get({tag:?})?.as_str()? {{\n");
            for case in cases.iter().filter(|case| case.name != "other") {
                let name = case_name(&case.name);
                let read = match &case.payload {
                    Some(payload) => format!("{}.map({path}::{name})", read(types, payload, "value")?),
                    None => format!("Some({path}::{name})"),
                };
                line(&mut body, format_args!("{:?} => {read},", case.wire));
            }
            let other = cases.iter().any(|case| case.name == "other");
            body + &format!(
                "_ => {},\n}}",
                if other { format!("json_text(value).map({path}::Other)") } else { "None".to_owned() }
            )
        }
        Kind::Variant { form: VariantForm::NotJson, .. } => return Err(format!("{} has no JSON form", def.name)),
    })
}

/// An expression that writes a value of a type. `value` is the expression for this value, a reference.
pub(crate) fn written(types: &Types, ty: &Type, value: &str) -> Result<String, String> {
    if types.format(ty) == Some("json") {
        return Ok(format!("json_value({value})"));
    }
    let inner = |ty: &Type| written(types, ty, "value");
    if let Some(item) = types.map_value(ty) {
        return Ok(format!("object({value}, |value| {})", inner(item)?));
    }
    Ok(match types.underlying(ty) {
        Type::Option(item) => format!("nullable({value}, |value| {})", inner(item)?),
        Type::List(item) => format!("list({value}, |value| {})", inner(item)?),
        Type::Tuple(_) | Type::Char => return Err(format!("a result cannot have the type {ty:?}")),
        Type::Named(id) => format!("{}({value})", function("write", types.get(*id))),
        Type::String => format!("text_value({value})"),
        _ => format!("copied({value})"),
    })
}

fn write_body(types: &Types, def: &TypeDef, names: &RustNames<'_>) -> Result<String, String> {
    let path = names.def(def);
    match &def.kind {
        Kind::Alias(_) => Ok(String::new()),
        Kind::Record(fields) => {
            let mut body = "let mut fields = Map::new();\n".to_owned();
            for field in fields {
                let value = written(types, &field.ty, &format!("&value.{}", ident(&field.name)))?;
                line(&mut body, format_args!("fields.insert({:?}.to_owned(), {value});", field.wire));
            }
            Ok(body + "Value::Object(fields)")
        }
        Kind::Enum(cases) => write_cases(types, cases, &VariantForm::OpenWords, &path),
        Kind::Variant { cases, form } => write_cases(types, cases, form, &path),
    }
}

fn write_cases(types: &Types, cases: &[Case], form: &VariantForm, path: &str) -> Result<String, String> {
    let mut body = "match value {\n".to_owned();
    for case in cases {
        let (name, wire) = (case_name(&case.name), &case.wire);
        let payload = case.payload.as_ref().map(|ty| written(types, ty, "value")).transpose()?;
        let pattern = if payload.is_some() { format!("{path}::{name}(value)") } else { format!("{path}::{name}") };
        let written = match (form, payload) {
            (VariantForm::Tagged(tag), payload) if case.name != "other" => {
                format!("tagged({tag:?}, {wire:?}, {})", payload.as_deref().unwrap_or("Value::Null"))
            }
            (VariantForm::NotJson, payload) => {
                format!("named({wire:?}, {})", payload.as_deref().unwrap_or("Value::Null"))
            }
            (_, Some(payload)) => payload,
            (_, None) => format!("Value::from({wire:?})"),
        };
        line(&mut body, format_args!("{pattern} => {written},"));
    }
    Ok(body + "}")
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{text}");
}

//! The calls: from the ID of an action and its JSON parameters to the imported function.

use super::values::{error, read, written};
use claude_admin_bindgen::{RustNames, ident};
use claude_admin_catalog::{Action, Catalog, Kind, Type, Types};
use std::fmt::Write;

/// Returns the function `call`.
pub(crate) fn write(catalog: &Catalog, names: &RustNames<'_>) -> Result<String, String> {
    let mut out = "pub(crate) fn call(action: &str, parameters: &IndexMap<String, Value>) -> Called {\n\
                   match action {\n"
        .to_owned();
    for action in &catalog.actions {
        arm(&mut out, action, catalog, names)?;
    }
    Ok(out + "_ => Called::Misfit(\"the action\"),\n}\n}\n")
}

fn arm(out: &mut String, action: &Action, catalog: &Catalog, names: &RustNames<'_>) -> Result<(), String> {
    let types = &catalog.types;
    let _ = writeln!(out, "{:?} => {{", action.id);
    for (index, param) in action.params.iter().enumerate() {
        let value = read(types, &param.ty, &format!("parameters.get({:?})", param.name))?;
        let name = &param.name;
        let _ = writeln!(out, "let Some(p{index}) = {value} else {{ return Called::Misfit({name:?}) }};");
    }
    let arguments: Vec<String> =
        action.params.iter().enumerate().map(|(index, param)| lent(types, &param.ty, &format!("p{index}"))).collect();
    let function = format!("{}::{}", names.module(&action.interface), ident(&action.function));
    let (result, value) = match &action.result {
        Some(ty) => ("value", written(types, ty, "&value")?),
        None => ("()", "Value::Null".to_owned()),
    };
    let failed = written(types, &error(types)?, "&error")?;
    let _ = writeln!(
        out,
        "match {function}({}) {{\nOk({result}) => Called::Returned({value}),\nErr(error) => Called::Failed({failed}),\n}}\n}}",
        arguments.join(", ")
    );
    Ok(())
}

/// An owned value in the form that wit-bindgen requires for an import: a value with heap memory is borrowed.
fn lent(types: &Types, ty: &Type, value: &str) -> String {
    match types.underlying(ty) {
        _ if !is_shared(types, ty) => value.to_owned(),
        Type::Option(inner) => lent_option(types, inner, value),
        _ => format!("&{value}"),
    }
}

fn lent_option(types: &Types, inner: &Type, value: &str) -> String {
    match types.underlying(inner) {
        Type::String | Type::List(_) => format!("{value}.as_deref()"),
        Type::Option(inner) => {
            format!("{value}.as_ref().map(|value| {})", lent_option(types, inner, "value"))
        }
        _ => format!("{value}.as_ref()"),
    }
}

/// Whether a value has heap memory.
fn is_shared(types: &Types, ty: &Type) -> bool {
    match types.underlying(ty) {
        Type::String | Type::List(_) => true,
        Type::Option(inner) => is_shared(types, inner),
        Type::Tuple(items) => items.iter().any(|item| is_shared(types, item)),
        Type::Named(id) => match &types.get(*id).kind {
            Kind::Alias(target) => is_shared(types, target),
            Kind::Record(fields) => fields.iter().any(|field| is_shared(types, &field.ty)),
            Kind::Enum(_) => false,
            Kind::Variant { cases, .. } => {
                cases.iter().filter_map(|case| case.payload.as_ref()).any(|payload| is_shared(types, payload))
            }
        },
        _ => false,
    }
}

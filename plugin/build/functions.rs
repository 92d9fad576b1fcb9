//! The functions: each builds its one request and sends it.

use crate::codec::given;
use crate::rust_names::RustNames;
use claude_admin_catalog::{Action, Catalog, Param, Place, Segment};
use std::fmt::Write;

/// Returns the implementations of the `Guest` traits of every interface with actions.
pub(crate) fn write(catalog: &Catalog, names: &RustNames<'_>) -> Result<String, String> {
    let mut out = String::new();
    for interface in catalog.interfaces.iter().filter(|interface| !interface.embedder) {
        let module = names.module(&interface.name);
        let _ = writeln!(out, "impl {module}::Guest for Component {{");
        for action in catalog.actions_of(&interface.name) {
            function(&mut out, action, catalog, names)?;
        }
        let _ = writeln!(out, "}}");
    }
    Ok(out)
}

fn function(out: &mut String, action: &Action, catalog: &Catalog, names: &RustNames<'_>) -> Result<(), String> {
    let params: Vec<String> =
        action.params.iter().map(|param| format!("{}: {}", names.ident(&param.name), names.ty(&param.ty))).collect();
    let (result, send) = match &action.result {
        Some(ty) => (names.ty(ty), "send"),
        None => ("()".to_owned(), "send_without_answer"),
    };
    let error = format!("{}::Error", names.module("types"));
    let _ =
        writeln!(out, "fn {}({}) -> Result<{result}, {error}> {{", names.ident(&action.function), params.join(", "),);
    let _ = writeln!(out, "let mut request = Request::new(Method::{:?});", action.http.method);
    for segment in action.http.path.segments() {
        match segment {
            Segment::Literal(text) => {
                let _ = writeln!(out, "request.literal({text:?});");
            }
            Segment::Param(name) => {
                let _ = writeln!(out, "request.segment({name:?}, &{})?;", names.ident(name));
            }
        }
    }
    for beta in &action.betas {
        let _ = writeln!(out, "request.beta({beta:?});");
    }
    for (name, value) in &action.constants {
        let _ = writeln!(out, "request.field({name:?}, &{value:?}.to_owned());");
    }
    for param in &action.params {
        match param.place {
            Place::Path => {}
            Place::Query => query(out, param, catalog, names)?,
            Place::Body => {
                let put = if param.null_when_none { "nullable_field" } else { "field" };
                let value = given(&names.ident(&param.name), &param.ty, names)?;
                let _ = writeln!(out, "request.{put}({:?}, {value});", param.wire);
            }
        }
    }
    let _ = writeln!(out, "request.{send}()\n}}");
    Ok(())
}

/// A record in the query is taken apart into its fields.
fn query(out: &mut String, param: &Param, catalog: &Catalog, names: &RustNames<'_>) -> Result<(), String> {
    let ident = names.ident(&param.name);
    match catalog.types.record(&param.ty) {
        None => {
            let _ = writeln!(out, "request.query({:?}, &{ident});", param.wire);
        }
        Some(fields) => {
            for field in fields {
                let _ = writeln!(out, "request.query({:?}, &{ident}.{});", field.wire, names.ident(&field.name));
            }
        }
    }
    Ok(())
}

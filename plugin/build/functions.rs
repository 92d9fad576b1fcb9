//! The functions: each of them builds one request and sends it.

use crate::codec::given;
use claude_admin_bindgen::{RustNames, ident};
use claude_admin_catalog::{Action, BodyForm, Catalog, Param, Place, ReplyForm, Segment};
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

/// The variable of the request has a name that no parameter has: names in WIT do not begin with an underscore.
fn function(out: &mut String, action: &Action, catalog: &Catalog, names: &RustNames<'_>) -> Result<(), String> {
    let params: Vec<String> =
        action.params.iter().map(|param| format!("{}: {}", ident(&param.name), names.ty(&param.ty))).collect();
    let (result, send) = match (&action.result, action.reply_form) {
        (Some(ty), ReplyForm::Bytes) => (names.ty(ty), "send_for_file"),
        (Some(ty), ReplyForm::Json) => (names.ty(ty), "send"),
        (None, _) => ("()".to_owned(), "send_without_answer"),
    };
    let error = format!("{}::Error", names.module("types"));
    let _ = writeln!(out, "fn {}({}) -> Result<{result}, {error}> {{", ident(&action.function), params.join(", "),);
    let _ = writeln!(out, "let mut __request = Request::new(Method::{:?});", action.http.method);
    let mut fixed = String::new();
    for segment in action.http.path.segments() {
        match segment {
            Segment::Literal(text) => fixed = format!("{fixed}/{text}"),
            Segment::Param(name) => {
                let _ = writeln!(out, "__request.literal({:?});", std::mem::take(&mut fixed));
                let _ = writeln!(out, "__request.segment({name:?}, &{})?;", ident(name));
            }
        }
    }
    if !fixed.is_empty() {
        let _ = writeln!(out, "__request.literal({fixed:?});");
    }
    for beta in &action.betas {
        let _ = writeln!(out, "__request.beta({beta:?});");
    }
    for beta in &action.conditional_betas {
        let (name, ident) = (&beta.name, ident(&beta.when.input));
        let _ = writeln!(out, "__request.beta_where({name:?}, &{ident}, {:?});", beta.when.word);
    }
    for (name, value) in &action.constants {
        let _ = writeln!(out, "__request.field({name:?}, &{value:?}.to_owned());");
    }
    for param in &action.params {
        match param.place {
            Place::Path => {}
            Place::Header => {
                let _ =
                    writeln!(out, "__request.header({:?}, {:?}, &{})?;", param.name, param.wire, ident(&param.name));
            }
            Place::Query => query(out, param, catalog),
            Place::Body => {
                let value = given(&ident(&param.name), &param.ty, names)?;
                let wire = &param.wire;
                let _ = match (action.body_form, param) {
                    (BodyForm::Multipart, _) if names.is_upload(&param.ty) => {
                        writeln!(out, "__request.files({wire:?}, {value})?;")
                    }
                    (BodyForm::Multipart, _) => writeln!(out, "__request.form_field({wire:?}, {value});"),
                    (_, Param { flatten: true, .. }) => writeln!(out, "__request.whole({value});"),
                    (_, Param { null_when_none: true, .. }) => {
                        writeln!(out, "__request.nullable_field({wire:?}, {value});")
                    }
                    _ => writeln!(out, "__request.field({wire:?}, {value});"),
                };
            }
        }
    }
    let _ = match action.reply_form {
        ReplyForm::Json => writeln!(out, "__request.{send}()\n}}"),
        ReplyForm::Bytes => writeln!(
            out,
            "__request.{send}().map(|file| {result} {{\n\
             content_type: file.content_type, file_name: file.name, content: file.content }})\n}}"
        ),
    };
    Ok(())
}

/// Each field of a record in the query is a query parameter.
fn query(out: &mut String, param: &Param, catalog: &Catalog) {
    let name = ident(&param.name);
    match catalog.types.record(&param.ty) {
        None => {
            let _ = writeln!(out, "__request.query({:?}, &{name});", param.wire);
        }
        Some(fields) => {
            for field in fields {
                let _ = writeln!(out, "__request.query({:?}, &{name}.{});", field.wire, ident(&field.name));
            }
        }
    }
}

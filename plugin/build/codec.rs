//! The JSON codec of every type in requests and responses, for the directions in which the type is used.

use claude_admin_bindgen::{RustNames, case as case_name, ident};
use claude_admin_catalog::{Case, Catalog, Field, Kind, Place, Type, TypeDef, TypeId, VariantForm};
use std::collections::HashSet;
use std::fmt::Write;

/// Returns the implementations of `FromJson`, `ToJson` and `ToQuery`.
pub(crate) fn write(catalog: &Catalog, names: &RustNames<'_>) -> Result<String, String> {
    let mut read = HashSet::new();
    let mut written = HashSet::new();
    for action in &catalog.actions {
        if let Some(ty) = &action.result {
            reach(catalog, ty, &mut read);
        }
        for param in action.params.iter().filter(|param| param.place != Place::Path) {
            reach(catalog, &param.ty, &mut written);
        }
    }
    let mut out = String::new();
    for (id, def) in catalog.types.iter() {
        if read.contains(&id) {
            from_json(&mut out, def, names)?;
        }
        if written.contains(&id) {
            to_json(&mut out, def, names)?;
        }
    }
    Ok(out)
}

fn reach(catalog: &Catalog, ty: &Type, reached: &mut HashSet<TypeId>) {
    match ty {
        Type::List(inner) | Type::Option(inner) => reach(catalog, inner, reached),
        Type::Tuple(items) => items.iter().for_each(|item| reach(catalog, item, reached)),
        Type::Named(id) if reached.insert(*id) => match &catalog.types.get(*id).kind {
            Kind::Alias(target) => reach(catalog, target, reached),
            Kind::Record(fields) => fields.iter().for_each(|field| reach(catalog, &field.ty, reached)),
            Kind::Enum(_) => {}
            Kind::Variant { cases, .. } => {
                cases.iter().filter_map(|case| case.payload.as_ref()).for_each(|ty| reach(catalog, ty, reached));
            }
        },
        _ => {}
    }
}

fn from_json(out: &mut String, def: &TypeDef, names: &RustNames<'_>) -> Result<(), String> {
    let path = names.def(def);
    let body = match &def.kind {
        Kind::Alias(_) => return Ok(()),
        Kind::Record(fields) => {
            // A record that has only the field for the rest removes no fields from the object.
            let mutable = if fields.iter().all(|field| field.rest) { "" } else { "mut " };
            let mut body = format!("let {mutable}object = codec::object(value)?;\nOk(Self {{\n");
            for field in fields {
                line(&mut body, format_args!("{}: {},", ident(&field.name), take(field, fields, names)?));
            }
            body + "})"
        }
        Kind::Enum(cases) => {
            let mut body = "match codec::word(&value)? {\n".to_owned();
            words(&mut body, cases);
            body + &format!("_ => Err(codec::Mismatch::expected({:?})),\n}}", one_of(cases))
        }
        Kind::Variant { cases, form: VariantForm::OpenWords } => {
            let mut body = "match codec::word(&value)? {\n".to_owned();
            words(&mut body, cases);
            body + "word => Ok(Self::Other(word.to_owned())),\n}"
        }
        Kind::Variant { cases, form: VariantForm::WordOrValue } => {
            let mut body = "match value.as_str() {\n".to_owned();
            for case in cases.iter().filter(|case| case.payload.is_none()) {
                line(&mut body, format_args!("Some({:?}) => Ok(Self::{}),", case.wire, case_name(&case.name)));
            }
            for case in cases.iter().filter(|case| case.payload.is_some()) {
                line(
                    &mut body,
                    format_args!("_ => codec::FromJson::from_json(value).map(Self::{}),", case_name(&case.name)),
                );
            }
            body + "}"
        }
        Kind::Variant { cases, form: VariantForm::Tagged(tag) } => {
            let mut body = format!("match codec::tag(&value, {tag:?}) {{\n");
            for case in cases.iter().filter(|case| case.name != "other") {
                let rust = case_name(&case.name);
                if case.payload.is_some() {
                    line(
                        &mut body,
                        format_args!("Some({:?}) => codec::FromJson::from_json(value).map(Self::{rust}),", case.wire),
                    );
                } else {
                    line(&mut body, format_args!("Some({:?}) => Ok(Self::{rust}),", case.wire));
                }
            }
            let rest = if cases.iter().any(|case| case.name == "other") {
                "Ok(Self::Other(value.into_value().to_string()))".to_owned()
            } else {
                format!("Err(codec::Mismatch::expected({:?}))", one_of(cases))
            };
            body + &format!("_ => {rest},\n}}")
        }
        Kind::Variant { form: VariantForm::NotJson, .. } => return Err(format!("{} has no JSON form", def.name)),
    };
    line(
        out,
        format_args!(
            "impl codec::FromJson for {path} {{\nfn from_json(value: Tree<'_>) -> Result<Self, codec::Mismatch> {{\n{body}\n}}\n}}"
        ),
    );
    Ok(())
}

fn to_json(out: &mut String, def: &TypeDef, names: &RustNames<'_>) -> Result<(), String> {
    let path = names.def(def);
    let (body, is_word) = match &def.kind {
        Kind::Alias(_) => return Ok(()),
        Kind::Record(fields) => {
            let mut body = "let mut object = codec::Object::default();\n".to_owned();
            for field in fields {
                let value = match &field.constant {
                    Some(word) => format!("{word:?}"),
                    None => given(&format!("self.{}", ident(&field.name)), &field.ty, names)?,
                };
                let put = if field.null_when_none { "put_nullable" } else { "put" };
                line(&mut body, format_args!("object.{put}({:?}, {value});", field.wire));
            }
            (body + "object.into_value()", false)
        }
        Kind::Enum(cases) | Kind::Variant { cases, form: VariantForm::OpenWords } => {
            let mut body = "match self {\n".to_owned();
            for case in cases {
                let rust = case_name(&case.name);
                if case.payload.is_some() {
                    line(&mut body, format_args!("Self::{rust}(word) => word,"));
                } else {
                    line(&mut body, format_args!("Self::{rust} => {:?},", case.wire));
                }
            }
            (body + "}", true)
        }
        Kind::Variant { cases, form } => {
            let mut body = "match self {\n".to_owned();
            for case in cases {
                let rust = case_name(&case.name);
                match (&case.payload, form) {
                    (None, VariantForm::Tagged(tag)) => {
                        line(
                            &mut body,
                            format_args!("Self::{rust} => codec::tagged({tag:?}, {:?}, Value::Null),", case.wire),
                        );
                    }
                    (None, _) => line(&mut body, format_args!("Self::{rust} => Value::from({:?}),", case.wire)),
                    (Some(ty), _) if names.json_text(ty) == Some(0) => {
                        line(&mut body, format_args!("Self::{rust}(value) => codec::Json(value).to_json(),"));
                    }
                    (Some(_), VariantForm::Tagged(tag)) => {
                        line(
                            &mut body,
                            format_args!(
                                "Self::{rust}(value) => codec::tagged({tag:?}, {:?}, value.to_json()),",
                                case.wire
                            ),
                        );
                    }
                    (Some(_), _) => line(&mut body, format_args!("Self::{rust}(value) => value.to_json(),")),
                }
            }
            (body + "}", false)
        }
    };
    if is_word {
        line(out, format_args!("impl codec::Word for {path} {{\nfn word(&self) -> &str {{\n{body}\n}}\n}}"));
        line(
            out,
            format_args!(
                "impl codec::ToJson for {path} {{\nfn to_json(&self) -> Value {{\nValue::from(codec::Word::word(self))\n}}\n}}"
            ),
        );
        line(
            out,
            format_args!(
                "impl codec::ToQuery for {path} {{\nfn each(&self, put: &mut dyn FnMut(&str)) {{\nput(codec::Word::word(self));\n}}\n}}"
            ),
        );
    } else {
        line(out, format_args!("impl codec::ToJson for {path} {{\nfn to_json(&self) -> Value {{\n{body}\n}}\n}}"));
    }
    Ok(())
}

/// The expression that reads a field of `object`.
fn take(field: &Field, fields: &[Field], names: &RustNames<'_>) -> Result<String, String> {
    let wire = &field.wire;
    if let Some(word) = &field.constant {
        let value = format!("codec::take_constant(&mut object, {wire:?}, {word:?})?");
        return Ok(if names.is_optional(&field.ty) { format!("Some({value})") } else { value });
    }
    if field.rest {
        let known: Vec<&str> = fields.iter().filter(|known| !known.rest).map(|known| known.wire.as_str()).collect();
        return Ok(format!("codec::rest(object, &{known:?})"));
    }
    // If `has_more` of a page is null, the page is the last one.
    if wire == "has_more" && fields.iter().any(|field| field.wire == "data") {
        return Ok(format!("codec::take_flag(&mut object, {wire:?})?"));
    }
    match names.json_text(&field.ty) {
        None => Ok(format!("codec::take(&mut object, {wire:?})?")),
        Some(0) => Ok(format!("codec::take::<codec::Json<String>>(&mut object, {wire:?})?.0")),
        Some(1) => Ok(format!("codec::take::<Option<codec::Json<String>>>(&mut object, {wire:?})?.map(|json| json.0)")),
        Some(_) => Err(format!("the field `{}` contains JSON text inside too many options", field.name)),
    }
}

/// The expression that passes a value to the codec. JSON text is marked as JSON text.
pub(crate) fn given(value: &str, ty: &Type, names: &RustNames<'_>) -> Result<String, String> {
    match names.json_text(ty) {
        None => Ok(format!("&{value}")),
        Some(0) => Ok(format!("&codec::Json(&{value})")),
        Some(1) => Ok(format!("&{value}.as_ref().map(codec::Json)")),
        Some(2) => Ok(format!("&{value}.as_ref().map(|json| json.as_ref().map(codec::Json))")),
        Some(_) => Err(format!("`{value}` contains JSON text inside too many options")),
    }
}

fn words(body: &mut String, cases: &[Case]) {
    for case in cases.iter().filter(|case| case.payload.is_none()) {
        line(body, format_args!("{:?} => Ok(Self::{}),", case.wire, case_name(&case.name)));
    }
}

fn one_of(cases: &[Case]) -> String {
    format!("one of {}", cases.iter().map(|case| case.wire.as_str()).collect::<Vec<_>>().join(", "))
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{text}");
}

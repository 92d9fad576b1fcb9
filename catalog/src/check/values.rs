//! Checks that the values of parameters, inputs and results can be sent.

use super::{Checker, Item};
use crate::{Input, Kind, Param, Place, Type, Types, VariantForm};

impl Checker<'_> {
    /// Checks that a response that is a file has a record with the fields for it.
    pub(crate) fn file_reply(&mut self, result: Option<&Type>, types: &Types, item: &Item) {
        let fields = result.and_then(|ty| types.record(ty)).unwrap_or_default();
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        if names != ["content-type", "file-name", "content"] {
            self.problem(
                item,
                "it is `@reply bytes`, but its result is not a record for a file",
                "return a record of `content-type`, `file-name` and `content`",
            );
        }
    }

    /// Checks that path parameters are strings, and that all other values can be sent as JSON or in a query.
    pub(crate) fn json_types(&mut self, params: &[Param], result: Option<&Type>, types: &Types, item: &Item) {
        for param in params {
            if param.place == Place::Path && types.underlying(&param.ty) != &Type::String {
                self.problem(
                    item,
                    format!("the path parameter `{}` is not a string", param.name),
                    "make it a string or an alias of one",
                );
            }
            let inner = types.optional(&param.ty).unwrap_or(&param.ty);
            if param.place == Place::Header && types.underlying(inner) != &Type::String {
                self.problem(
                    item,
                    format!("the parameter `{}` is a header and not a string", param.name),
                    "make it a string or an alias of one, or an option of one",
                );
            }
            if param.takes_empty && types.list_item(&param.ty).is_none_or(|ty| types.underlying(ty) != &Type::String) {
                self.problem(
                    item,
                    format!("`@empty {}` is on a parameter that is not a list of strings", param.name),
                    "make it a list of strings, or remove the annotation",
                );
            }
            if let Some(name) = not_json(&param.ty, types) {
                self.problem(
                    item,
                    format!("the cases of the type `{name}` of `{}` cannot be distinguished in JSON", param.name),
                    TAG_REMEDY,
                );
            }
            if param.null_when_none && types.optional(&param.ty).is_none() {
                self.problem(
                    item,
                    format!("`@null {}` is on a parameter that is never none", param.name),
                    "make it an option, or remove the annotation",
                );
            }
        }
        if let Some(name) = result.and_then(|ty| not_json(ty, types)) {
            self.problem(
                item,
                format!("the cases of the type `{name}` of the result cannot be distinguished in JSON"),
                TAG_REMEDY,
            );
        }
    }

    /// Checks that no two inputs have the same name, that inputs of the path are required, and that no secret is in a
    /// URL.
    pub(crate) fn inputs(&mut self, inputs: &[Input], types: &Types, item: &Item) {
        for (index, input) in inputs.iter().enumerate() {
            if inputs[..index].iter().any(|earlier| earlier.name == input.name) {
                self.problem(
                    item,
                    format!("two inputs have the name `{}`", input.name),
                    "rename one of the parameters or fields",
                );
            }
            if input.place == Place::Path && !input.is_required() {
                self.problem(item, format!("the path needs `{}`, which is optional", input.name), "make it required");
            }
            if matches!(input.place, Place::Path | Place::Query) && input.has_secret(types) {
                self.problem(
                    item,
                    format!("`{}` is `@sensitive`, and it is part of the URL, which is logged", input.name),
                    "send it in the body or in a header, or remove the annotation",
                );
            }
        }
    }
}

const TAG_REMEDY: &str = "write `@tag FIELD` on the variant";

/// The name of a variant without a JSON form inside a type.
fn not_json<'t>(ty: &'t Type, types: &'t Types) -> Option<&'t str> {
    match ty {
        Type::List(inner) | Type::Option(inner) => not_json(inner, types),
        Type::Tuple(items) => items.iter().find_map(|item| not_json(item, types)),
        Type::Named(id) => {
            let def = types.get(*id);
            match &def.kind {
                Kind::Alias(target) => not_json(target, types),
                Kind::Record(fields) => fields.iter().find_map(|field| not_json(&field.ty, types)),
                Kind::Enum(_) => None,
                Kind::Variant { form: VariantForm::NotJson, .. } => Some(&def.name),
                Kind::Variant { cases, .. } => {
                    cases.iter().filter_map(|case| case.payload.as_ref()).find_map(|ty| not_json(ty, types))
                }
            }
        }
        _ => None,
    }
}

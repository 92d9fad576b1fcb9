//! Generated results for tests. They contain every field.

use super::unit::Cents;
use crate::command::Invocation;
use crate::document::{self, Document, Listing};
use claude_admin_catalog::{Action, Catalog, Field, PackageText, Type, Types};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::LazyLock;

pub(super) static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    Catalog::from_text(&PackageText::from_folder(&wit).unwrap()).unwrap()
});
/// An amount that does not occur elsewhere in a result.
pub(super) const CENTS: &str = "123456.789";

/// A value of a type, in which each amount is [`CENTS`], and how many amounts there are.
pub(super) fn sample(types: &Types, ty: &Type, amounts: &mut usize) -> Value {
    if let Some(fields) = types.record(ty) {
        return Value::Object(record(types, fields, amounts));
    }
    match types.underlying(ty) {
        Type::Bool => json!(true),
        Type::Option(inner) => sample(types, inner, amounts),
        Type::List(_) if let Some(value) = types.map_value(ty) => json!({ "key": sample(types, value, amounts) }),
        Type::List(item) => json!([sample(types, item, amounts)]),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::S8 | Type::S16 | Type::S32 | Type::S64 => json!(7),
        Type::F32 | Type::F64 => json!(0.5),
        Type::Named(_) if let Some(union) = types.union(ty) => {
            let case = union.known().find(|case| case.payload.is_some()).or(union.known().next()).unwrap();
            let fields = case.payload.as_ref().and_then(|payload| types.record(payload));
            let mut value = fields.map(|fields| record(types, fields, amounts)).unwrap_or_default();
            value.insert(union.tag.to_owned(), case.wire.clone().into());
            Value::Object(value)
        }
        Type::Named(_) => json!(types.words(ty).and_then(|words| words.first().copied()).unwrap_or("text")),
        _ => json!("text"),
    }
}

fn record(types: &Types, fields: &[Field], amounts: &mut usize) -> Map<String, Value> {
    let mut value = Map::new();
    for field in fields.iter().filter(|field| field.constant.is_none()) {
        let part = match Cents::of(field) {
            Some(_) => {
                *amounts += 1;
                json!(CENTS)
            }
            None if field.wire == "currency" => json!("USD"),
            None if field.wire == "has_more" => json!(false),
            None => sample(types, &field.ty, amounts),
        };
        value.insert(field.wire.clone(), part);
    }
    value
}

/// The document of a result, with some columns.
pub(super) fn document(action: &Action, value: &Value, columns: &[String]) -> Document {
    let invocation = Invocation { action: Arc::new(action.clone()), arguments: Default::default() };
    document::result(&CATALOG, action, &invocation, value, columns, Listing::default())
}

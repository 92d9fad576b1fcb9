//! What people wrote, in the answer of an action.

use crate::annotation::Docs;
use crate::check::{Checker, Item};
use crate::{Kind, Risk, Type, Types};

impl Checker<'_> {
    /// An answer with what people wrote is confidential, and nothing else is.
    pub(crate) fn content(&mut self, docs: &Docs, item: &Item, risk: Risk, result: Option<&Type>, types: &Types) {
        let carries = docs.has("content") || result.is_some_and(|ty| carries_content(ty, types));
        if carries && risk == Risk::Read {
            self.problem(item, "its answer has `@content`, and it is `@risk read`", "write `@risk confidential`");
        }
        if !carries && risk == Risk::Confidential {
            self.problem(
                item,
                "it is `@risk confidential`, and nothing in its answer is `@content`",
                "write `@content` on the field that holds what people wrote",
            );
        }
    }
}

/// Whether a value of this type has a field with what people wrote, at any depth.
fn carries_content(ty: &Type, types: &Types) -> bool {
    match ty {
        Type::List(inner) | Type::Option(inner) => carries_content(inner, types),
        Type::Tuple(items) => items.iter().any(|item| carries_content(item, types)),
        Type::Named(id) => match &types.get(*id).kind {
            Kind::Alias(target) => carries_content(target, types),
            Kind::Record(fields) => fields.iter().any(|field| field.content || carries_content(&field.ty, types)),
            Kind::Enum(_) => false,
            Kind::Variant { cases, .. } => {
                cases.iter().filter_map(|case| case.payload.as_ref()).any(|ty| carries_content(ty, types))
            }
        },
        _ => false,
    }
}

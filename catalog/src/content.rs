//! What people wrote, in the answer of an action.

use crate::annotation::Docs;
use crate::check::{Checker, Item};
use crate::{Risk, Type, Types};

impl Checker<'_> {
    /// An answer with what people wrote is confidential, and nothing else is.
    pub(crate) fn content(&mut self, docs: &Docs, item: &Item, risk: Risk, result: Option<&Type>, types: &Types) {
        let carries = docs.has("content") || result.is_some_and(|ty| types.any_field(ty, &|field| field.content));
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

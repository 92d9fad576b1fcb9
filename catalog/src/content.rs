//! Text and files that people wrote, in the response of an action.

use crate::annotation::Docs;
use crate::check::{Checker, Item};
use crate::{Risk, Type, Types};

impl Checker<'_> {
    /// Checks that an action is confidential if, and only if, its response contains text or files that people wrote.
    pub(crate) fn content(&mut self, docs: &Docs, item: &Item, risk: Risk, result: Option<&Type>, types: &Types) {
        let carries = docs.has("content") || result.is_some_and(|ty| types.any_field(ty, &|field| field.content));
        if carries && risk == Risk::Read {
            self.problem(item, "its result has `@content`, but it is `@risk read`", "write `@risk confidential`");
        }
        if !carries && risk == Risk::Confidential {
            self.problem(
                item,
                "it is `@risk confidential`, but nothing in its result is `@content`",
                "write `@content` on the field with the content that people wrote",
            );
        }
    }
}

//! Answers without the secrets in them.

use claude_admin_catalog::{Action, Types};
use serde_json::Value;
use std::borrow::Cow;

/// What is shown instead of a secret.
const NOT_SHOWN: &str = "(not shown)";

/// The answer of an action without its secrets: every field that is declared as one, however deep, or
/// everything where that is not known. Borrowed where there is none.
#[must_use]
pub fn without_secrets<'v>(types: &Types, action: &Action, value: &'v Value) -> Cow<'v, Value> {
    if !action.sensitive {
        return Cow::Borrowed(value);
    }
    let mut value = value.clone();
    action.hide_secrets(types, &mut value, NOT_SHOWN);
    Cow::Owned(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::sample::{CATALOG, document, sample};
    use crate::render;

    fn texts<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::String(text) => found.push(text),
            Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
            Value::Object(members) => members.values().for_each(|member| texts(member, found)),
            _ => {}
        }
    }

    #[test]
    fn answer_that_is_a_secret_as_a_whole_is_shown_to_nobody() {
        let mut shown = 0;
        for action in CATALOG.actions.iter().filter(|action| action.sensitive) {
            let action = Action { whole_secret: true, ..action.clone() };
            let Some(ty) = &action.result else { continue };
            let value = sample(&CATALOG.types, ty, &mut 0);
            let mut known = Vec::new();
            texts(&value, &mut known);
            let document = document(&action, &value, &[]);
            let json = without_secrets(&CATALOG.types, &action, &value).to_string();
            for text in known {
                for shown in [render::text(&document), render::csv(&document), json.clone()] {
                    assert!(!shown.contains(text), "{}: {text} in {shown}", action.id);
                }
                shown += 1;
            }
        }
        assert!(shown > 0);
    }
}

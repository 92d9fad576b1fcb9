//! Results without secrets.

use claude_admin_catalog::{Action, Types};
use serde_json::Value;
use std::borrow::Cow;

/// The replacement for a secret.
const NOT_SHOWN: &str = "(not shown)";

/// The result of an action without its secrets: every field that is declared as one, at any depth, or the complete
/// result if the fields are not known. Borrowed if there are no secrets.
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

    /// The same value with all texts replaced.
    fn filled(value: &mut Value, text: &str) {
        match value {
            Value::String(place) => text.clone_into(place),
            Value::Array(items) => items.iter_mut().for_each(|item| filled(item, text)),
            Value::Object(members) => members.values_mut().for_each(|member| filled(member, text)),
            _ => {}
        }
    }

    #[test]
    fn response_that_is_entirely_secret_is_never_shown() {
        const HIDDEN: &str = "hunter2";
        let mut actions = 0;
        for action in CATALOG.actions.iter().filter(|action| action.sensitive) {
            let action = Action { whole_secret: true, ..Action::clone(action) };
            let Some(ty) = &action.result else { continue };
            let mut value = sample(&CATALOG.types, ty, &mut 0);
            filled(&mut value, HIDDEN);
            let document = document(&action, &value, &[]);
            let json = without_secrets(&CATALOG.types, &action, &value).to_string();
            for shown in [render::text(&document), render::csv(&document), json] {
                assert!(!shown.contains(HIDDEN) && shown.contains(NOT_SHOWN), "{}: {shown}", action.id);
            }
            actions += 1;
        }
        assert!(actions > 0);
    }
}

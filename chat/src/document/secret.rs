//! Answers without the secrets in them.

use claude_admin_catalog::{Action, Types};
use serde_json::Value;
use std::borrow::Cow;

/// What is shown instead of a secret.
const NOT_SHOWN: &str = "(not shown)";

/// The answer of an action without its secrets: every field that is declared as one, however deep. Borrowed where none is.
#[must_use]
pub fn without_secrets<'v>(types: &Types, action: &Action, value: &'v Value) -> Cow<'v, Value> {
    let Some(ty) = action.result.as_ref().filter(|_| action.sensitive) else { return Cow::Borrowed(value) };
    let mut value = value.clone();
    types.hide_secrets(ty, &mut value, NOT_SHOWN);
    Cow::Owned(value)
}

//! Proof that a decision was made.

use crate::command::Invocation;
use claude_admin_catalog::Action;
use serde_json::Value;

/// Something that was decided on and may be done once.
///
/// Only the rooms of this module's parent make one, so that no path around the decision compiles:
///
/// ```compile_fail,E0624
/// use claude_admin::decision::Authorized;
/// let forged = Authorized::new("users remove user_1", String::new());
/// ```
///
/// ```compile_fail,E0451
/// use claude_admin::decision::Authorized;
/// let forged = Authorized { inner: "users remove user_1", operation: String::new() };
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Authorized<T> {
    inner: T,
    operation: String,
}

impl<T> Authorized<T> {
    pub(super) fn new(inner: T, operation: String) -> Self {
        Self { inner, operation }
    }

    /// What was decided on.
    #[must_use]
    pub fn get(&self) -> &T {
        &self.inner
    }

    /// The operation that it belongs to: its id goes along with the request.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }
}

impl Authorized<Invocation> {
    /// The next page of a list that was decided on: everything stays, but for the place in the list.
    ///
    /// `None` when the action is not the one that was decided on, or is no list.
    pub(crate) fn continued(&self, action: &Action, cursor: &str) -> Option<Self> {
        let input = action.paging.as_ref().filter(|_| action.id == self.inner.action)?.input();
        let mut next = self.inner.clone();
        next.arguments.insert(input.to_owned(), Value::from(cursor));
        Some(Self { inner: next, operation: self.operation.clone() })
    }
}

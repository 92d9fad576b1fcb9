//! Proof that a decision was made.

use crate::command::Invocation;
use serde_json::Value;

/// Something that was decided on and may be done.
///
/// Only this module's parent makes one, so that no path around the decision compiles:
///
/// ```compile_fail,E0624
/// use claude_admin::policy::Authorized;
/// let forged = Authorized::new("users remove user_1");
/// ```
///
/// ```compile_fail,E0451
/// use claude_admin::policy::Authorized;
/// let forged = Authorized { inner: "users remove user_1" };
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Authorized<T> {
    inner: T,
}

impl<T> Authorized<T> {
    pub(super) fn new(inner: T) -> Self {
        Self { inner }
    }

    /// What was decided on.
    #[must_use]
    pub fn get(&self) -> &T {
        &self.inner
    }
}

impl Authorized<Invocation> {
    /// The next page of a list that was decided on: everything stays, but for the place in the list.
    #[must_use]
    pub fn continued(&self, paging_input: &str, cursor: &str) -> Self {
        let mut next = self.inner.clone();
        next.arguments.insert(paging_input.to_owned(), Value::from(cursor));
        Self { inner: next }
    }
}

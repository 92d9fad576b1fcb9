//! Proof that a decision was made.

use claude_admin_catalog::Action;
use claude_admin_chat::command::Invocation;
use claude_admin_chat::identity::Principal;
use claude_admin_chat::paging::smaller_pages;
use serde_json::Value;

/// A value that was decided and can run once.
///
/// Only this crate can construct this type. Code that bypasses the decision does not compile. This example compiles:
///
/// ```no_run
/// use claude_admin_chat::command::Invocation;
/// use claude_admin_authority::Authorized;
/// use claude_admin_chat::identity::Principal;
/// use claude_admin_authority::execute::{Answer, Execute};
/// async fn run(runtime: &dyn Execute, invocation: Invocation, decided: Authorized<Invocation>) -> Answer {
///     drop(invocation);
///     runtime.execute(&decided).await
/// }
/// ```
///
/// The following examples have one or two changed lines, and they do not compile. Other crates cannot call the
/// constructor:
///
/// ```compile_fail,E0624
/// use claude_admin_chat::command::Invocation;
/// use claude_admin_authority::Authorized;
/// use claude_admin_chat::identity::Principal;
/// use claude_admin_authority::execute::{Answer, Execute};
/// async fn run(runtime: &dyn Execute, invocation: Invocation, decided: Authorized<Invocation>) -> Answer {
///     let decided = Authorized::new(invocation, String::new(), Principal::local("mallory").unwrap());
///     runtime.execute(&decided).await
/// }
/// ```
///
/// They cannot construct the value from its parts:
///
/// ```compile_fail,E0451
/// use claude_admin_chat::command::Invocation;
/// use claude_admin_authority::Authorized;
/// use claude_admin_chat::identity::Principal;
/// use claude_admin_authority::execute::{Answer, Execute};
/// async fn run(runtime: &dyn Execute, invocation: Invocation, decided: Authorized<Invocation>) -> Answer {
///     let decided = Authorized { inner: invocation, operation: String::new(), principal: Principal::local("mallory").unwrap() };
///     runtime.execute(&decided).await
/// }
/// ```
///
/// They cannot direct the decision to another request:
///
/// ```compile_fail,E0624
/// use claude_admin_chat::command::Invocation;
/// use claude_admin_authority::Authorized;
/// use claude_admin_chat::identity::Principal;
/// use claude_admin_authority::execute::{Answer, Execute};
/// async fn run(runtime: &dyn Execute, invocation: Invocation, decided: Authorized<Invocation>) -> Answer {
///     let decided = decided.continued(&runtime.catalog().actions[0], "user_1").unwrap();
///     runtime.execute(&decided).await
/// }
/// ```
///
/// A runtime accepts only a value that was decided:
///
/// ```compile_fail,E0308
/// use claude_admin_chat::command::Invocation;
/// use claude_admin_authority::Authorized;
/// use claude_admin_chat::identity::Principal;
/// use claude_admin_authority::execute::{Answer, Execute};
/// async fn run(runtime: &dyn Execute, invocation: Invocation, decided: Authorized<Invocation>) -> Answer {
///     drop(decided);
///     runtime.execute(&invocation).await
/// }
/// ```
///
/// A test in this file compares the examples, because rustdoc checks the error codes only on nightly toolchains.
#[derive(Debug, PartialEq, Eq)]
pub struct Authorized<T> {
    inner: T,
    operation: String,
    principal: Principal,
}

impl<T> Authorized<T> {
    pub(super) fn new(inner: T, operation: String, principal: Principal) -> Self {
        Self { inner, operation, principal }
    }

    /// The value that was decided.
    #[must_use]
    pub fn get(&self) -> &T {
        &self.inner
    }

    /// The operation that the value belongs to. Its ID is passed with the request.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// The requester, who sees the result.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }
}

impl Authorized<Invocation> {
    /// The next page of a list that was decided: only the position in the list changes.
    ///
    /// `None` if the action is not the one that was decided, or if it is not a list.
    pub(super) fn continued(&self, action: &Action, cursor: &str) -> Option<Self> {
        let input = action.paging.as_ref().filter(|_| action.id == self.inner.action.id)?.input();
        let mut next = self.inner.clone();
        next.arguments.insert(input.to_owned(), Value::from(cursor));
        Some(Self { inner: next, operation: self.operation.clone(), principal: self.principal.clone() })
    }

    /// The same page with half of the items: only the page size changes.
    ///
    /// `None` if no page size is given, or if there is no smaller one.
    pub(super) fn in_smaller_pages(&self) -> Option<Self> {
        let mut next = self.inner.clone();
        smaller_pages(&mut next.arguments).then(|| Self {
            inner: next,
            operation: self.operation.clone(),
            principal: self.principal.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    /// The examples above: the text after the opening fence of each, and its lines.
    fn examples() -> Vec<(&'static str, Vec<&'static str>)> {
        let docs = include_str!("authorized.rs").lines().filter_map(|line| line.strip_prefix("/// "));
        let mut examples: Vec<(&str, Vec<&str>)> = Vec::new();
        let mut open = false;
        for line in docs {
            match line.strip_prefix("```") {
                Some(kind) => {
                    open = !open;
                    if open {
                        examples.push((kind, Vec::new()));
                    }
                }
                None if open => examples.last_mut().unwrap().1.push(line),
                None => {}
            }
        }
        examples
    }

    #[test]
    fn compile_fail_examples_differ_only_in_the_forged_lines() {
        let examples = examples();
        let (kind, good) = &examples[0];
        assert_eq!((*kind, examples.len()), ("no_run", 5));
        for (kind, bad) in &examples[1..] {
            assert!(kind.starts_with("compile_fail,E"), "{kind}");
            assert_eq!(bad.len(), good.len());
            let different: Vec<_> = (0..good.len()).filter(|line| good[*line] != bad[*line]).collect();
            // The line with the forgery and, if the runtime gets another value, the line with the call.
            assert!(different == [5] || different == [5, 6], "{bad:?}");
        }
    }
}

//! Proof that a decision was made.

use claude_admin_catalog::Action;
use claude_admin_chat::command::Invocation;
use claude_admin_chat::identity::Principal;
use claude_admin_chat::paging::smaller_pages;
use serde_json::Value;

/// Something that was decided on and may be done once.
///
/// Only the crate that it stands in makes one, so that no path around the decision compiles. This does:
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
/// With one line changed, none of these does. Nobody else calls the constructor:
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
/// Nor is one made of its parts:
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
/// And what was decided on is not led to something else:
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
/// What runs takes nothing that was not decided on:
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
/// A test beside this compares the examples, since rustdoc looks at the numbers of errors on nightly toolchains alone.
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

    /// Who asked for it, and sees what comes of it.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }
}

impl Authorized<Invocation> {
    /// The next page of a list that was decided on: everything stays, but for the place in the list.
    ///
    /// `None` when the action is not the one that was decided on, or is no list.
    pub(super) fn continued(&self, action: &Action, cursor: &str) -> Option<Self> {
        let input = action.paging.as_ref().filter(|_| action.id == self.inner.action)?.input();
        let mut next = self.inner.clone();
        next.arguments.insert(input.to_owned(), Value::from(cursor));
        Some(Self { inner: next, operation: self.operation.clone(), principal: self.principal.clone() })
    }

    /// The same page with half of the items: everything stays, but for the size of the page.
    ///
    /// `None` when no size is given, or there is no smaller one.
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
    /// The examples above: what stands behind the opening of each, and its lines.
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
    fn what_must_not_compile_differs_in_the_forged_lines_alone_from_what_does() {
        let examples = examples();
        let (kind, good) = &examples[0];
        assert_eq!((*kind, examples.len()), ("no_run", 5));
        for (kind, bad) in &examples[1..] {
            assert!(kind.starts_with("compile_fail,E"), "{kind}");
            assert_eq!(bad.len(), good.len());
            let different: Vec<_> = (0..good.len()).filter(|line| good[*line] != bad[*line]).collect();
            // The line that forges, and where the sandbox is given something else, the call.
            assert!(different == [5] || different == [5, 6], "{bad:?}");
        }
    }
}

//! Information of a chat platform about its users.

use claude_admin_chat::identity::Principal;
use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// A lookup in progress.
pub type Lookup<'d, T> = Pin<Box<dyn Future<Output = Result<T, DirectoryError>> + Send + 'd>>;

/// The error of a lookup. It never permits an action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DirectoryError(pub String);

/// Information of a chat platform about its users.
pub trait Directory: fmt::Debug + Send + Sync {
    /// The user groups of a tenant that contain the user, among those given by ID.
    fn groups_of<'d>(&'d self, principal: &'d Principal, groups: &'d BTreeSet<String>) -> Lookup<'d, BTreeSet<String>>;

    /// The e-mail address of a user.
    fn email_of<'d>(&'d self, principal: &'d Principal) -> Lookup<'d, String>;
}

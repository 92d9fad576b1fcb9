//! What a chat platform knows about its people.

use claude_admin_chat::identity::Principal;
use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// A lookup that is under way.
pub type Lookup<'d, T> = Pin<Box<dyn Future<Output = Result<T, DirectoryError>> + Send + 'd>>;

/// Why a chat platform did not tell. Never a reason to allow anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DirectoryError(pub String);

/// What a chat platform knows about its people.
pub trait Directory: fmt::Debug + Send + Sync {
    /// The user groups of a tenant that somebody belongs to, among those given by id.
    fn groups_of<'d>(&'d self, principal: &'d Principal, groups: &'d BTreeSet<String>) -> Lookup<'d, BTreeSet<String>>;

    /// The address of somebody.
    fn email_of<'d>(&'d self, principal: &'d Principal) -> Lookup<'d, String>;
}

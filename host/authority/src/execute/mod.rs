//! Runs an action that was decided. An implementation of [`Execute`] can run actions but cannot decide: it gets an
//! [`Authorized`] value, and cannot construct one.

mod answer;
mod credential_error;
mod error;
mod limit;
mod memory;
mod violation;

pub use answer::{Answer, SentRequest};
pub use credential_error::{CredentialError, WorkloadError};
pub use error::{CallError, Misreport};
pub use limit::LimitKind;
pub use memory::{Held, Memory};
pub use violation::Violation;

use crate::Authorized;
use claude_admin_catalog::{Action, Catalog};
use claude_admin_chat::command::{Arguments, Invocation};
use claude_admin_chat::identity::Principal;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

/// A running call.
pub type Call<'c> = Pin<Box<dyn Future<Output = Answer> + Send + 'c>>;

/// Runs actions that were decided.
pub trait Execute: fmt::Debug + Send + Sync {
    /// The actions that can be run.
    fn catalog(&self) -> &Arc<Catalog>;

    /// Sends the request of an invocation that was decided.
    fn execute<'c>(&'c self, authorized: &'c Authorized<Invocation>) -> Call<'c>;

    /// The reason why no request of an action can be sent, for any requester; none if a request can be sent.
    fn obstacle(&self, action: &Action, arguments: &Arguments) -> Option<CredentialError>;

    /// Memory for the result of one command of a principal.
    fn room(&self, principal: &Principal) -> Held;
}

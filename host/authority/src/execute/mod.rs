//! What runs an action that was decided on. Whoever implements [`Execute`] can run, and cannot decide: it gets an
//! [`Authorized`] value, and has no way to make one.

mod answer;
mod credential;
mod error;
mod limit;
mod memory;
mod violation;

pub use answer::{Answer, SentRequest};
pub use credential::{CredentialError, WorkloadError};
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

/// A call that is under way.
pub type Call<'c> = Pin<Box<dyn Future<Output = Answer> + Send + 'c>>;

/// Runs what was decided on.
pub trait Execute: fmt::Debug + Send + Sync {
    /// The actions that can be run.
    fn catalog(&self) -> &Arc<Catalog>;

    /// Sends the request of an invocation that was decided on.
    fn execute<'c>(&'c self, authorized: &'c Authorized<Invocation>) -> Call<'c>;

    /// Why no request of an action can be sent, whoever asks; none where one can.
    fn obstacle(&self, action: &Action, arguments: &Arguments) -> Option<CredentialError>;

    /// Memory for the result of one command of somebody.
    fn room(&self, principal: &Principal) -> Held;
}

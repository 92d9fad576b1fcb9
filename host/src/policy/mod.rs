//! The decision: may this person do this here?
//!
//! Nothing is executed without it. [`authorize`] is the one place where an [`Authorized`] value comes from, and the
//! sandbox takes nothing else.

mod allow_list;
mod authorized;

pub use allow_list::{AllowList, Grant, GrantError};
pub use authorized::Authorized;

use crate::command::Invocation;
use crate::identity::{Place, Principal};
use claude_admin_catalog::{Action, Risk};
use std::fmt;

/// What a policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It may be done.
    Allow,
    /// It may not be done.
    Deny {
        /// What is missing, for the person who asked.
        reason: String,
    },
}

/// Decides who may do what, where.
pub trait Policy: fmt::Debug + Send + Sync {
    /// Decides on one action. What is not allowed is denied.
    fn decide(&self, principal: &Principal, place: &Place, action: &Action, invocation: &Invocation) -> Decision;
}

/// Why an invocation does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The policy denies it.
    Denied {
        /// What is missing.
        reason: String,
    },
    /// It changes something and was not confirmed.
    Unconfirmed,
}

/// Decides on an invocation, and on whether it was confirmed as its risk demands.
///
/// # Errors
///
/// [`Refusal`] when it must not run.
pub fn authorize(
    policy: &dyn Policy,
    principal: &Principal,
    place: &Place,
    action: &Action,
    invocation: Invocation,
    confirmed: bool,
) -> Result<Authorized<Invocation>, Refusal> {
    match policy.decide(principal, place, action, &invocation) {
        Decision::Deny { reason } => Err(Refusal::Denied { reason }),
        Decision::Allow if action.risk > Risk::Read && !confirmed => Err(Refusal::Unconfirmed),
        Decision::Allow => Ok(Authorized::new(invocation)),
    }
}

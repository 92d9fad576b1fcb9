//! What may be done at once: nothing must be decided about it by anybody.

use super::Authorized;
use crate::policy::{Decision, Requirements};
use crate::{Decider, Person};
use claude_admin_catalog::Action;
use claude_admin_chat::command::Invocation;

impl Decider {
    /// Allows what the policy allows without any further step: reads, as a rule.
    ///
    /// # Errors
    ///
    /// The requirements that must be met first, or the denial.
    pub fn authorize_now(
        &self,
        person: &Person,
        action: &Action,
        invocation: Invocation,
        operation: &str,
    ) -> Result<Authorized<Invocation>, Decision> {
        match self.decide(person, action, &invocation.arguments, None) {
            Decision::Allow(requirements) if is_immediate(action, &requirements) => {
                Ok(Authorized::new(invocation, operation.to_owned(), person.principal.clone()))
            }
            other => Err(other),
        }
    }
}

/// Whether nothing must be decided first. A write is never done without.
fn is_immediate(action: &Action, requirements: &Requirements) -> bool {
    !action.writes() && requirements.is_empty()
}

//! Commands that can run immediately: no decision is needed first.

use super::Authorized;
use crate::policy::{Decision, InPlaybook, Requirements};
use crate::{Decider, Person};
use claude_admin_catalog::Action;
use claude_admin_chat::command::Invocation;

impl Decider {
    /// Permits a command that the policy permits without another step. Usually it is a read.
    ///
    /// # Errors
    ///
    /// The requirements that must be met first, or the denial.
    pub fn authorize_now(
        &self,
        person: &Person,
        invocation: Invocation,
        operation: &str,
    ) -> Result<Authorized<Invocation>, Decision> {
        self.authorize_now_in(person, invocation, operation, None)
    }

    /// As [`Self::authorize_now`], for a read of a playbook.
    ///
    /// # Errors
    ///
    /// The requirements that must be met first, or the denial.
    pub(crate) fn authorize_now_in(
        &self,
        person: &Person,
        invocation: Invocation,
        operation: &str,
        playbook: Option<&InPlaybook>,
    ) -> Result<Authorized<Invocation>, Decision> {
        match self.decide_in(person, &invocation.action, &invocation.arguments, None, playbook) {
            Decision::Allow(requirements) if is_immediate(&invocation.action, &requirements) => {
                Ok(Authorized::new(invocation, operation.to_owned(), person.principal.clone()))
            }
            other => Err(other),
        }
    }
}

/// Whether no decision is needed first. A write always needs one.
pub(super) fn is_immediate(action: &Action, requirements: &Requirements) -> bool {
    !action.writes() && requirements.is_empty()
}

//! A plan is rebuilt before it runs. If the result of a write is unknown, its target is read again.

use super::{Approvals, SettleError, Unplanned};
use crate::Reader;
use crate::operation::{Operation, Unsettled};
use crate::plan::{Before, Plan, Step, before, resolve};
use claude_admin_chat::command::{Draft, Invocation, references};
use claude_admin_chat::is_missing;

/// The target of an operation, as a user sees it now.
#[derive(Debug)]
pub enum Look {
    /// The target as it is now.
    Now(Before),
    /// The API does not have it.
    Missing,
    /// The target cannot be read, with the reason.
    Unread(String),
}

impl Approvals {
    /// Reads the target of an operation, if the reader can read it; `None` if there is no target to read.
    pub async fn look_at_target(&self, operation: &Operation, reader: &Reader<'_>) -> Option<Look> {
        let step = operation.pending.plan.first();
        match before(reader, &step.invocation(self.runtime.catalog())?).await {
            Ok(Before::Nothing) => None,
            Ok(Before::NotAllowed { action }) => {
                Some(Look::Unread(format!("you cannot run `{}`", action.replace('.', " "))))
            }
            Ok(now) => Some(Look::Now(now)),
            Err(error) if error.reported().is_some_and(is_missing) => Some(Look::Missing),
            Err(error) => Some(Look::Unread(error.in_a_sentence())),
        }
    }

    /// Builds the plan from the current state.
    pub(super) async fn plan_again(
        &self,
        operation: &Operation,
        reader: &Reader<'_>,
    ) -> Result<(Plan, Invocation), Unplanned> {
        let catalog = self.runtime.catalog();
        let old = operation.pending.plan.first();
        let mut invocation = old.invocation(catalog).ok_or(Unplanned::NoAction)?;
        if old.secrets.is_some() {
            invocation.arguments = self.secrets.of(&operation.id).ok_or(Unplanned::SecretsForgotten)?;
        }
        // Each text is restored at its place, so it is looked up again.
        for target in &old.targets {
            let argument = invocation.arguments.get_mut(&target.input);
            if let Some(slot) = argument.and_then(|argument| argument.pointer_mut(&target.pointer)) {
                *slot = target.sought().into();
            }
        }
        let references =
            references(catalog, &invocation.action, &invocation.arguments).map_err(|_| Unplanned::Altered)?;
        let draft = Draft { invocation, references };
        let resolved = resolve(catalog, draft, reader, None).await;
        let (invocation, mut targets) = resolved.map_err(Unplanned::Resolve)?;
        for (target, old) in targets.iter_mut().zip(&old.targets) {
            target.written.clone_from(&old.written);
        }
        let before = before(reader, &invocation).await.map_err(Unplanned::Before)?;
        let step = Step::new(catalog, &invocation, targets, before).showing(old.all, &old.columns);
        Ok((Plan::of(step), invocation))
    }

    /// The reason why a plan could not be rebuilt. If another user was faster, the request might already have run, and
    /// there is nothing left to plan.
    pub(super) async fn unplanned(
        &self,
        operation: Operation,
        problem: Unplanned,
        lookups: Vec<String>,
    ) -> Result<SettleError, SettleError> {
        let now = self.ledger.clock().now_ms();
        let operation = Box::new(self.find(&operation.id).await?);
        Ok(if operation.waits(now) {
            SettleError::Unplanned(operation, problem, lookups)
        } else {
            SettleError::Unsettled(operation, Unsettled::Settled)
        })
    }
}

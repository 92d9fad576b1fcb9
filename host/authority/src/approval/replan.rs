//! A plan is made again before it runs, and its target is looked at again when nobody saw the end.

use super::propose::before;
use super::{Approvals, SettleError, Unplanned};
use crate::Reader;
use crate::operation::{Operation, Unsettled};
use crate::plan::{Before, Plan, Step, resolve};
use claude_admin_catalog::Action;
use claude_admin_chat::command::{Draft, Invocation, references};
use claude_admin_chat::is_missing;

/// What somebody sees who looks at the target of an operation.
#[derive(Debug)]
pub enum Look {
    /// The target as it is now.
    Now(Before),
    /// The API does not have it.
    Missing,
    /// It cannot be read, and why.
    Unread(String),
}

impl Approvals {
    /// Looks at what an operation was done to, as far as the reader may; `None` where there is nothing to look at.
    pub async fn look_at_target(&self, operation: &Operation, reader: &Reader<'_>) -> Option<Look> {
        let step = operation.pending.plan.first();
        let action = self.runtime.catalog().action(&step.action)?;
        match before(reader, action, &step.invocation()).await {
            Ok(Before::Nothing) => None,
            Ok(Before::NotAllowed { action }) => {
                Some(Look::Unread(format!("you may not run `{}`", action.replace('.', " "))))
            }
            Ok(now) => Some(Look::Now(now)),
            Err(error) if error.reported().is_some_and(is_missing) => Some(Look::Missing),
            Err(error) => Some(Look::Unread(error.in_a_sentence())),
        }
    }

    /// Makes the plan as it would be made now.
    pub(super) async fn plan_again(
        &self,
        operation: &Operation,
        reader: &Reader<'_>,
    ) -> Result<(Plan, Invocation, &Action), Unplanned> {
        let catalog = self.runtime.catalog();
        let old = operation.pending.plan.first();
        let action = catalog.action(&old.action).ok_or(Unplanned::NoAction)?;
        let mut invocation = old.invocation();
        if old.secrets.is_some() {
            invocation.arguments = self.secrets.of(&operation.id).ok_or(Unplanned::SecretsForgotten)?;
        }
        // Each text is put back where it was written, so that it is looked up again.
        for target in &old.targets {
            let argument = invocation.arguments.get_mut(&target.input);
            if let Some(slot) = argument.and_then(|argument| argument.pointer_mut(&target.pointer)) {
                *slot = target.sought().into();
            }
        }
        let references = references(catalog, action, &invocation.arguments).map_err(|_| Unplanned::Altered)?;
        let draft = Draft { invocation, references };
        let resolved = resolve(catalog, draft, reader, None).await;
        let (invocation, mut targets) = resolved.map_err(Unplanned::Resolve)?;
        for (target, old) in targets.iter_mut().zip(&old.targets) {
            target.written.clone_from(&old.written);
        }
        let before = before(reader, action, &invocation).await.map_err(Unplanned::Before)?;
        let step = Step::new(catalog, action, &invocation, targets, before).showing(old.all, &old.columns);
        Ok((Plan::of(step), invocation, action))
    }

    /// Why a plan was not made anew. Whoever was faster may have done it, so that there is nothing to plan any more.
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

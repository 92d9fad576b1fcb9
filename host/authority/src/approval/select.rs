//! The selection of optional steps. Those that are selected are part of the plan that is decided, and of its hash.

use super::settle::is_foreign;
use super::{Approvals, SettleError, Unplanned};
use crate::Person;
use crate::operation::{Operation, Pending, Unsettled};
use claude_admin_audit::{Code, Difference};
use claude_admin_chat::command::Reason;
use std::collections::BTreeSet;

/// The code of the difference between two plans that have other steps selected.
pub const OTHER_SELECTION: &str = "other-selection";

/// The optional steps that a user selects.
#[derive(Debug, Clone)]
pub struct Selecting {
    /// The ID of the operation, or the beginning of it.
    pub operation: String,
    /// The numbers of the steps; none for every optional step.
    pub steps: Option<BTreeSet<u32>>,
    /// The reason for the request. Without it, the earlier one remains.
    pub reason: Option<Reason>,
}

impl Approvals {
    /// Selects optional steps of a pending request, and no others. The request has a new version then, with its own
    /// requirements: earlier approvals do not count for it. A user who can approve it can only take steps out of the
    /// selection.
    ///
    /// # Errors
    ///
    /// [`SettleError`] if the selection has no effect.
    pub async fn select(&self, wanted: &Selecting, person: &Person) -> Result<Operation, SettleError> {
        let operation = self.find_for(person, &wanted.operation).await?;
        let pending = &operation.pending;
        if !operation.waits(self.ledger.clock().now_ms()) {
            return Err(SettleError::Unsettled(Box::new(operation), Unsettled::Settled));
        }
        let is_requester = pending.requester == person.principal;
        if !is_requester && (is_foreign(&operation, person) || self.approves(&operation, person).is_err()) {
            return Err(SettleError::Unsettled(Box::new(operation), Unsettled::NotRequester));
        }
        if !operation.is_whole() {
            return Err(SettleError::Unplanned(Box::new(operation), Unplanned::Altered, Vec::new()));
        }
        let selected: BTreeSet<u32> = pending.plan.selected().collect();
        let every = || pending.plan.options().collect();
        let numbers = wanted.steps.clone().unwrap_or_else(every);
        // The requester selects each step that runs. An approver can only take steps out.
        if !is_requester && (!numbers.is_subset(&selected) || wanted.reason.is_some()) {
            return Err(SettleError::Unsettled(Box::new(operation), Unsettled::AddsSteps));
        }
        let plan = match pending.plan.selecting(&numbers) {
            Ok(plan) => plan,
            Err(number) => return Err(SettleError::NoSuchOption(Box::new(operation), number)),
        };
        if numbers == selected && wanted.reason.is_none() {
            return Ok(operation);
        }
        let reason = wanted.reason.as_ref().map(ToString::to_string).or_else(|| pending.reason.clone());
        let pending = Pending { version: pending.version + 1, plan, reason, ..pending.clone() };
        let selected = Operation { pending, ..operation.clone() };
        let requester = self.decider.person(&selected.pending.requester, &selected.pending.place).await;
        let requirements = self.requirements_now(&selected, &selected.pending.plan, &requester)?;
        if requirements.reason && selected.pending.reason.is_none() {
            return Err(SettleError::SelectionNeedsReason(Box::new(operation)));
        }
        if let Some(no_approver) = self.no_approver_of(&requester, &selected.pending.plan, &requirements) {
            return Err(SettleError::NoApprover(Box::new(operation), no_approver));
        }
        let differences = [Difference::Other(Code::new(OTHER_SELECTION).into())];
        let renewed = Pending { requirements, ..selected.pending };
        // A selection does not extend the time for a decision.
        self.supersede(&operation, person, renewed, &differences, Vec::new(), operation.expires_ms).await
    }
}

//! Whose business an operation is: who may see it, and who may decide about it.

use super::settle::is_foreign;
use super::{Approvals, SettleError};
use crate::Person;
use crate::operation::{Operation, Projection, State};
use crate::operation_id;
use crate::policy::{Decision, Denial, DenialKind, HostAction};
use claude_admin_audit::store::Log;
use claude_admin_chat::identity::Principal;
use std::sync::Arc;

/// The last entries of the log in which an operation is looked for that ended long ago.
const RECENT: usize = 10_000;

/// Nothing permits it, for a reason of ours.
pub(super) fn nobodys_business(message: impl Into<String>) -> Denial {
    Denial { kind: DenialKind::NothingPermits, message: message.into() }
}

impl Approvals {
    /// Finds the operation that an id stands for.
    ///
    /// # Errors
    ///
    /// [`SettleError`] when there is none, or several.
    pub async fn find(&self, id: &str) -> Result<Operation, SettleError> {
        self.find_among(id, RECENT, None, |_| true).await
    }

    /// Finds the operation that an id, or the beginning of one, stands for, among those that are somebody's business.
    ///
    /// # Errors
    ///
    /// [`SettleError`] when there is none, or several.
    pub async fn find_for(&self, person: &Person, id: &str) -> Result<Operation, SettleError> {
        // An ID is easily made up, and a long log takes long to read: that is for those who can read it anyway.
        let most = if self.decider.may(person, HostAction::ReadAudit).is_none() { usize::MAX } else { RECENT };
        self.find_among(id, most, Some(&person.principal), |operation| self.concerns(person, operation)).await
    }

    /// What waits or runs goes before what ended. Of what ended long ago, the last `most` entries of the log are read.
    async fn find_among(
        &self,
        id: &str,
        most: usize,
        reader: Option<&Principal>,
        visible: impl Fn(&Operation) -> bool,
    ) -> Result<Operation, SettleError> {
        let not_found = || SettleError::NotFound(id.to_owned());
        let wanted = id.to_owned();
        if wanted.len() < operation_id::MIN_PREFIX {
            return Err(not_found());
        }
        let mut found: Vec<Arc<Operation>> = self
            .ledger
            .look(move |projection| {
                let begins = |operation: &&Arc<Operation>| operation.id.starts_with(&wanted);
                projection.operations().filter(begins).cloned().collect()
            })
            .await?;
        found.retain(|operation| visible(operation));
        if found.iter().any(|operation| !operation.state.is_settled()) {
            found.retain(|operation| !operation.state.is_settled());
        }
        match (found.len(), found.pop()) {
            (1, Some(one)) => Ok(Arc::unwrap_or_clone(one)),
            (0, _) if id.len() == operation_id::LENGTH => {
                // What ended long ago stands only in the trail itself.
                let wanted = id.to_owned();
                let search = move |log: &dyn Log| Projection::search(log, &wanted, most);
                let old = match reader {
                    Some(reader) => self.ledger.read_for(reader, search).await?,
                    None => self.ledger.read(search).await?,
                };
                let old = old.map_err(|error| SettleError::Ledger(error.into()))?;
                old.filter(|operation| visible(operation)).ok_or_else(not_found)
            }
            (0, _) => Err(not_found()),
            (_, last) => Err(SettleError::Ambiguous(
                found.into_iter().chain(last).map(|operation| operation.id.clone()).collect(),
            )),
        }
    }

    /// Whether a pending request has its approvals, so that only its requester must still confirm it.
    pub async fn is_approved(&self, operation: &Operation) -> bool {
        let needs_approval = !operation.pending.requirements.approvals.is_empty();
        operation.state == State::Waiting && needs_approval && self.is_enough(operation, None).await
    }

    /// Whether an operation is any of somebody's business: they asked for it, decided or may decide about it, or read the
    /// audit trail.
    #[must_use]
    pub fn concerns(&self, person: &Person, operation: &Operation) -> bool {
        let decided = || operation.decisions.iter().any(|decided| decided.principal == person.principal);
        let may_decide = || {
            !operation.pending.requirements.approvals.is_empty()
                && !is_foreign(operation, person)
                && self.approves(operation, person).is_ok()
        };
        operation.pending.requester == person.principal
            || decided()
            || may_decide()
            || self.decider.may(person, HostAction::ReadAudit).is_none()
    }

    /// Whether somebody may approve an operation: which of its rules they count for.
    ///
    /// A rule with a group wants a member of it, whom no policy forbids the action; a rule without wants somebody who may
    /// do the same thing themselves.
    ///
    /// # Errors
    ///
    /// The denial, when they count for none.
    pub fn approves(&self, operation: &Operation, person: &Person) -> Result<Vec<bool>, Denial> {
        let plan = operation.pending.plan.first();
        let Some(action) = self.runtime.catalog().action(&plan.action) else {
            return Err(Denial::unknown_action(&plan.action));
        };
        let reason = operation.pending.reason.as_deref();
        let may_do_it = match self.decider.decide(person, action, &plan.arguments, reason) {
            Decision::Allow(_) => true,
            Decision::Deny(denial) if denial.kind == DenialKind::NothingPermits => false,
            Decision::Deny(denial) => return Err(denial),
        };
        let rules = &operation.pending.requirements.approvals;
        let counts: Vec<bool> =
            rules.iter().map(|rule| rule.from.as_ref().map_or(may_do_it, |group| person.is_in(group))).collect();
        if counts.contains(&true) {
            return Ok(counts);
        }
        let groups: Vec<&str> = rules.iter().filter_map(|rule| rule.from.as_deref()).collect();
        Err(nobodys_business(if groups.is_empty() {
            format!("only somebody who may run `{}` here may decide about it", action.command())
        } else {
            format!("only members of {} may decide about it", groups.join(", "))
        }))
    }
}

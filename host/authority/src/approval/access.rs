//! The access to operations: who can see an operation, and who can decide it.

use super::settle::is_foreign;
use super::{Approvals, SettleError};
use crate::Person;
use crate::operation::{Operation, Projection, State};
use crate::operation_id;
use crate::policy::{Denial, DenialKind, HostAction};
use claude_admin_audit::store::{Log, StoreError};
use claude_admin_chat::identity::Principal;
use std::sync::Arc;

/// The number of last entries of the log that are searched for an operation that ended long ago.
const RECENT: usize = 10_000;
/// The maximum number of operations that one beginning of an ID can name.
const MOST_MATCHES: usize = 10;

/// A denial because nothing permits the decision. The reason comes from the host, not from the policy.
pub(super) fn nothing_permits(message: impl Into<String>) -> Denial {
    Denial { kind: DenialKind::NothingPermits, message: message.into() }
}

impl Approvals {
    /// Finds the operation with an ID.
    ///
    /// # Errors
    ///
    /// [`SettleError`] if no operation matches, or if several match.
    pub async fn find(&self, id: &str) -> Result<Operation, SettleError> {
        self.find_among(id, RECENT, None, |_| true).await
    }

    /// Finds the operation that an ID, or the beginning of one, matches, among those that a user can see.
    ///
    /// # Errors
    ///
    /// [`SettleError`] if no operation matches, or if several match.
    pub async fn find_for(&self, person: &Person, id: &str) -> Result<Operation, SettleError> {
        // A user can invent an ID, and reading a long log takes a long time. Only users who can read the log search all
        // of it.
        let most = if self.decider.may(person, HostAction::ReadAudit).is_none() { usize::MAX } else { RECENT };
        self.find_among(id, most, Some(&person.principal), |operation| self.concerns(person, operation)).await
    }

    /// Pending and running operations take precedence over ended ones. For an operation that ended long ago, the last
    /// `most` entries of the log are read.
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
            (0, _) => {
                // An operation that ended before this process started, or long ago, is only in the audit log.
                let wanted = id.to_owned();
                let search = move |log: &dyn Log| {
                    let ids = match wanted.len() == operation_id::LENGTH {
                        true => vec![wanted],
                        false => Projection::ids_beginning_with(log, &wanted, RECENT, MOST_MATCHES)?,
                    };
                    let found = ids.iter().map(|id| Projection::search(log, id, most));
                    found.filter_map(Result::transpose).collect::<Result<Vec<Operation>, StoreError>>()
                };
                let old = match reader {
                    Some(reader) => self.ledger.read_for(reader, search).await?,
                    None => self.ledger.read(search).await?,
                };
                let mut old = old.map_err(|error| SettleError::Ledger(error.into()))?;
                old.retain(|operation| visible(operation));
                match (old.len(), old.pop()) {
                    (0 | 1, only) => only.ok_or_else(not_found),
                    (_, last) => {
                        Err(SettleError::Ambiguous(old.into_iter().chain(last).map(|operation| operation.id).collect()))
                    }
                }
            }
            (_, last) => Err(SettleError::Ambiguous(
                found.into_iter().chain(last).map(|operation| operation.id.clone()).collect(),
            )),
        }
    }

    /// Whether a pending request has its approvals, and only the confirmation of its requester is missing.
    pub async fn is_approved(&self, operation: &Operation) -> bool {
        let needs_approval = !operation.pending.requirements.approvals.is_empty();
        operation.state == State::Waiting && needs_approval && self.is_enough(operation, None).await
    }

    /// Whether a user can see an operation: as its requester, as a user who decided it or can decide it, or as a user
    /// who can read the audit log.
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
}

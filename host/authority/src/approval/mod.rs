//! Decides requests before they run: plans, confirmations, approvals by others.
//!
//! A plan is decided once: every step reads the current state in the [`Ledger`] and appends only if no other writer
//! appended first. Before a request runs, its requester and approvers are evaluated again, and the plan is rebuilt. If
//! the plan differs from the one that was shown, the request does not run. The intent is on disk before the request is
//! sent.

mod access;
mod authorized;
mod immediate;
mod intent;
mod lone_operator;
mod no_approver;
mod observer;
pub mod pages;
mod propose;
mod propose_several;
mod quorum;
mod replan;
mod run_steps;
mod select;
mod settle;
mod settle_error;
mod start;

pub use authorized::Authorized;
pub use lone_operator::{LoneOperator, NameQuestion, Wait, Waited};
pub use no_approver::NoApprover;
pub use observer::{NoObserver, Observer, Stage};
pub use propose::{Found, MAX_PENDING, NotProposed, Planned, Proposal, ProposeError, Proposed};
pub use propose_several::{CommandDraft, Commands, FailedCommand, MAX_STEPS, ProposedSeveral};
pub use replan::Look;
pub use run_steps::NextStep;
pub use select::{OTHER_SELECTION, Selecting};
pub use settle::{Settled, Vote};
pub use settle_error::{SettleError, Unplanned};

use super::Decider;
use super::operation::{FIRST_STEP, Ledger, LedgerError, Operation};
use super::plan::SecretArguments;
use crate::execute::Execute;
use claude_admin_audit::store::Durability;
use claude_admin_audit::{Cause, Entry, Event};
use claude_admin_chat::Changed;
use std::sync::Arc;
use std::time::Duration;

/// The number of attempts to record an outcome, and the pause after the first one.
const FINISH_ATTEMPTS: u32 = 4;
const FINISH_PAUSE: Duration = Duration::from_millis(250);

/// Decides requests before they run.
#[derive(Debug, Clone)]
pub struct Approvals {
    runtime: Arc<dyn Execute>,
    decider: Arc<Decider>,
    ledger: Ledger,
    observer: Arc<dyn Observer>,
    secrets: Arc<SecretArguments>,
}

/// The result of a request, for the audit log.
#[derive(Debug, Clone)]
pub struct End {
    /// The word of the outcome.
    pub result: &'static str,
    /// Whether anything was changed.
    pub changed: Changed,
    /// The HTTP status of the API, if it responded.
    pub status: Option<u16>,
    /// The API request IDs.
    pub requests: Vec<String>,
    /// The cause, if there is one.
    pub cause: Option<Cause>,
    /// The people whose content was read, or the objects, if content was read.
    pub content_of: Vec<String>,
}

impl From<End> for Event {
    fn from(end: End) -> Self {
        let End { result, changed, status, requests, cause, content_of: _ } = end;
        Self::Outcome { result: result.to_owned(), changed: Some(changed), status, requests, cause }
    }
}

impl Approvals {
    /// Decides with a policy and a ledger; `observer` is notified of every stage.
    #[must_use]
    pub fn new(
        runtime: Arc<impl Execute + 'static>,
        decider: Arc<Decider>,
        ledger: Ledger,
        observer: Arc<dyn Observer>,
    ) -> Self {
        Self { runtime, decider, ledger, observer, secrets: Arc::default() }
    }

    /// The policy and the groups.
    #[must_use]
    pub fn decider(&self) -> &Arc<Decider> {
        &self.decider
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Forgets the secret arguments of requests that expired.
    pub fn forget_expired_secrets(&self) {
        self.secrets.forget_expired(self.ledger.clock().now_ms());
    }

    /// Records the result of an operation.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if it cannot be recorded: the result of the operation is then unknown after this host exits.
    pub async fn finish(&self, operation: &Operation, end: End) -> Result<(), LedgerError> {
        self.observer.reached(Stage::Answered);
        let read = (!end.content_of.is_empty()).then(|| Event::ContentRead { of: end.content_of.clone() });
        let outcome = Event::from(end);
        let entries: Vec<Entry> =
            read.into_iter().chain([outcome]).map(|event| operation.entry_of_step(FIRST_STEP, event)).collect();
        let mut attempt = 1;
        // The result must be recorded. It is worth waiting for a store that is busy for a while.
        while let Err(error) = self.ledger.append(Durability::Disk, entries.clone()).await {
            if attempt == FINISH_ATTEMPTS {
                return Err(error);
            }
            tracing::warn!(operation = operation.id, %error, attempt, "the outcome is not recorded yet");
            tokio::time::sleep(FINISH_PAUSE * attempt).await;
            attempt += 1;
        }
        self.observer.reached(Stage::Ended);
        Ok(())
    }
}

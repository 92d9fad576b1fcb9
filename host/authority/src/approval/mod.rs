//! Settles what must be decided before it is done: plans, confirmations, approvals by others.
//!
//! A plan is settled once: every step looks at how things stand in the [`Ledger`] and appends only if nobody was faster.
//! Before anything runs, requester and approvers are asked about again and the plan is made anew; if it differs from what
//! was shown, it does not run. The intent is on disk before the request leaves.

mod access;
mod approvers;
mod authorized;
mod immediate;
mod lone_operator;
mod observer;
pub mod pages;
mod propose;
mod replan;
mod settle;
mod settle_error;

pub use approvers::NoApprover;
pub use authorized::Authorized;
pub use lone_operator::{LoneOperator, NameQuestion, Wait, Waited};
pub use observer::{NoObserver, Observer, Stage};
pub use propose::{Found, MAX_PENDING, NotProposed, Proposal, ProposeError, Proposed};
pub use replan::Look;
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

/// How often it is tried to record an outcome, and the pause after the first time.
const FINISH_ATTEMPTS: u32 = 4;
const FINISH_PAUSE: Duration = Duration::from_millis(250);

/// Settles what must be decided before it is done.
#[derive(Debug, Clone)]
pub struct Approvals {
    runtime: Arc<dyn Execute>,
    decider: Arc<Decider>,
    ledger: Ledger,
    observer: Arc<dyn Observer>,
    secrets: Arc<SecretArguments>,
}

/// How a request ended, for the record.
#[derive(Debug, Clone)]
pub struct End {
    /// The word of the outcome.
    pub result: &'static str,
    /// Whether anything was changed.
    pub changed: Changed,
    /// The status of the API, where it answered.
    pub status: Option<u16>,
    /// The ids of the requests at the API.
    pub requests: Vec<String>,
    /// What went wrong, where something did.
    pub cause: Option<Cause>,
    /// Whose content was read, or which objects, where content was read.
    pub content_of: Vec<String>,
}

impl From<End> for Event {
    fn from(end: End) -> Self {
        let End { result, changed, status, requests, cause, content_of: _ } = end;
        Self::Outcome { result: result.to_owned(), changed: Some(changed), status, requests, cause }
    }
}

impl Approvals {
    /// Settles with a policy and a ledger; `observer` is notified of every stage.
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
    pub fn decider(&self) -> &Decider {
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

    /// Records how an operation ended.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] when it cannot be recorded: the operation then counts as unknown once this host is gone.
    pub async fn finish(&self, operation: &Operation, end: End) -> Result<(), LedgerError> {
        self.observer.reached(Stage::Answered);
        let read = (!end.content_of.is_empty()).then(|| Event::ContentRead { of: end.content_of.clone() });
        let outcome = Event::from(end);
        let entries: Vec<Entry> =
            read.into_iter().chain([outcome]).map(|event| operation.entry_of_step(FIRST_STEP, event)).collect();
        let mut attempt = 1;
        // What was done must be known: a store that is busy for a while is worth waiting for.
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

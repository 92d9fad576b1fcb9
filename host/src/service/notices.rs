//! Messages about operations that users must see without asking: the card for approvers, their reminder, and the message
//! to the requester.
//!
//! The audit log says which messages exist and what they show. So it does not matter how a request was made or decided,
//! or by which process: a host that can post compares the log with what was posted, and posts the difference.

use super::Service;
use crate::audit::{Audience, Event, MessageId};
use crate::decision::operation::{CommitError, Delivery, Ledger, LedgerError, Operation, Progress, Projection};
use crate::document::{self, Document};
use crate::store::Durability;
use std::sync::Arc;
use tokio::sync::watch;

/// A message that is due.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The operation.
    pub operation: Operation,
    /// The readers.
    pub audience: Audience,
    /// The state of the operation that the message shows.
    shows: String,
    /// Whether the requester can run the request now.
    is_approved: bool,
}

/// The readers of messages, in the order in which they are notified.
const AUDIENCES: [Audience; 3] = [Audience::Approvers, Audience::Requester, Audience::Reminder];

/// The data with which operations are checked once for due messages.
struct Look {
    now_ms: i64,
    ledger: Ledger,
}

impl Look {
    fn due(&self, operation: &Operation, audience: Audience, is_approved: bool) -> Option<String> {
        let is_alive = |host: &str| self.ledger.is_alive(host);
        operation.due_notice(audience, is_approved, self.now_ms, self.ledger.host(), is_alive)
    }
}

impl Service {
    /// Reports changes of operations, after each of which [`Self::due_notices`] might return other messages.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.ledger().changes()
    }

    /// An operation by its complete ID, for any requester; none if it does not exist.
    pub async fn operation(&self, id: &str) -> Option<Operation> {
        self.approvals.find(id).await.ok()
    }

    /// The messages that are due now, about one operation or about all.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] when the audit log cannot be read.
    pub async fn due_notices(&self, only: Option<&str>) -> Result<Vec<Notice>, LedgerError> {
        let only = only.map(str::to_owned);
        let look = self.look();
        // Whether a request is approved is determined only if the message depends on it.
        let might_be_due = move |operation: &Operation| {
            let wanted = only.as_ref().is_none_or(|id| *id == operation.id);
            let is_due = |audience, is_approved| look.due(operation, audience, is_approved).is_some();
            wanted && AUDIENCES.iter().any(|audience| is_due(*audience, false) || is_due(*audience, true))
        };
        let operations: Vec<Arc<Operation>> = self
            .ledger()
            .look(move |projection| {
                projection.operations().filter(|operation| might_be_due(operation)).cloned().collect()
            })
            .await?;
        let look = self.look();
        let mut due = Vec::new();
        for operation in operations {
            let is_approved = self.approvals.is_approved(&operation).await;
            for audience in AUDIENCES {
                if let Some(shows) = look.due(&operation, audience, is_approved) {
                    due.push(Notice { operation: Operation::clone(&operation), audience, shows, is_approved });
                }
            }
        }
        Ok(due)
    }

    /// The text of a message.
    #[must_use]
    pub fn notice_document(&self, notice: &Notice) -> Document {
        self.in_local_time(match notice.audience {
            Audience::Approvers => document::operation(self.catalog(), &notice.operation),
            Audience::Requester => document::for_requester(self.catalog(), &notice.operation, notice.is_approved),
            Audience::Reminder => document::reminder(self.catalog(), &notice.operation),
        })
    }

    fn look(&self) -> Look {
        Look { now_ms: self.ledger().clock().now_ms(), ledger: self.ledger().clone() }
    }

    /// Records that this host is about to post a message; returns false when another host was faster.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] when the audit log cannot be written.
    pub async fn claim_notice(&self, notice: &Notice) -> Result<bool, LedgerError> {
        let (seen, audience, shows) = (notice.operation.clone(), notice.audience, notice.shows.clone());
        let host = self.ledger().host().to_owned();
        let decide = move |projection: &Projection, _: i64| {
            let current = projection.operation(&seen.id).ok_or(())?;
            if current.notices != seen.notices || current.state != seen.state {
                return Err(());
            }
            let progress = Progress::Posting { host: host.clone() };
            // When a commit is retried after a temporary failure, the claim can exist already.
            if current.notices.of(audience) == Some(&Delivery { shows: shows.clone(), progress }) {
                return Ok(Vec::new());
            }
            let event = Event::Notifying { audience, shows: shows.clone(), host: host.clone() };
            Ok(vec![current.entry(event)])
        };
        match self.ledger().commit(Durability::Process, decide, |_, _| ()).await {
            Ok(()) => Ok(true),
            Err(CommitError::Refused(())) => Ok(false),
            Err(CommitError::Ledger(error)) => Err(error),
        }
    }

    /// Records that a message was posted or changed, or why it cannot be.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] when the audit log cannot be written.
    pub async fn record_notice(
        &self,
        notice: &Notice,
        posted: Result<Option<MessageId>, String>,
    ) -> Result<(), LedgerError> {
        let (message, problem) = posted.map_or_else(|problem| (None, Some(problem)), |message| (message, None));
        let event = Event::Notified { audience: notice.audience, shows: notice.shows.clone(), message, problem };
        self.ledger().append(Durability::Process, vec![notice.operation.entry(event)]).await
    }
}

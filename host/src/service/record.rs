//! The entries of a command in the audit log, except the events of its operation.

use super::cause;
use super::{Outcome, Reply, Service};
use crate::audit::{Code, Entry, Event};
use crate::decision::Person;
use crate::decision::operation::{LedgerError, NotClaimed, Receipt, RequestKey};
use crate::decision::policy::Denial;
use crate::document;
use crate::identity::{Place, Principal};
use crate::store::Durability;
use claude_admin_chat::Verdict;

/// The reason why a request is not handled.
pub(super) enum Unreceived {
    /// The request was received before, or might have been.
    NotClaimed(NotClaimed),
    /// The request cannot be recorded.
    Ledger(LedgerError),
}

impl Service {
    /// Records that a request was denied before authentication: a forged, stale or foreign request. The first request
    /// of a kind is recorded immediately. Later ones within a minute are counted, and the count is recorded while it
    /// grows.
    pub async fn refused(&self, code: &'static str) {
        if let Some(count) = self.refusals.take_in(code, self.ledger().clock().now_ms()) {
            self.note(Entry::of_host(denied(code, count))).await;
        }
    }

    /// Records that an authenticated user sent data that cannot be valid.
    pub async fn disbelieved(&self, principal: &Principal, place: &Place, code: &'static str) {
        self.note(Entry::by(principal, place, denied(code, 1))).await;
    }

    pub(super) async fn note_refusals(&self, all: bool) {
        for (code, count) in self.refusals.counted(self.ledger().clock().now_ms(), all) {
            self.note(Entry::of_host(denied(code, count))).await;
        }
    }

    /// Accepts a request, unless it was received before, and records this. If `later` is true, its first entry is
    /// recorded with its next entry, or replaced by the outcome of a read.
    pub(super) async fn receive(
        &self,
        id: &str,
        person: &Person,
        key: Option<RequestKey>,
        text: Option<String>,
        later: bool,
    ) -> Result<Receipt, Unreceived> {
        let event = Event::Received { delivery: None, text };
        let entry = Entry { operation: Some(id.to_owned()), ..person.did(event) };
        let ledger = self.ledger();
        let accepted = match key {
            Some(key) if later => ledger.claim(key, id).await,
            Some(key) => ledger.accept(key, id, entry.clone()).await,
            None if later => Ok(Ok(())),
            None => ledger.append(Durability::Process, vec![entry.clone()]).await.map(Ok),
        };
        accepted.map_err(Unreceived::Ledger)?.map_err(Unreceived::NotClaimed)?;
        Ok(Receipt::new(ledger.clone(), later.then_some(entry)))
    }

    /// Records the receipt of a request that ended without any other entry.
    pub(super) async fn record_receipt(&self, receipt: &Receipt) {
        if let Err(error) = receipt.record().await {
            tracing::error!(%error, "not recorded");
        }
    }

    /// Denies a command of the host, and records this.
    pub(super) async fn refuse(&self, id: &str, person: &Person, denial: &Denial, what: &str) -> Reply {
        let document = document::denied(denial, what, Verdict::NotSent);
        let event = Event::Denied { reason: cause::of_denial(denial).into(), count: 1 };
        let entry = Entry { operation: Some(id.to_owned()), ..person.did(event) };
        self.note(entry.decided_by(denial.policies())).await;
        Reply::failed(Outcome::Denied, document)
    }

    /// Records the API requests of a command that shows data of the host, if it sent any.
    pub(super) async fn note_reads(&self, id: &str, person: &Person, requests: Vec<String>) {
        if requests.is_empty() {
            return;
        }
        let event = Event::Outcome {
            result: Outcome::Done.as_str().to_owned(),
            changed: Some(Verdict::Unchanged.changed()),
            status: None,
            requests,
            cause: None,
        };
        self.note(Entry { operation: Some(id.to_owned()), ..person.did(event) }).await;
    }

    /// Records an entry after which the command runs nothing more. If this fails, the log of the process says so.
    pub(super) async fn note(&self, entry: Entry) {
        if let Err(error) = self.ledger().append(Durability::Process, vec![entry]).await {
            tracing::error!(%error, "not recorded");
        }
    }
}

/// A denial before the request was parsed.
pub(super) fn denied(code: &'static str, count: u64) -> Event {
    Event::Denied { reason: Code::new(code).into(), count }
}

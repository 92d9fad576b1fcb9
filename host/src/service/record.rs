//! What a command leaves in the audit log besides the events of its operation.

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

/// Why a request goes no further.
pub(super) enum Unreceived {
    /// It was received before, or can have been.
    NotClaimed(NotClaimed),
    /// It cannot be recorded.
    Ledger(LedgerError),
}

impl Service {
    /// Records that something was refused before anybody was believed: a forged, stale or foreign request. The first of a
    /// kind is recorded at once; what follows within a minute is counted, and the count is recorded while it grows.
    pub async fn refused(&self, code: &'static str) {
        if let Some(count) = self.refusals.take_in(code, self.ledger.clock().now_ms()) {
            self.note(Entry::of_host(denied(code, count))).await;
        }
    }

    /// Records that a user who was authenticated did something that cannot be believed.
    pub async fn disbelieved(&self, principal: &Principal, place: &Place, code: &'static str) {
        self.note(Entry::by(principal, place, denied(code, 1))).await;
    }

    pub(super) async fn note_refusals(&self, all: bool) {
        for (code, count) in self.refusals.counted(self.ledger.clock().now_ms(), all) {
            self.note(Entry::of_host(denied(code, count))).await;
        }
    }

    /// Accepts a request, unless it was received before, and records that. With `later`, its first entry is recorded with
    /// the next one about it, or replaced by the outcome of a read.
    pub(super) async fn receive(
        &self,
        id: &str,
        person: &Person,
        key: Option<RequestKey>,
        text: Option<String>,
        later: bool,
    ) -> Result<Receipt, Unreceived> {
        if let Some(key) = key {
            self.ledger.claim(key, id).await.map_err(Unreceived::Ledger)?.map_err(Unreceived::NotClaimed)?;
        }
        let event = Event::Received { delivery: None, text };
        let receipt =
            Receipt::new(self.ledger.clone(), Some(Entry { operation: Some(id.to_owned()), ..person.did(event) }));
        if !later {
            receipt.record().await.map_err(Unreceived::Ledger)?;
        }
        Ok(receipt)
    }

    /// Records that a request was received that ended without any other entry.
    pub(super) async fn record_receipt(&self, receipt: &Receipt) {
        if let Err(error) = receipt.record().await {
            tracing::error!(%error, "not recorded");
        }
    }

    /// Refuses a command of the host, on the record.
    pub(super) async fn refuse(&self, id: &str, person: &Person, denial: &Denial, what: &str) -> Reply {
        let document = document::denied(denial, what, Verdict::NotSent);
        let event = Event::Denied { reason: cause::of_denial(denial).into(), count: 1 };
        let entry = Entry { operation: Some(id.to_owned()), ..person.did(event) };
        self.note(entry.decided_by(denial.policies())).await;
        Reply::failed(Outcome::Denied, document)
    }

    /// Records which requests a command sent that shows what the host knows, where it sent some.
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

    /// Records something after which nothing is done. Where it cannot be recorded, the log says so.
    pub(super) async fn note(&self, entry: Entry) {
        if let Err(error) = self.ledger.append(Durability::Process, vec![entry]).await {
            tracing::error!(%error, "not recorded");
        }
    }
}

/// Something was denied before it was understood.
pub(super) fn denied(code: &'static str, count: u64) -> Event {
    Event::Denied { reason: Code::new(code).into(), count }
}

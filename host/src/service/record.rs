//! What a command leaves in the audit log besides the events of its operation.

use super::cause;
use super::{Outcome, Reply, Service};
use crate::audit::{Code, Entry, Event};
use crate::decision::Person;
use crate::decision::operation::{CommitError, FirstDelivery, LedgerError, Projection};
use crate::decision::policy::Denial;
use crate::document;
use crate::identity::{Place, Principal};
use crate::store::Durability;
use claude_admin_chat::Verdict;

/// Why a request goes no further.
pub(super) enum Unreceived {
    /// It was received before.
    Duplicate(FirstDelivery),
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

    /// Records a request, unless it was received before.
    pub(super) async fn receive(
        &self,
        id: &str,
        person: &Person,
        delivery: Option<String>,
        text: Option<String>,
    ) -> Result<(), Unreceived> {
        let (id, person) = (id.to_owned(), person.clone());
        let decide = move |projection: &Projection, _: i64| {
            if let Some(first) = delivery.as_deref().and_then(|delivery| projection.first_delivery(delivery)) {
                return Err(first);
            }
            let event = Event::Received { delivery: delivery.clone(), text: text.clone() };
            Ok(vec![Entry { operation: Some(id.clone()), ..person.did(event) }])
        };
        let received = self.ledger.commit(Durability::Process, decide, |_, _| ()).await;
        received.map_err(|error| match error {
            CommitError::Refused(first) => Unreceived::Duplicate(first),
            CommitError::Ledger(error) => Unreceived::Ledger(error),
        })
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

//! Selects optional steps of a pending request.

use super::ending::{Ending, of_settle_error};
use super::run::waiting_json;
use super::{Outcome, Reply, Service};
use crate::audit::{Entry, Event};
use crate::decision::Person;
use crate::decision::approval::Selecting;
use crate::document;

impl Service {
    /// Selects optional steps. The reply contains the card of the new version.
    pub(super) async fn select(&self, person: &Person, wanted: Selecting) -> Reply {
        let catalog = self.catalog();
        match self.approvals.select(&wanted, person).await {
            Ok(operation) => {
                let mut reply = Reply::failed(Outcome::Waiting, document::waiting(catalog, &operation));
                reply.error = Some(waiting_json(catalog, &operation));
                reply.for_others = !operation.pending.requirements.approvals.is_empty();
                reply.share = reply.for_others;
                reply.about(&operation)
            }
            Err(error) => {
                let Ending { outcome, code } = of_settle_error(catalog, &error);
                let entry = Entry {
                    operation: Some(wanted.operation),
                    ..person.did(Event::Denied { reason: code.into(), count: 1 })
                };
                self.note(error.note(entry)).await;
                Reply::failed(outcome, document::settle_error(catalog, &error, self.upstream()))
            }
        }
    }
}

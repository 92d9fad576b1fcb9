//! Additions to a plan: that its request would have no effect, and the objects that depend on its target.

use super::{Outcome, Reply, Service};
use crate::audit::{Effect, Entry, Event};
use crate::command::{Arguments, Options};
use crate::decision::approval::Found;
use crate::decision::plan::{Plan, Step, code_of, dependents, outcome_of};
use crate::decision::{Person, Reader};
use crate::document;
use crate::identity::Platform;
use claude_admin_catalog::Action;
use serde_json::json;

impl Service {
    /// The reply to a write that has nothing to change, or that the API would reject: no user is asked, and nothing is
    /// sent.
    pub(super) async fn pointless(
        &self,
        id: &str,
        person: &Person,
        action: &Action,
        plan: &Plan,
        found: &Found,
        options: &Options,
    ) -> Reply {
        let catalog = self.catalog();
        let Some(pointless) = plan.first().pointless(catalog) else {
            return Reply::told(document::Document::default());
        };
        let outcome = outcome_of(pointless.kind);
        if !options.dry_run {
            let event = Event::Outcome {
                result: outcome.as_str().to_owned(),
                changed: Some(found.verdict().changed()),
                status: None,
                requests: Vec::new(),
                cause: Some(code_of(pointless.kind).into()),
            };
            let entry = plan.note(id, found.note(person.did(event)));
            self.note(Entry { effect: Some(Effect::of(catalog, action)), ..entry }).await;
        }
        let mut reply =
            Reply::failed(outcome, document::not_asked(catalog, plan.first(), pointless)).with_verdict(found.verdict());
        let data = json!({
            "dry_run": options.dry_run,
            "nothing_sent": document::pointless(catalog, plan.first(), pointless),
            "plan_hash": plan.hash(),
            "plan": plan,
        });
        match outcome {
            Outcome::Done => reply.data = Some(data),
            _ => reply.error = Some(data),
        }
        reply
    }

    /// Adds the objects that depend on the target of a plan to a reply that only the requester sees. They are read with
    /// the permissions of the requester. Therefore a message to a channel has none of them: each user can read them
    /// with `status`.
    pub(super) async fn with_dependents(
        &self,
        reader: &Reader<'_>,
        action: &Action,
        step: &Step,
        ids_only: bool,
        mut reply: Reply,
    ) -> Reply {
        if action.impacts.is_empty() {
            return reply;
        }
        let (person, operation) = (reader.person(), reader.operation());
        // The card in a channel names the command that shows them.
        if reply.share && person.place.platform == Platform::Slack {
            return reply;
        }
        let found = dependents(reader, self.catalog(), action, step, self.api_now()).await;
        let requests = reader.requests();
        if !requests.is_empty() {
            tracing::info!(operation, requests = requests.join(","), "dependents of the target were read");
        }
        let mut shown = document::Document::default().with(document::dependents(&found));
        if !ids_only && Self::shows_names(&person.principal, &person.place, reply.format, reply.share) {
            for dependents in found.iter().filter(|dependents| dependents.has_unnamed()) {
                let (list, items) = &dependents.listed;
                let Some(list) = self.catalog().action(list) else { continue };
                let page = json!({ "data": items });
                let names = self.names_for(operation, person, list, &Arguments::new(), &page).await;
                shown = shown.with_names(&names.names);
            }
        }
        for block in shown.blocks {
            reply.document = document::with_dependents(reply.document, block);
        }
        let json = json!(found);
        for slot in [&mut reply.data, &mut reply.error].into_iter().flatten() {
            let slot = if slot.get("waiting").is_some() { &mut slot["waiting"] } else { slot };
            slot["dependents"] = json.clone();
        }
        reply
    }
}

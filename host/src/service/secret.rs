//! Secrets: the places and formats in which a response with a secret is delivered, and the text of a request that is
//! recorded.

use super::understand::Understood;
use super::{Outcome, Reply, Service, audience};
use crate::audit::{Code, Effect, Entry, Event};
use crate::command::{self, Command, CommandError, CommandErrorKind, Format, HostCommand, Invocation, Several};
use crate::decision::Person;
use crate::decision::approval::Approvals;
use crate::decision::operation::{FIRST_STEP, Operation};
use crate::document::{self, Level, Notice};
use crate::identity::{Place, Platform};
use crate::store::Durability;
use claude_admin_catalog::{Action, Catalog};
use claude_admin_chat::Verdict;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

const REDACTED: &str = "[redacted]";

/// The reason why a response with a secret cannot be delivered only to its requester in a place and a format; none if
/// it can.
///
/// JSON over HTTP and on a terminal has every field of the response. The other formats show a document, which has no
/// secrets. A message in Slack is stored there, and a model can repeat a text that it has read anywhere.
fn not_carried(action: &Action, place: &Place, format: Option<Format>) -> Option<(String, &'static str)> {
    if !action.sensitive {
        return None;
    }
    let hint = match (place.platform, format) {
        (Platform::Http | Platform::Local, Some(Format::Json)) => return None,
        (Platform::Http, _) => "Send the command again with `\"output\": \"json\"`.",
        (Platform::Local, _) => "Run the command again with `-o json`.",
        (Platform::Slack | Platform::Mcp, _) => return audience::never(action, place),
    };
    let text = format!("The response to `{}` contains a secret, and this format does not show it.", action.command());
    Some((text, hint))
}

impl Service {
    /// Denies a command before anything is sent, if its response contains a secret that cannot be delivered.
    pub(super) async fn undeliverable(
        &self,
        id: &str,
        person: &Person,
        action: &Action,
        format: Option<Format>,
    ) -> Option<Reply> {
        let (text, hint) = not_carried(action, &person.place, format)?;
        let event = Event::Denied { reason: Code::new("secret-not-deliverable").into(), count: 1 };
        let (operation, effect) = (Some(id.to_owned()), Some(Effect::of(self.catalog(), action)));
        let entry = Entry { operation, effect, action: Some(action.id.clone()), ..person.did(event) };
        self.note(entry).await;
        let text = format!("{text} {}", Verdict::NotSent.sentence());
        Some(Reply::failed(Outcome::Denied, document::error(text, Some(hint))))
    }
}

/// The text of a request that is recorded, without secrets.
pub(super) fn recorded(catalog: &Catalog, understood: &Result<Understood, CommandError>, typed: String) -> String {
    let canonical = |invocation: &Invocation| {
        let is_secret =
            |name: &String| invocation.action.input(name).is_some_and(|input| input.has_secret(&catalog.types));
        invocation.arguments.keys().any(is_secret).then(|| invocation.canonical(&catalog.types))
    };
    match understood {
        Err(CommandError { kind: CommandErrorKind::Secret, .. }) => REDACTED.to_owned(),
        // The text can be anything, including a secret argument in the wrong place.
        Err(_) if may_concern_secrets(catalog, &typed) => REDACTED.to_owned(),
        Ok(Understood::Command(command)) => match &**command {
            Command::Run(draft, _) => canonical(&draft.invocation).unwrap_or(typed),
            // The plan lists the commands. None of them can have a secret.
            Command::RunSeveral(several, _) => match several {
                Several::Given(drafts) => {
                    let secret = drafts.iter().find_map(|draft| canonical(&draft.invocation));
                    secret.map_or(typed, |_| REDACTED.to_owned())
                }
                Several::OfList { common, .. } => canonical(&common.invocation).map_or(typed, |_| REDACTED.to_owned()),
            },
            Command::Host(HostCommand::CanI { draft, .. }) => {
                canonical(&draft.invocation).map_or(typed, |command| format!("can-i {command}"))
            }
            Command::Help(_) | Command::Host(_) | Command::Playbook(..) => typed,
        },
        Err(_) | Ok(Understood::Vote(_)) => typed,
    }
}

/// Whether a text that could not be parsed names an action or an argument with secrets, even with a typing error.
fn may_concern_secrets(catalog: &Catalog, typed: &str) -> bool {
    let takes_secrets = |action: &&Arc<Action>| action.inputs.iter().any(|input| input.has_secret(&catalog.types));
    let words = catalog.actions.iter().filter(takes_secrets).flat_map(|action| {
        let inputs = action.inputs.iter().filter(|input| input.has_secret(&catalog.types));
        let aliases = catalog.interface(&action.interface).into_iter().flat_map(|interface| &interface.aliases);
        inputs.map(|input| &input.name).chain([&action.interface]).chain(aliases)
    });
    let words: Vec<&str> = words.map(String::as_str).collect();
    let typed = typed.to_lowercase();
    let mut parts = typed.split(|c: char| !c.is_alphanumeric()).filter(|part| part.len() > 3);
    parts.any(|part| {
        words.iter().any(|word| word.contains(part)) || command::nearest(part, words.iter().copied()).is_some()
    })
}

/// A result that contains a secret. `Debug` does not show it. If this is dropped before [`Self::delivered`] is called,
/// the secret is lost, and this is recorded.
#[derive(Clone)]
pub struct WithSecrets {
    whole: Value,
    delivery: Option<Arc<Delivery>>,
}

impl fmt::Debug for WithSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WithSecrets")
    }
}

impl WithSecrets {
    pub(super) fn new(whole: Value) -> Self {
        Self { whole, delivery: None }
    }

    /// Names the operation, so the loss of the secret is recorded if the result is not delivered.
    pub(super) fn of_operation(&mut self, approvals: &Approvals, operation: &Operation, tasks: &TaskTracker) {
        let delivery = Delivery {
            delivered: AtomicBool::new(false),
            approvals: approvals.clone(),
            operation: operation.clone(),
            tasks: tasks.clone(),
        };
        self.delivery = Some(Arc::new(delivery));
    }

    /// The result with its secrets.
    pub(super) fn whole(&self) -> &Value {
        &self.whole
    }

    /// The result with its secrets, without a copy. The caller must still report the delivery.
    pub(super) fn into_whole(self) -> Value {
        self.whole
    }

    /// Reports that the result was delivered to the requester.
    pub fn delivered(&self) {
        if let Some(delivery) = &self.delivery {
            delivery.delivered.store(true, Ordering::Release);
        }
    }
}

/// The delivery of a result. If it is dropped before `delivered` is true, the loss of the secret is recorded.
struct Delivery {
    delivered: AtomicBool,
    approvals: Approvals,
    operation: Operation,
    tasks: TaskTracker,
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if self.delivered.load(Ordering::Acquire) {
            return;
        }
        tracing::error!(
            operation = self.operation.id,
            "the response with a secret was not delivered; the secret is lost"
        );
        let (ledger, entry) =
            (self.approvals.ledger().clone(), self.operation.entry_of_step(FIRST_STEP, Event::Undelivered));
        // Outside of a runtime the loss cannot be recorded. `status` also describes what to do in this case.
        if let Ok(runtime) = Handle::try_current() {
            self.tasks.spawn_on(
                async move {
                    if let Err(error) = ledger.append(Durability::Disk, vec![entry]).await {
                        tracing::error!(%error, "not recorded");
                    }
                },
                &runtime,
            );
        }
    }
}

/// The notice about the secret in the response of an operation that is done; none if the response had no secret.
pub(super) fn about(catalog: &Catalog, operation: &Operation) -> Option<Notice> {
    let action = catalog.action(&operation.pending.plan.first().action).filter(|action| action.sensitive)?;
    if operation.state.as_str() != Outcome::Done.as_str() {
        return None;
    }
    let new = command::usage(renewal(catalog, action), &catalog.types);
    let notice = |level, text: String, hint| Notice { level, text, hint: Some(hint) };
    Some(if operation.undelivered {
        let text = "The secret in the response did not reach its requester. It is lost: no copy is stored.";
        notice(Level::Error, text.to_owned(), format!("For a new secret, run `{new}`."))
    } else {
        let text = format!(
            "The response contained a secret. It was sent once, to {}, and no copy is stored.",
            operation.pending.requester
        );
        notice(Level::Attention, text, format!("If it did not arrive, it is lost. For a new secret, run `{new}`."))
    })
}

/// The action that creates a new secret: for the object if there is such an action, else the same action again.
fn renewal<'c>(catalog: &'c Catalog, action: &'c Action) -> &'c Action {
    let names_an_object = |action: &Action| action.http.path.params().next().is_some();
    if names_an_object(action) {
        return action;
    }
    let siblings = catalog.actions_of(&action.interface);
    siblings
        .filter(|other| other.sensitive && other.writes())
        .find(|other| names_an_object(other))
        .map_or(action, |other| other)
}

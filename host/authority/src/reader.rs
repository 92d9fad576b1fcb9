//! Reads on behalf of a user. Each read is decided as if the user had typed it.

use super::approval::{Authorized, Found};
use super::plan::Target;
use super::{Decider, Person};
use crate::execute::{CallError, Execute, Held};
use crate::policy::InPlaybook;
use claude_admin_catalog::{Action, Input};
use claude_admin_chat::command::Invocation;
use claude_admin_chat::paging::memory_of;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

/// Reads on behalf of a user: to look up an ID, or to see the target of a write.
#[derive(Debug)]
pub struct Reader<'r> {
    pub(super) runtime: &'r dyn Execute,
    decider: &'r Decider,
    person: &'r Person,
    operation: &'r str,
    reads: Mutex<Reads>,
    /// Items of the lists that were read, by the command that reads one of them; none if they are not stored.
    items: Option<Mutex<HashMap<String, Listed>>>,
    /// The playbook that reads.
    playbook: Option<InPlaybook>,
}

/// An item of a list that was read.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    /// The list.
    pub(crate) list: Arc<Action>,
    /// The item.
    pub(crate) item: Value,
}

/// The requests that were sent, and the memory of their results.
#[derive(Debug)]
struct Reads {
    ids: Vec<String>,
    sent: bool,
    held: Held,
}

impl<'r> Reader<'r> {
    /// A reader with the permissions of a user.
    #[must_use]
    pub fn new(runtime: &'r dyn Execute, decider: &'r Decider, person: &'r Person, operation: &'r str) -> Self {
        let reads = Reads { ids: Vec::new(), sent: false, held: runtime.room(&person.principal) };
        Self { runtime, decider, person, operation, reads: Mutex::new(reads), items: None, playbook: None }
    }

    /// Stores the items of lists, so the state of many targets is known after few requests.
    #[must_use]
    pub fn keeping_items(self) -> Self {
        Self { items: Some(Mutex::default()), ..self }
    }

    /// Reads as a part of a playbook.
    #[must_use]
    pub fn in_playbook(self, playbook: Option<InPlaybook>) -> Self {
        Self { playbook, ..self }
    }

    /// The user on whose behalf it reads.
    #[must_use]
    pub fn person(&self) -> &Person {
        self.person
    }

    /// The command for which it reads.
    #[must_use]
    pub fn operation(&self) -> &str {
        self.operation
    }

    /// Reads; `None` if the user is not permitted to. All results together use the memory of one command.
    pub async fn read(&self, invocation: Invocation) -> Option<Result<Value, CallError>> {
        let authorized = self.authorized(invocation)?;
        let answer = self.runtime.execute(&authorized).await;
        if let Ok(page) = &answer.result {
            self.keep_items(authorized.get(), page);
        }
        let mut reads = self.lock();
        if let Some(sent) = answer.sent {
            reads.sent = true;
            reads.ids.extend(sent.request_id);
        }
        Some(answer.result.and_then(|value| match reads.held.take(memory_of(&value)) {
            Ok(()) => Ok(value),
            Err(kind) => Err(CallError::Limit { kind }),
        }))
    }

    fn keep_items(&self, list: &Invocation, page: &Value) {
        let catalog = self.runtime.catalog();
        let (Some(items), Some(read)) = (&self.items, catalog.item_read(&list.action)) else { return };
        let mut items = items.lock().unwrap_or_else(PoisonError::into_inner);
        for item in page.get("data").and_then(Value::as_array).into_iter().flatten() {
            let argument = |input: &Input| {
                let value = catalog.item_argument(input, &list.action, list.arguments.get(&input.name), item)?;
                Some((input.name.clone(), value))
            };
            let Some(arguments) = read.inputs.iter().map(argument).collect() else { continue };
            let one = Invocation { action: Arc::clone(read), arguments };
            // If the page is too large for the memory, the read fails below.
            if self.lock().held.take(memory_of(item)).is_err() {
                return;
            }
            items.insert(key(&one), Listed { list: Arc::clone(&list.action), item: item.clone() });
        }
    }

    /// The item that a command reads, if a list that was read has it.
    pub(crate) fn listed(&self, read: &Invocation) -> Option<Listed> {
        let items = self.items.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        items.get(&key(read)).cloned()
    }

    /// Whether the user is permitted to read this now.
    #[must_use]
    pub fn may(&self, invocation: &Invocation) -> bool {
        self.authorized(invocation.clone()).is_some()
    }

    fn authorized(&self, invocation: Invocation) -> Option<Authorized<Invocation>> {
        let playbook = self.playbook.as_ref();
        self.decider.authorize_now_in(self.person, invocation, self.operation, playbook).ok()
    }

    /// The API request IDs of the reads, for the audit log.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.lock().ids.clone()
    }

    /// The reads so far, for the IDs that they found.
    #[must_use]
    pub fn found(&self, targets: Vec<Target>) -> Found {
        let reads = self.lock();
        Found { targets, requests: reads.ids.clone(), sent: reads.sent }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Reads> {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Identifies a command: its action and its arguments.
fn key(invocation: &Invocation) -> String {
    format!("{} {}", invocation.action.id, serde_json::to_string(&invocation.arguments).unwrap_or_default())
}

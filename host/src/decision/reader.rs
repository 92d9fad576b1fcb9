//! Reads on behalf of somebody, each decided on as if they had typed it.

use super::approval::Found;
use super::plan::Target;
use super::{Decider, Person};
use crate::command::Invocation;
use crate::identity::Principal;
use crate::sandbox::{CallError, Plugin};
use claude_admin_catalog::Action;
use serde_json::Value;
use std::sync::{Mutex, PoisonError};

/// Reads on behalf of somebody: to look up an id, to see what a write is done to.
#[derive(Debug)]
pub struct Reader<'r> {
    pub(super) plugin: &'r Plugin,
    decider: &'r Decider,
    person: &'r Person,
    operation: &'r str,
    requests: Mutex<Requests>,
}

/// The requests that left.
#[derive(Debug, Default)]
struct Requests {
    ids: Vec<String>,
    sent: bool,
}

impl<'r> Reader<'r> {
    /// Reads with what somebody may read.
    #[must_use]
    pub fn new(plugin: &'r Plugin, decider: &'r Decider, person: &'r Person, operation: &'r str) -> Self {
        Self { plugin, decider, person, operation, requests: Mutex::default() }
    }

    /// On whose behalf.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.person.principal
    }

    /// Reads; `None` when that person may not.
    pub async fn read(&self, action: &Action, invocation: Invocation) -> Option<Result<Value, CallError>> {
        let authorized = self.decider.authorize_now(self.person, action, invocation, self.operation).ok()?;
        let answer = self.plugin.call(&authorized).await;
        if let Some(sent) = answer.sent {
            let mut requests = self.lock();
            requests.sent = true;
            requests.ids.extend(sent.request_id);
        }
        Some(answer.result)
    }

    /// Whether that person may read something now.
    #[must_use]
    pub fn may(&self, action: &Action, invocation: &Invocation) -> bool {
        self.decider.authorize_now(self.person, action, invocation.clone(), self.operation).is_ok()
    }

    /// The ids at the API of what was read, for the record.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.lock().ids.clone()
    }

    /// What was read so far, for ids that were found by it.
    #[must_use]
    pub fn found(&self, targets: Vec<Target>) -> Found {
        let requests = self.lock();
        Found { targets, requests: requests.ids.clone(), sent: requests.sent }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

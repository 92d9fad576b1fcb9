//! Reads on behalf of somebody, each decided on as if they had typed it.

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
    requests: Mutex<Vec<String>>,
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
        self.requests().extend(answer.sent.and_then(|sent| sent.request_id));
        Some(answer.result)
    }

    /// The ids at the API of what was read, for the record.
    #[must_use]
    pub fn into_requests(self) -> Vec<String> {
        self.requests.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn requests(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

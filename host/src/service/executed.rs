//! The result of an action, for the audit log and for the reply.

use super::cause;
use super::outcome::of_call;
use super::{Outcome, Reply};
use crate::audit::Cause;
use crate::command::{Invocation, Options};
use crate::decision::Authorized;
use crate::decision::approval::End;
use crate::decision::approval::pages::{self, Follow};
use crate::document::{self, Document, Listing};
use crate::egress::SentRequest;
use crate::sandbox::{Held, Plugin};
use claude_admin_catalog::{Action, Catalog, Input, Onward, Place};
use jiff::Timestamp;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// The result of an action that ran.
pub(super) struct Executed<'e> {
    pub(super) action: &'e Action,
    pub(super) upstream: &'e str,
    pub(super) invocation: Invocation,
    pub(super) outcome: Outcome,
    pub(super) read: pages::Read,
    /// The same report for the period before, if it was requested.
    pub(super) before: Option<Value>,
    /// The memory that the report for the period before is counted with.
    pub(super) held_before: Option<Held>,
    /// Whether all pages were requested.
    pub(super) all: bool,
    /// The time at the API.
    pub(super) now: Option<Timestamp>,
}

impl<'e> Executed<'e> {
    /// Whether a read contains all pages. Otherwise a comparison would use the sums of different parts of two reports.
    pub(super) fn is_whole(&self, read: &pages::Read) -> bool {
        let Some(paging) = &self.action.paging else { return read.error.is_none() };
        let begins = self.invocation.arguments.get(paging.input()).is_none();
        let is_last = |page: &Value| paging.onward(page) == Onward::End;
        begins && read.error.is_none() && read.cut_off.is_none() && read.value.as_ref().is_some_and(is_last)
    }

    /// Runs an authorized action.
    pub(super) async fn of(
        plugin: &'e Plugin,
        action: &'e Action,
        authorized: Authorized<Invocation>,
        follow: Follow<'_>,
    ) -> Executed<'e> {
        let all = !matches!(follow, Follow::One);
        let read = pages::read(plugin, action, &authorized, follow).await;
        let operation = authorized.operation();
        for sent in &read.sent {
            let (method, target, status, request_id) = (&sent.method, &sent.target, sent.status(), &sent.request_id);
            tracing::info!(operation, method, target, status, request_id, attempts = sent.attempts, "sent");
        }
        let outcome = match (&read.value, &read.error) {
            (_, None) if read.cut_off.is_some() => Outcome::Partial,
            (Some(_), Some(_)) => Outcome::Partial,
            (_, error) => of_call(action, read.verdict, error.as_ref()),
        };
        tracing::info!(operation, outcome = outcome.as_str(), "finished");
        let upstream = plugin.sandbox().egress().upstream().authority();
        let invocation = authorized.get().clone();
        Self { action, upstream, invocation, outcome, read, before: None, held_before: None, all, now: None }
    }

    /// The result, for the audit log.
    pub(super) fn end(&self, catalog: &Catalog) -> End {
        let failure = self.read.error.as_ref().map(cause::of_call_error);
        let failure = failure.map(|code| if self.action.is_confidential() { code.without_texts() } else { code });
        let cut_off = || self.read.cut_off.map(|cut_off| cause::of_cut_off(cut_off, self.read.pages));
        End {
            result: self.outcome.as_str(),
            changed: self.read.verdict.changed(),
            status: self.read.sent.last().and_then(SentRequest::status),
            requests: self.read.sent.iter().filter_map(|sent: &SentRequest| sent.request_id.clone()).collect(),
            cause: failure.or_else(cut_off).map(Cause::from),
            content_of: self.content_of(catalog),
        }
    }

    /// The people whose content was read, or the objects if the response names no person.
    fn content_of(&self, catalog: &Catalog) -> Vec<String> {
        let Some(value) = self.read.value.as_ref().filter(|_| self.action.is_confidential()) else { return Vec::new() };
        let owners = document::content_owners(&catalog.types, self.action, value);
        if !owners.is_empty() {
            return owners.into_iter().collect();
        }
        let of_path = |input: &&Input| input.place == Place::Path;
        let ids =
            self.action.inputs.iter().filter(of_path).filter_map(|input| self.invocation.arguments.get(&input.name));
        let ids: Vec<String> = ids.filter_map(Value::as_str).map(str::to_owned).collect();
        // A list that contains no owner is identified by the command.
        if ids.is_empty() { vec![self.invocation.canonical(&catalog.types)] } else { ids }
    }

    /// The reply to show.
    pub(super) fn show(self, catalog: &Catalog, options: &Options) -> Reply {
        let Self { action, upstream, invocation, outcome, read, before, held_before: _held_before, all, now } = self;
        let verdict = read.verdict;
        let broken_off = read.error.is_some() || read.cut_off.is_some();
        let (pages, handed_on) = (read.pages, read.handed_on);
        let listing = Listing { pages, all, broken_off, now, handed_on, before: before.as_ref() };
        let result = |value: &Value| document::result(catalog, action, &invocation, value, &options.columns, listing);
        let selected = |value: Value| match document::selected(catalog, action, &value, &options.columns) {
            Cow::Borrowed(_) => value,
            Cow::Owned(selected) => selected,
        };
        // The response without its secrets, and the complete response if it has any.
        let stripped = |value: Value| match document::without_secrets(&catalog.types, action, &value) {
            Cow::Borrowed(_) => (value, None),
            Cow::Owned(data) => (data, Some(value)),
        };
        let mut reply = match (read.value, &read.error, read.cut_off) {
            (Some(value), None, Some(cut_off)) => {
                let mut document = result(&value);
                let failure = document::error(cut_off.text(read.pages), Some(cut_off.hint()));
                document.blocks.splice(0..0, failure.blocks);
                Reply { data: Some(stripped(selected(value)).0), ..Reply::failed(outcome, document) }
            }
            (Some(value), None, None) => {
                let document = result(&value);
                match stripped(selected(value)) {
                    (data, None) => Reply::done(document, data),
                    (data, Some(whole)) => Reply::done(document, data).with_secrets(whole),
                }
            }
            (None, None, _) => Reply::done(Document::titled(action.summary()), Value::Null),
            (value, Some(error), _) => {
                let failure = document::call_error(catalog, error, action, verdict, upstream);
                let shown = match &value {
                    None => failure,
                    Some(value) => {
                        let mut document = result(value);
                        document.blocks.splice(0..0, failure.blocks);
                        document
                    }
                };
                let data = value.map(|value| stripped(selected(value)).0);
                Reply { data, ..Reply::failed(outcome, shown).because(error) }
            }
        };
        reply.sent = read.sent;
        reply.held = Some(Arc::new(read.held));
        reply.with_verdict(verdict)
    }
}

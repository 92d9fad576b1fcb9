//! The reply that the service returns to a frontend.

use super::Outcome;
use super::in_flight::Flight;
use super::secret::WithSecrets;
use crate::command::{Format, Options};
use crate::decision::approval::NameQuestion;
use crate::decision::operation::{FirstDelivery, Operation};
use crate::decision::plan::Target;
use crate::document::{Document, Names};
use crate::egress::SentRequest;
use crate::sandbox::{CallError, Held, LimitKind};
use claude_admin_catalog::Action;
use claude_admin_chat::{Answer, Changed, Verdict};
use serde_json::{Value, json};
use std::sync::Arc;

/// The counters that a reply occupies: the memory of its result, and one of the commands of its requester. A frontend
/// stores this with the output that it makes of the reply, until the output is sent.
#[derive(Debug, Clone)]
pub struct Kept {
    held: Option<Arc<Held>>,
    _flight: Option<Arc<Flight>>,
}

impl Kept {
    /// Counts the memory of a text that is made of the reply, in addition to the memory of the reply.
    ///
    /// # Errors
    ///
    /// The limit that the text would exceed.
    pub fn take(&self, bytes: usize) -> Result<(), LimitKind> {
        self.held.as_ref().map_or(Ok(()), |held| held.take(bytes))
    }

    /// Reduces the counted memory to `bytes`, after the rest of the reply was dropped.
    pub fn only(&self, bytes: usize) {
        if let Some(held) = &self.held {
            held.keep(bytes);
        }
    }
}

/// The status of an operation that a reply is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationStatus {
    /// The name of its state.
    pub state: String,
    /// Whether anything was changed; none if this is not recorded.
    pub changed: Option<Changed>,
}

/// The reply that the service returns to a frontend.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The ID of the operation, as in the audit log.
    pub operation: String,
    /// The command in its canonical form; none if it is not an action.
    pub command: Option<String>,
    /// The command that reads the whole list of which this is a part; none if the result is not a list, or not for a chat.
    pub whole_list: Option<String>,
    /// The outcome of the command.
    pub outcome: Outcome,
    /// Whether the command changed anything.
    pub verdict: Verdict,
    /// The document to show.
    pub document: Document,
    /// The result with the field names and values of the API, without secrets; none if there is no result.
    pub data: Option<Value>,
    /// The result with its secrets, if it has any.
    pub secret: Option<WithSecrets>,
    /// The error of the component or of the host, for programs.
    pub error: Option<Value>,
    /// The requests that were sent.
    pub sent: Vec<SentRequest>,
    /// Whether the document contains names next to IDs, as far as they were found.
    pub(super) named: bool,
    /// The format that the requester set.
    pub format: Option<Format>,
    /// Whether the reply is shown to the channel.
    pub share: bool,
    /// The document that replaces a card with which a user decided; none if the card remains unchanged.
    pub card: Option<Document>,
    /// Whether other users must decide about the request, and therefore see it.
    pub for_others: bool,
    /// The counted memory of the result, until this is dropped.
    pub(super) held: Option<Arc<Held>>,
    /// The name that a lone operator must type at a terminal before the request runs; none if no name is required.
    pub alone: Option<NameQuestion>,
    /// The command, which counts as one of the commands of its requester until this is dropped.
    pub(super) flight: Option<Arc<Flight>>,
    /// The status of an operation, if it was requested.
    pub status: Option<OperationStatus>,
    /// The first delivery, if this is the reply to a second delivery: there is nothing to show.
    pub duplicate_of: Option<FirstDelivery>,
}

impl Reply {
    fn new(outcome: Outcome, document: Document) -> Self {
        Self {
            operation: String::new(),
            command: None,
            whole_list: None,
            outcome,
            verdict: if outcome == Outcome::Unknown { Verdict::Unknown } else { Verdict::NotSent },
            document,
            data: None,
            secret: None,
            error: None,
            sent: Vec::new(),
            named: false,
            format: None,
            share: false,
            card: None,
            for_others: false,
            held: None,
            alone: None,
            flight: None,
            status: None,
            duplicate_of: None,
        }
    }

    /// Sets whether the command changed anything.
    pub(super) fn with_verdict(self, verdict: Verdict) -> Self {
        Self { verdict, ..self }
    }

    pub(super) fn told(document: Document) -> Self {
        Self::new(Outcome::Done, document)
    }

    pub(super) fn done(document: Document, data: Value) -> Self {
        Self { data: Some(data), ..Self::new(Outcome::Done, document) }
    }

    /// The reply to a second delivery: the first delivery has its own reply.
    pub(super) fn duplicate(operation: String, first: FirstDelivery) -> Self {
        Self { operation, duplicate_of: Some(first), ..Self::new(Outcome::Done, Document::default()) }
    }

    /// Adds the result with its secrets, for a receiver that is permitted to have them.
    pub(super) fn with_secrets(mut self, whole: Value) -> Self {
        if self.data.as_ref().is_some_and(|data| *data != whole) {
            self.secret = Some(WithSecrets::new(whole));
        }
        self
    }

    /// The result for the program or the terminal of the requester, with secrets. It is never given to a chat. After
    /// the caller has passed it on, it calls [`WithSecrets::delivered`].
    #[must_use]
    pub fn to_json_with_secrets(&self) -> Value {
        match (&self.secret, self.outcome) {
            (Some(secret), Outcome::Done) => secret.whole().clone(),
            _ => self.to_json(),
        }
    }

    /// Adds names next to IDs.
    pub(super) fn named(mut self, names: &Names) -> Self {
        self.document = self.document.with_names(names);
        self.named = true;
        self
    }

    /// Adds the IDs that were looked up, with the texts that they were resolved from.
    pub(super) fn resolved(mut self, targets: &[Target]) -> Self {
        let lines = targets.iter().map(|target| format!("Resolved from {}: {}", target.written, target.shown()));
        self.document.footer.extend(lines);
        self
    }

    /// Sets the operation, unless the reply is about another one.
    pub(super) fn under(mut self, operation: &str) -> Self {
        if self.operation.is_empty() {
            operation.clone_into(&mut self.operation);
        }
        self
    }

    /// Sets the operation that the reply is about. The document replaces the card of this operation.
    pub(super) fn about(mut self, operation: &Operation) -> Self {
        self.command = Some(operation.pending.plan.command());
        self.card = Some(self.document.clone());
        self.under(&operation.id)
    }

    pub(super) fn failed(outcome: Outcome, document: Document) -> Self {
        Self::new(outcome, document)
    }

    pub(super) fn because(mut self, error: &CallError) -> Self {
        self.error = Some(error.reported().cloned().unwrap_or_else(|| json!({ "host": error.to_string() })));
        self
    }

    /// Sets the command of the reply. A result with a secret or with confidential content is never shown to a channel.
    pub(super) fn of(mut self, action: &Action, canonical: &str, options: &Options) -> Self {
        self.document.footer.push(canonical.to_owned());
        self.command = Some(canonical.to_owned());
        self.format = options.format;
        self.share = options.share && !action.sensitive && !action.is_confidential();
        self
    }

    /// The counters that this reply occupies while any part of it is in memory.
    #[must_use]
    pub fn kept(&self) -> Kept {
        Kept { held: self.held.clone(), _flight: self.flight.clone() }
    }

    /// As [`Self::envelope`] of [`Self::to_json_with_secrets`], without a copy of the data. The document is dropped.
    #[must_use]
    pub fn into_envelope(mut self) -> Value {
        let whole = self.secret.take().filter(|_| self.outcome == Outcome::Done).map(WithSecrets::into_whole);
        // The null value that replaces the data shows that the reply had data.
        let data = whole.or_else(|| self.data.take()).inspect(|_| self.data = Some(Value::Null));
        let answer = self.answer();
        answer.envelope(self.command.as_deref(), answer.written(data))
    }

    /// The output for programs: the data, or an object with the key `error` and the data that was read before the
    /// error.
    #[must_use]
    pub fn to_json(&self) -> Value {
        self.answer().to_json()
    }

    /// An output for programs, with its outcome.
    #[must_use]
    pub fn envelope(&self, answer: Value) -> Value {
        self.answer().envelope(self.command.as_deref(), answer)
    }

    /// Seconds after which a client can send the same command again, if the API returned them and nothing was changed.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        claude_admin_chat::wait_before_retry(self.verdict, self.error.as_ref())
    }

    fn answer(&self) -> Answer<'_> {
        Answer {
            operation: Some(self.operation.as_str()).filter(|id| !id.is_empty()),
            outcome: self.outcome,
            verdict: self.verdict,
            data: self.data.as_ref(),
            document: &self.document,
            cause: self.error.as_ref(),
        }
    }
}

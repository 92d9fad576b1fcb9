//! What a frontend gets back.

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

/// What counts for a reply, for as long as it is in memory: the memory of its result, and that it is one of the commands of
/// its requester. A frontend keeps this with what it makes of the reply until that is sent.
#[derive(Debug, Clone)]
pub struct Kept {
    held: Option<Arc<Held>>,
    _flight: Option<Arc<Flight>>,
}

impl Kept {
    /// Counts the memory of a text that is made of the reply, while the reply is still there.
    ///
    /// # Errors
    ///
    /// The limit that it does not fit in.
    pub fn take(&self, bytes: usize) -> Result<(), LimitKind> {
        self.held.as_ref().map_or(Ok(()), |held| held.take(bytes))
    }

    /// Nothing but so many bytes is left of the reply.
    pub fn only(&self, bytes: usize) {
        if let Some(held) = &self.held {
            held.keep(bytes);
        }
    }
}

/// The status of an operation that a reply is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationStatus {
    /// The word of its state.
    pub state: String,
    /// Whether anything was changed; none where that is not recorded.
    pub changed: Option<Changed>,
}

/// What a frontend gets back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The id of the operation, as in the log.
    pub operation: String,
    /// The command in its usual form; none for what is no action.
    pub command: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it changed something.
    pub verdict: Verdict,
    /// What to show.
    pub document: Document,
    /// The answer with the API's own field names and values, without secrets; none where there is none.
    pub data: Option<Value>,
    /// The answer with its secrets, where it has any.
    pub secret: Option<WithSecrets>,
    /// The error as the component or the host has it, for programs.
    pub error: Option<Value>,
    /// What left.
    pub sent: Vec<SentRequest>,
    /// Whether names are next to the IDs, as far as they were found.
    pub(super) named: bool,
    /// How the asker wants it written.
    pub format: Option<Format>,
    /// Whether it is shown to the channel.
    pub share: bool,
    /// What a card on which somebody decided becomes; none where it stays as it is.
    pub card: Option<Document>,
    /// Whether others must decide about it, who have to see it.
    pub for_others: bool,
    /// The memory of the answer, as long as this is needed.
    pub(super) held: Option<Arc<Held>>,
    /// What a lone operator at a terminal types before it runs; none where nothing is to be typed.
    pub alone: Option<NameQuestion>,
    /// The command, which counts among those of its requester as long as this is needed.
    pub(super) flight: Option<Arc<Flight>>,
    /// The status of an operation, where that was asked for.
    pub status: Option<OperationStatus>,
    /// What was received first, where this answers a second delivery: there is nothing to show.
    pub duplicate_of: Option<FirstDelivery>,
}

impl Reply {
    fn new(outcome: Outcome, document: Document) -> Self {
        Self {
            operation: String::new(),
            command: None,
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

    /// Says whether it changed something.
    pub(super) fn with_verdict(self, verdict: Verdict) -> Self {
        Self { verdict, ..self }
    }

    pub(super) fn told(document: Document) -> Self {
        Self::new(Outcome::Done, document)
    }

    pub(super) fn done(document: Document, data: Value) -> Self {
        Self { data: Some(data), ..Self::new(Outcome::Done, document) }
    }

    /// The answer to a second delivery: the first one is answered already.
    pub(super) fn duplicate(operation: String, first: FirstDelivery) -> Self {
        Self { operation, duplicate_of: Some(first), ..Self::new(Outcome::Done, Document::default()) }
    }

    /// Keeps the answer with its secrets for whoever may have them.
    pub(super) fn with_secrets(mut self, whole: Value) -> Self {
        if self.data.as_ref().is_some_and(|data| *data != whole) {
            self.secret = Some(WithSecrets::new(whole));
        }
        self
    }

    /// The answer for the program or the terminal that asked, secrets included. No chat is given it. Where it is handed over,
    /// [`WithSecrets::delivered`] says so.
    #[must_use]
    pub fn to_json_with_secrets(&self) -> Value {
        match (&self.secret, self.outcome) {
            (Some(secret), Outcome::Done) => secret.whole().clone(),
            _ => self.to_json(),
        }
    }

    /// Shows names next to IDs.
    pub(super) fn named(mut self, names: &Names) -> Self {
        self.document = self.document.with_names(names);
        self.named = true;
        self
    }

    /// Says which IDs were looked up, and from which texts.
    pub(super) fn resolved(mut self, targets: &[Target]) -> Self {
        let lines = targets.iter().map(|target| format!("Resolved from {}: {}", target.written, target.shown()));
        self.document.footer.extend(lines);
        self
    }

    /// Notes the operation, unless the answer is about another one.
    pub(super) fn under(mut self, operation: &str) -> Self {
        if self.operation.is_empty() {
            operation.clone_into(&mut self.operation);
        }
        self
    }

    /// Notes the operation that it is about: its card becomes this.
    pub(super) fn about(mut self, operation: &Operation) -> Self {
        self.command = Some(operation.pending.plan.first().command.clone());
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

    /// Notes the command that this answers. The answer to a secret is never shown to a channel.
    pub(super) fn of(mut self, action: &Action, canonical: &str, options: &Options) -> Self {
        self.document.footer.push(canonical.to_owned());
        self.command = Some(canonical.to_owned());
        self.format = options.format;
        self.share = options.share && !action.sensitive && !action.is_confidential();
        self
    }

    /// What counts for this reply while any of it is in memory.
    #[must_use]
    pub fn kept(&self) -> Kept {
        Kept { held: self.held.clone(), _flight: self.flight.clone() }
    }

    /// As [`Self::envelope`] of [`Self::to_json_with_secrets`], without a copy of the data. The document is dropped.
    #[must_use]
    pub fn into_envelope(mut self) -> Value {
        let whole = self.secret.take().filter(|_| self.outcome == Outcome::Done).map(WithSecrets::into_whole);
        // What is left of the data says that there was some.
        let data = whole.or_else(|| self.data.take()).inspect(|_| self.data = Some(Value::Null));
        let answer = self.answer();
        answer.envelope(self.command.as_deref(), answer.written(data))
    }

    /// The answer for programs: the data itself, or an object with the key `error`, beside what was read before it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        self.answer().to_json()
    }

    /// An answer for programs, under how it ended.
    #[must_use]
    pub fn envelope(&self, answer: Value) -> Value {
        self.answer().envelope(self.command.as_deref(), answer)
    }

    /// Seconds after which a client can send the same command again, where the API says so and nothing was changed.
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

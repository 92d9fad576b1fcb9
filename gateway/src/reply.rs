//! The reply to a command.

use claude_admin_catalog::Catalog;
use claude_admin_chat::command::{CommandError, Options};
use claude_admin_chat::document::{self, Document, Level};
use claude_admin_chat::{Answer, Outcome, Verdict, wait_before_retry};
use serde_json::Value;
use std::borrow::Cow;

/// A notice that a command is not run: the reason, and a hint with an alternative.
pub(crate) fn refusal(text: impl Into<String>, hint: Option<&str>) -> Document {
    document::notice(Level::Attention, text.into(), hint.map(str::to_owned))
}

/// The result of a command.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) outcome: Outcome,
    /// Whether the command changed anything.
    pub(crate) verdict: Verdict,
    pub(crate) document: Document,
    /// The command in its canonical form; `None` if the command is not an action.
    pub(crate) command: Option<String>,
    pub(crate) options: Options,
    /// The response, or the part of it that was read before an error.
    pub(crate) data: Option<Value>,
    /// The error, as the component returned it.
    pub(crate) cause: Option<Value>,
    pub(crate) action: Option<String>,
}

/// The recipient of a reply. Only programs receive secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    Chat,
    Program,
}

impl Reply {
    pub(crate) fn new(outcome: Outcome, document: Document) -> Self {
        let (command, options) = (None, Options::default());
        let verdict = Verdict::NotSent;
        Self { outcome, verdict, document, command, options, data: None, cause: None, action: None }
    }

    /// The reply to a command that could not be parsed.
    pub(crate) fn not_understood(error: &CommandError) -> Self {
        Self::new(Outcome::Usage, document::command_error(error))
    }

    /// The reply to a requester who is not permitted to use the gateway.
    pub(crate) fn not_allowed(who: &str) -> Self {
        let hint = "The administrator of this gateway lists the permitted users in CLAUDE_ADMIN_ALLOW.";
        let document = refusal(format!("{who} cannot use this gateway. {}", Verdict::NotSent.sentence()), Some(hint));
        Self::new(Outcome::Denied, document)
    }

    /// The reply for programs, with its outcome.
    pub(crate) fn envelope(&self) -> Value {
        let answer = self.answer(self.data.as_ref());
        answer.envelope(self.command.as_deref(), answer.to_json())
    }

    /// The reply as JSON, without secrets.
    pub(crate) fn to_json(&self, catalog: &Catalog) -> Value {
        let action = self.action.as_deref().and_then(|id| catalog.action(id));
        let data = self.data.as_ref().map(|data| match action {
            Some(action) => document::without_secrets(&catalog.types, action, data),
            None => Cow::Borrowed(data),
        });
        self.answer(data.as_deref()).to_json()
    }

    /// Seconds after which a client can send the same command again.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        wait_before_retry(self.verdict, self.cause.as_ref())
    }

    fn answer<'a>(&'a self, data: Option<&'a Value>) -> Answer<'a> {
        let (outcome, verdict, document, cause) = (self.outcome, self.verdict, &self.document, self.cause.as_ref());
        Answer { operation: None, outcome, verdict, data, document, cause }
    }
}

//! Documents as Slack messages.

use super::button::ButtonSeal;
use crate::command::Format;
use crate::document::{Choices, Document};
use crate::render::{self, SlackTables};
use crate::service::Reply;
use serde_json::Value;

/// The maximum number of characters of a message without blocks.
const MAX_TEXT: usize = 3_000;

/// Writes documents as messages, with buttons that only this app can make.
#[derive(Debug, Clone)]
pub(super) struct Messages {
    pub(super) seal: ButtonSeal,
    pub(super) tables: SlackTables,
}

impl Messages {
    /// A document in blocks.
    pub(super) fn blocks(&self, document: &Document, share: bool) -> Value {
        let button = |choices: &Choices| self.seal.seal(&choices.operation, choices.version);
        render::slack(document, self.tables, share, Some(&button))
    }

    /// A reply. Formats for programs are shown unchanged, in one block of text.
    pub(super) fn reply(&self, reply: &Reply) -> Value {
        let format = reply.format.unwrap_or_default();
        // A request that approvers must decide has buttons, whatever the format.
        // CSV has no rows for an error.
        if format == Format::Text || reply.for_others || format == Format::Csv && !reply.outcome.is_answer() {
            return self.blocks(&reply.document, reply.share);
        }
        render::slack_verbatim(&render::reply(reply, format), &reply.document, reply.command.as_deref(), reply.share)
    }
}

/// A message without its blocks, for a workspace that does not accept them. Slack interprets entities in the text of a
/// message, so they are escaped.
pub(super) fn as_text(document: &Document, mut message: Value) -> Value {
    let text: String = render::text(document).chars().take(MAX_TEXT).collect();
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    if let Some(fields) = message.as_object_mut() {
        fields.retain(|name, _| matches!(name.as_str(), "response_type" | "replace_original" | "mrkdwn"));
        fields.insert("text".to_owned(), Value::from(text));
        // Prevents that Slack converts addresses to links.
        fields.insert("parse".to_owned(), Value::from("none"));
    }
    message
}

//! Documents as Slack messages.

use super::seal::{Seal, Sealed};
use crate::command::Format;
use crate::document::{Block, Choices, Document};
use crate::frontend::chat::File;
use crate::render::{self, SlackApp, SlackTables};
use crate::service::{Outcome, Reply};
use serde_json::Value;

/// The maximum number of characters of a message without blocks.
const MAX_TEXT: usize = 3_000;

/// Writes documents as messages, with buttons that only this app can make.
#[derive(Debug, Clone)]
pub(super) struct Messages {
    pub(super) seal: Seal,
    pub(super) tables: SlackTables,
    /// Whether the app can send files.
    pub(super) files: bool,
}

impl Messages {
    /// A document in blocks.
    pub(super) fn blocks(&self, document: &Document, share: bool) -> Value {
        self.result(document, share, None)
    }

    /// The result of a command in blocks, with buttons for the rest of a list.
    fn result(&self, document: &Document, share: bool, whole_list: Option<&str>) -> Value {
        let button = |choices: &Choices| self.seal.seal(&choices.operation, choices.version);
        let for_all = share.then(|| document.clone().without_private_tables());
        let document = for_all.as_ref().unwrap_or(document);
        let run = |command: &str| self.seal.seal_text(Sealed::Command, command);
        render::slack(
            document,
            self.tables,
            share,
            Some(SlackApp { button: &button, files: self.files, run: &run, whole_list }),
        )
    }

    /// A reply, and the file that must follow it. Formats for programs are shown unchanged, in one block of text.
    pub(super) fn reply(&self, reply: &Reply) -> (Value, Option<File>) {
        let format = reply.format.unwrap_or_default();
        if format == Format::Text {
            return (self.result(&reply.document, reply.share, reply.whole_list.as_deref()), None);
        }
        // CSV has no rows for an error, and no buttons for a request. A request that approvers must decide has buttons,
        // whatever the format.
        let is_card = reply.for_others || format == Format::Csv && reply.outcome != Outcome::Done;
        let content = render::reply(reply, format);
        let has_table = || reply.document.blocks.iter().any(|block| matches!(block, Block::Table(_)));
        let is_cut = match is_card {
            true => format == Format::Csv && reply.outcome == Outcome::Waiting && has_table(),
            false => !render::fits_slack(&content),
        };
        let file = (self.files && is_cut && !content.is_empty()).then(|| reply.kept());
        let file = file.filter(|kept| kept.take(content.len()).is_ok());
        let message = if is_card {
            let mut document = reply.document.clone();
            if file.is_some() {
                document
                    .blocks
                    .push(Block::Text("The tables follow as a file in a direct message to the requester.".to_owned()));
            }
            self.blocks(&document, reply.share)
        } else {
            let command = reply.command.as_deref();
            render::slack_verbatim(&content, &reply.document, command, reply.share, file.is_some())
        };
        let name = if reply.operation.is_empty() { "result" } else { &reply.operation };
        let name = format!("{name}.{}", format.extension());
        (message, file.map(|kept| File { name, content, kept }))
    }
}

/// A message without its blocks, for a workspace that does not accept them. Slack interprets entities in the text of a
/// message, so they are escaped.
pub(super) fn as_text(document: &Document, mut message: Value) -> Value {
    let for_all = (message["response_type"] == "in_channel").then(|| document.clone().without_private_tables());
    let text: String = render::text(for_all.as_ref().unwrap_or(document)).chars().take(MAX_TEXT).collect();
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    if let Some(fields) = message.as_object_mut() {
        fields.retain(|name, _| matches!(name.as_str(), "response_type" | "replace_original" | "mrkdwn"));
        fields.insert("text".to_owned(), Value::from(text));
        // Prevents that Slack converts addresses to links.
        fields.insert("parse".to_owned(), Value::from("none"));
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Cell, Column, Table};
    use serde_json::json;

    #[test]
    fn private_table_is_in_no_message_that_others_see() {
        let column = Column { field: "name".to_owned(), label: "Name".to_owned(), unit: None, shown: true };
        let rows = vec![vec![Cell::Text("notebook".to_owned())]];
        let table =
            Table { caption: "Keys".to_owned(), columns: vec![column], rows, private: true, ..Table::default() };
        let document = Document::titled("Plan").with(Block::Table(table));
        let messages = Messages { seal: Seal::new(b"secret"), tables: SlackTables::default(), files: false };
        for share in [false, true] {
            let message = messages.blocks(&document, share);
            for message in [message.clone(), as_text(&document, message)] {
                assert_eq!(message.to_string().contains("notebook"), !share, "{message}");
                assert_eq!(message.to_string().contains("--dry-run"), share, "{message}");
            }
        }
        let unlabelled = as_text(&document, json!({"text": "x"}));
        assert!(unlabelled.to_string().contains("notebook"), "a message without a type is for one user");
    }
}

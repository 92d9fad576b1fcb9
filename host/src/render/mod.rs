//! Writes a reply for a frontend.

mod parts;

pub use claude_admin_chat::render::*;
pub use parts::Parts;

use crate::command::Format;
use crate::document::Block;
use crate::service::Reply;

/// Writes a reply in one of the formats of the command line. The text ends with a line break.
#[must_use]
pub fn reply(reply: &Reply, format: Format) -> String {
    reply_on(reply, format, Medium::Stream)
}

/// Like [`reply`], for a medium.
#[must_use]
pub fn reply_on(reply: &Reply, format: Format, medium: Medium) -> String {
    let written = match format {
        Format::Text => text_on(&reply.document, medium),
        Format::Json => json(&reply.to_json()),
        Format::Csv => rows(reply, medium),
        Format::Markdown => markdown(&reply.document),
    };
    if written.is_empty() || written.ends_with('\n') { written } else { written + "\n" }
}

/// The CSV rows of a reply. A reply to a command that is not an action has the rows of its data, unless the document
/// has a table.
fn rows(reply: &Reply, medium: Medium) -> String {
    let is_table = reply.document.blocks.iter().any(|block| matches!(block, Block::Table(_)));
    match &reply.data {
        Some(data) if reply.command.is_none() && !is_table => csv_values(data, medium),
        _ => csv_on(&reply.document, medium),
    }
}

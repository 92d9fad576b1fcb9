//! Writes a reply for a frontend.

mod parts;

pub use claude_admin_chat::render::*;
pub use parts::Parts;

use crate::command::Format;
use crate::document::Block;
use crate::service::Reply;

/// Writes a reply in one of the formats of the command line, ending in a line break.
#[must_use]
pub fn reply(reply: &Reply, format: Format) -> String {
    reply_on(reply, format, Medium::Stream)
}

/// As [`reply`], for a medium.
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

/// The rows of an answer. What is no action has those of its data, unless they are shown as a table.
fn rows(reply: &Reply, medium: Medium) -> String {
    let is_table = reply.document.blocks.iter().any(|block| matches!(block, Block::Table(_)));
    match &reply.data {
        Some(data) if reply.command.is_none() && !is_table => csv_values(data, medium),
        _ => csv_on(&reply.document, medium),
    }
}

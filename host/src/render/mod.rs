//! Writes a reply for a frontend.

mod parts;
#[cfg(test)]
mod tests;

pub use claude_admin_chat::render::*;
pub use parts::Parts;

use crate::command::Format;
use crate::service::Reply;

/// Writes a reply in one of the formats of the command line, ending in a line break.
#[must_use]
pub fn reply(reply: &Reply, format: Format) -> String {
    let written = match format {
        Format::Text => text(&reply.document),
        Format::Json => format!("{:#}", reply.to_json()),
        Format::Csv => csv(&reply.document),
        Format::Markdown => markdown(&reply.document),
    };
    if written.ends_with('\n') { written } else { written + "\n" }
}

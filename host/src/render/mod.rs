//! Writes a document for a frontend.
//!
//! Text in a document may come from outside. Each renderer shows it as it is: nothing in it can ping, link, format or
//! steer a terminal.

mod csv;
mod markdown;
mod parts;
mod slack;
mod svg;
#[cfg(test)]
mod tests;
mod text;
mod visible;

pub use self::csv::csv;
pub use markdown::markdown;
pub use parts::Parts;
pub use slack::{SlackTables, action_id, choice_of, slack};
pub use svg::svg;
pub use text::text;

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

//! Writes a document for a frontend.
//!
//! Text in a document may come from outside. Each renderer shows it as it is: nothing in it can ping, link, format or
//! steer a terminal.

mod csv;
mod markdown;
mod slack;
mod svg;
mod text;
mod visible;

pub use self::csv::{csv, rows as csv_rows};
pub use markdown::{markdown, rows as markdown_rows};
pub use slack::{SlackTables, action_id, choice_of, slack, slack_note, slack_verbatim};
pub use svg::svg;
pub use text::{rows as text_rows, text};

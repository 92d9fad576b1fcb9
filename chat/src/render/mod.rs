//! Writes a document for a frontend.
//!
//! Text in a document can come from outside. Each renderer shows it unchanged: it cannot ping, link, format or control
//! a terminal.

mod csv;
mod markdown;
mod medium;
mod slack;
mod svg;
#[cfg(test)]
mod tests;
mod text;
mod visible;

pub use self::csv::{cell as csv_cell, csv, csv_on, rows as csv_rows, values as csv_values};
pub use markdown::{markdown, rows as markdown_rows};
pub use medium::Medium;
pub use slack::{
    SlackApp, SlackTables, action_id, boxes_of, choice_of, fits_slack, runs_command, slack, slack_form,
    slack_form_errors, slack_form_values, slack_note, slack_verbatim,
};
pub use svg::svg;
pub use text::{TextRows, text, text_on, text_size};
pub use visible::{json, json_escaped, visible};

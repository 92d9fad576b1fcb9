//! Flags that every command takes.

use super::Reason;
use std::str::FromStr;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people: aligned text, or the blocks of a chat platform.
    #[default]
    Text,
    /// The API's own field names and values.
    Json,
    /// Comma-separated values (RFC 4180).
    Csv,
    /// A Markdown table.
    Markdown,
}

impl Format {
    /// Every format, as it is typed.
    pub const NAMES: [&str; 4] = ["text", "json", "csv", "markdown"];
}

impl FromStr for Format {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "text" | "table" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            "markdown" | "md" => Ok(Self::Markdown),
            _ => Err(()),
        }
    }
}

/// Flags that every command takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// `--yes`: a write is confirmed.
    pub yes: bool,
    /// `--dry-run`: only the plan of a write is wanted.
    pub dry_run: bool,
    /// `--reason`: why a write is wanted.
    pub reason: Option<Reason>,
    /// `--all`: every page of a list is followed.
    pub all: bool,
    /// `--share`: the answer is shown to the channel.
    pub share: bool,
    /// `--output`: how the answer is written, where the asker says.
    pub format: Option<Format>,
    /// `--compare`, `--no-compare`: whether a report is put beside that of the period before.
    pub compare: Option<bool>,
    /// `--ids`: IDs are shown without names.
    pub ids: bool,
    /// `--columns`: the columns of a table, by field name.
    pub columns: Vec<String>,
}

impl Options {
    /// The flags, without their dashes. No input of an action may have one of these names.
    pub const NAMES: [&str; 10] =
        ["yes", "dry-run", "reason", "all", "share", "output", "columns", "compare", "ids", "help"];
}

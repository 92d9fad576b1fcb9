//! The values of the flags that every action accepts.

use super::Reason;
use std::str::FromStr;

/// The format of the output.
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
    /// Every format, as a user types it.
    pub const NAMES: [&str; 4] = ["text", "json", "csv", "markdown"];
}

impl Format {
    /// The name, as a user types it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
        }
    }

    /// The extension of a file in this format.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Markdown => "md",
        }
    }
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

/// The values of the flags that every action accepts: see [`super::FLAGS`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// `--yes`: a write is confirmed.
    pub yes: bool,
    /// `--dry-run`: only show the plan of a write.
    pub dry_run: bool,
    /// `--reason`: the reason for a write.
    pub reason: Option<Reason>,
    /// `--all`: read every page of a list.
    pub all: bool,
    /// `--share`: show the result to the channel.
    pub share: bool,
    /// `--output`: the format of the output, if the requester sets it.
    pub format: Option<Format>,
    /// `--compare`, `--no-compare`: whether a report is compared with the previous period.
    pub compare: Option<bool>,
    /// `--ids`: show IDs without names.
    pub ids: bool,
    /// `--columns`: the columns of a table, by field name.
    pub columns: Vec<String>,
}

//! The output formats of the command line.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use claude_admin::command::Format;

/// Reads a format.
pub(super) fn format() -> impl TypedValueParser<Value = Format> {
    let formats = Format::NAMES.map(|name| {
        let format: Format = name.parse().unwrap_or_default();
        PossibleValue::new(name).help(match format {
            Format::Text => "For people: aligned text",
            Format::Json => "The API's own field names and values",
            Format::Csv => "Comma-separated values (RFC 4180)",
            Format::Markdown => "A Markdown table",
        })
    });
    PossibleValuesParser::new(formats).map(|name| name.parse().unwrap_or_default())
}

//! The file of `--from`: the rows of several commands.

use claude_admin::command::MAX_FILE;
use claude_admin_chat::outside_text;
use std::fs::File;
use std::io::{Read, stdin};

/// Reads a file, or the standard input for `-`.
pub(super) fn read(path: &str) -> Result<String, String> {
    let source: Box<dyn Read> = match path {
        "-" => Box::new(stdin()),
        path => Box::new(File::open(path).map_err(|error| format!("{path}: {error}"))?),
    };
    let mut bytes = Vec::new();
    source.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes).map_err(|error| format!("{path}: {error}"))?;
    if bytes.len() > MAX_FILE {
        return Err(format!("{path} has more than {} MiB", MAX_FILE >> 20));
    }
    let text = outside_text::text(&bytes).map_err(|error| format!("{path}: {error}; save it as CSV UTF-8"))?;
    Ok(text.into_owned())
}

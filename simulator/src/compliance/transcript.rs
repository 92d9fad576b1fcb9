//! Transcripts. Inputs and outputs of tools are truncated to the length in the query.

use crate::error::ApiError;
use crate::query::Query;
use crate::validate::at;
use serde_json::Value;

/// The unit of lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Chars,
    Bytes,
}

/// The maximum length of the inputs and outputs of tools. If absent, they are not truncated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cuts {
    unit: Unit,
    input: Option<usize>,
    result: Option<usize>,
}

impl Cuts {
    /// Parses the two parameters. The value -1 means no limit.
    pub(super) fn of(query: &Query, unit: Unit) -> Result<Self, ApiError> {
        let word = if unit == Unit::Chars { "chars" } else { "bytes" };
        let length = |what: &str| {
            let place = format!("{what}_max_{word}");
            let number =
                query.filters().find(|(name, _)| *name == place).and_then(|(_, values)| values.first()?.as_i64());
            match number {
                None | Some(-1) => Ok(None),
                Some(0) if unit == Unit::Bytes => Err(at(&place, "Input should be a positive number or -1")),
                Some(length) => usize::try_from(length)
                    .map(Some)
                    .map_err(|_| at(&place, "Input should be greater than or equal to -1")),
            }
        };
        Ok(Self { unit, input: length("tool_use_input")?, result: length("tool_result")? })
    }

    /// Truncates the parts of a message.
    pub(super) fn apply(self, content: &mut Value) {
        for part in content.as_array_mut().into_iter().flatten() {
            match part.get("type").and_then(Value::as_str) {
                Some("tool_use") => {
                    let was_cut = part.get_mut("input").is_some_and(|input| self.cut(input, self.input));
                    mark(part, was_cut);
                }
                Some("tool_result") => {
                    let mut was_cut = false;
                    for block in part.get_mut("content").and_then(Value::as_array_mut).into_iter().flatten() {
                        was_cut |= block.get_mut("text").is_some_and(|text| self.cut(text, self.result));
                    }
                    mark(part, was_cut);
                }
                _ => {}
            }
        }
    }

    /// Truncates a text, and returns whether the text was longer.
    fn cut(self, value: &mut Value, length: Option<usize>) -> bool {
        let (Some(length), Some(text)) = (length, value.as_str()) else { return false };
        let kept = match self.unit {
            Unit::Chars => text.char_indices().nth(length).map_or(text.len(), |(end, _)| end),
            // A character is never split.
            Unit::Bytes => (0..=length.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0),
        };
        if kept == text.len() {
            return false;
        }
        *value = text[..kept].into();
        true
    }
}

fn mark(part: &mut Value, was_cut: bool) {
    if was_cut {
        part["truncated"] = true.into();
    }
}

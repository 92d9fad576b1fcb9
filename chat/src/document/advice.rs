//! The next steps for a reader, in the terms of the frontend that shows them.
//!
//! Documents name options as a user types them: `--yes`, `--dry-run`. A program that sends fields, or a model that
//! calls a tool, has no such flags: for them an option is a field. Commands in backquotes are unchanged, because a
//! program can send them as text.

use super::{Block, Document};
use crate::command::Flag;

/// The way in which the reader of a result sends commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reader {
    /// The reader types commands with flags.
    #[default]
    Person,
    /// The reader sends fields.
    Program,
}

impl Reader {
    /// The advice to show the other columns of a table.
    pub(crate) fn other_columns(self) -> &'static str {
        match self {
            Self::Person => "--columns a,b or -o json",
            Self::Program => "\"output\": \"json\"",
        }
    }

    /// The advice to show the rest of a list.
    pub(crate) fn all_rows(self) -> String {
        phrased("--all", self)
    }
}

impl Document {
    /// The same document with its advice in the terms of a reader.
    #[must_use]
    pub fn for_reader(mut self, reader: Reader) -> Self {
        self.reader = reader;
        for block in &mut self.blocks {
            if let Block::Notice(notice) = block {
                notice.text = phrased(&notice.text, reader);
                notice.hint = notice.hint.as_deref().map(|hint| phrased(hint, reader));
            }
        }
        self
    }
}

/// A text in which each option that every command accepts is a field, unless it is part of a command in backquotes.
fn phrased(text: &str, reader: Reader) -> String {
    if reader == Reader::Person || !text.contains("--") && !text.contains("-o ") {
        return text.to_owned();
    }
    let spans = text.split('`').enumerate();
    let spans = spans.map(|(index, span)| {
        let is_command = index % 2 == 1 && !span.starts_with('-');
        if is_command { span.to_owned() } else { fields(span) }
    });
    spans.collect::<Vec<_>>().join("`")
}

/// Options as fields: a switch is true, and an option with a value has this value.
fn fields(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.replace("-o json", "\"output\": \"json\"");
    while let Some((before, after)) = rest.split_once("--") {
        let end = after.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(after.len());
        let (name, value) = after.split_at(end);
        let quoted = value.strip_prefix(" \"").and_then(|value| value.split_once('"'));
        let field = name.replace('-', "_");
        out.push_str(before);
        let left = match quoted {
            _ if name.is_empty() => {
                out.push_str("--");
                value
            }
            Some((quoted, left)) => {
                out.push_str(&format!("\"{field}\": \"{quoted}\""));
                left
            }
            None if Flag::find(name).is_some_and(|(flag, _)| flag.is_switch()) => {
                out.push_str(&format!("\"{field}\": true"));
                value
            }
            None => {
                out.push_str(&format!("\"{field}\""));
                value
            }
        };
        rest = left.to_owned();
    }
    out + &rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn option_is_a_field_for_a_program_and_a_flag_for_a_person() {
        for (typed, sent) in [
            ("`confirm 7qk2.1`, or repeat with --yes.", "`confirm 7qk2.1`, or repeat with \"yes\": true."),
            ("Repeat it without `--dry-run`.", "Repeat it without `\"dry_run\": true`."),
            ("Repeat it with --reason \"…\"; it is recorded.", "Repeat it with \"reason\": \"…\"; it is recorded."),
            ("Run the command again with `--reason \"…\"`.", "Run the command again with `\"reason\": \"…\"`."),
            ("for example with --limit.", "for example with \"limit\"."),
            ("`deny 7qk2.1 --reason …`", "`deny 7qk2.1 --reason …`"),
            ("a -- b", "a -- b"),
        ] {
            assert_eq!(phrased(typed, Reader::Program), sent);
            assert_eq!(phrased(typed, Reader::Person), typed);
        }
    }
}

//! From a check of the audit log to a document.

use super::{Block, Document, Fact, Level, Notice};
use crate::audit::Report;

/// The result of a check of the audit log. `against_head`: whether it was compared with a published head.
#[must_use]
pub fn verification(report: &Report, against_head: bool) -> Document {
    let notice = if report.is_sound() {
        let hint = "Truncation at the end shows only in a comparison with a previously published head.";
        let hint = (!against_head).then(|| hint.to_owned());
        Notice { level: Level::Done, text: "The audit log is valid.".to_owned(), hint }
    } else {
        let hint = "Leave the file unchanged, and compare it with a copy. Do not write more entries to it.";
        let text = "The audit log is NOT valid. It differs from what was written.".to_owned();
        Notice { level: Level::Error, text, hint: Some(hint.to_owned()) }
    };
    let mut document = Document::titled("Check of the audit log").with(Block::Notice(notice));
    let mut lines: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    lines.extend((report.more > 0).then(|| format!("and {} more", report.more)));
    lines.extend(report.notes.iter().map(|note| format!("Note: {note}")));
    if !lines.is_empty() {
        document = document.with(Block::Text(lines.join("\n")));
    }
    let mut facts =
        vec![Fact::new("Records", report.records.to_string()), Fact::new("Bytes", report.bytes.to_string())];
    facts.extend(report.head.as_ref().map(|head| Fact::new("Head", head.to_string())));
    document.with(Block::Facts(facts))
}

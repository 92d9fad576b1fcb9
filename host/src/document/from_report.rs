//! From a check of the audit trail to a document.

use super::{Block, Document, Fact, Level, Notice};
use crate::audit::Report;

/// What a check of the audit trail found; `against_head` says whether a published head was compared.
#[must_use]
pub fn verification(report: &Report, against_head: bool) -> Document {
    let notice = if report.is_sound() {
        let hint = "That nothing was cut off at the end shows only against a head that was published before.";
        let hint = (!against_head).then(|| hint.to_owned());
        Notice { level: Level::Done, text: "The audit trail is sound.".to_owned(), hint }
    } else {
        let hint = "Keep the file as it is, and compare it with a copy; do not go on writing to it.";
        let text = "The audit trail is NOT as it was written.".to_owned();
        Notice { level: Level::Error, text, hint: Some(hint.to_owned()) }
    };
    let mut document = Document::titled("Check of the audit trail").with(Block::Notice(notice));
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

//! Checks the chain.

use super::report::{Problem, Report};
use crate::attestation::{self, Attested};
use crate::event::{Entry, Event};
use crate::head::Head;
use serde::Deserialize;
use serde_json::Value;

/// The part of a chain that was read.
#[derive(Debug)]
pub(super) struct Chain<'a> {
    pub(super) report: Report,
    published: Option<&'a Head>,
    /// The number of the last entry.
    last: u64,
    /// The attestation of the last entry; none if there is no entry or if it cannot be read.
    before: Option<Attested>,
    /// The ID of the chain: that of the first entry that can be read.
    id: Option<String>,
}

impl<'a> Chain<'a> {
    /// The state before the first entry.
    pub(super) fn new(published: Option<&'a Head>) -> Self {
        Self { report: Report::default(), published, last: 0, before: None, id: None }
    }

    /// Checks the next entry.
    pub(super) fn push(&mut self, seq: u64, text: &str) {
        self.report.records += 1;
        self.report.bytes += text.len() as u64;
        let mut problem = |what: &str| {
            self.report.add(Problem { seq: Some(seq), what: what.to_owned() });
        };
        let expected = self.last + 1;
        if seq > expected {
            match seq - expected {
                1 => problem(&format!("entry {expected} before it is missing")),
                _ => problem(&format!("entries {expected} to {} before it are missing", seq - 1)),
            }
        } else if seq < expected {
            problem("its number was used before");
        }
        // The entry before a gap is not the one that this entry refers to.
        let before = self.before.take().filter(|_| seq == expected);
        self.last = self.last.max(seq);
        let (attested, entry) = match read(text) {
            Ok(both) => both,
            Err(what) => return problem(what),
        };
        if attested.head.seq != seq {
            problem(&format!("its content has the number {}", attested.head.seq));
        }
        match &self.id {
            Some(id) if *id != attested.head.chain => problem("it belongs to another chain"),
            Some(_) => {}
            None => self.id = Some(attested.head.chain.clone()),
        }
        match (before, &attested.previous) {
            (Some(before), Some(previous)) if before.head.fingerprint != *previous => {
                problem("the entry before it is not the one that it refers to");
            }
            (Some(_), None) => problem("it starts a chain but is not the first entry"),
            (None, Some(_)) if seq == 1 => problem("it refers to an entry before it but is the first entry"),
            _ => {}
        }
        if let Some(published) = self.published
            && published.seq == seq
            && *published != attested.head
        {
            problem("it is not the entry of the published head: the log was rewritten");
        }
        if let Event::Opened { dropped_bytes: dropped @ 1.., .. } = entry.event {
            self.report.notes.push(format!(
                "entry {seq}: the host that opened the store dropped {dropped} bytes that were no complete transaction: \
                 an interrupted write, or a tail that was truncated or changed; compare with a previously published head"
            ));
        }
        self.before = Some(attested);
    }

    /// Completes the check after the last entry.
    pub(super) fn finish(mut self) -> Report {
        if let Some(published) = self.published
            && published.seq > self.last
        {
            let (last, seq) = (self.last, published.seq);
            self.report.add(Problem::new(format!(
                "the log was truncated at the end: the published head is entry {seq}, and the last entry is {last}"
            )));
        }
        self.report.head = self.before.map(|attested| attested.head);
        self.report
    }
}

/// Reads an entry, and checks everything that does not depend on other entries.
fn read(text: &str) -> Result<(Attested, Entry), &'static str> {
    let record: Value = serde_json::from_str(text).map_err(|_| "it is not JSON")?;
    let event = record.as_object().ok_or("it is not a JSON object")?;
    let canonical = attestation::canonical(event).map_err(|_| "it contains a number that the host never writes")?;
    if canonical.text() != text.as_bytes() {
        return Err("it is not in canonical form");
    }
    let attested = Attested::read(&record).ok_or("its attestation is malformed")?;
    if canonical.fingerprint() != attested.head.fingerprint {
        return Err("its fingerprint does not match: it was changed");
    }
    let entry = record.pointer("/unmapped/claude_admin").ok_or("its content is not that of an entry")?;
    let entry = Entry::deserialize(entry).map_err(|_| "its content is not that of an entry")?;
    Ok((attested, entry))
}

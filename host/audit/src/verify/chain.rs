//! Goes along the chain.

use super::report::{Problem, Report};
use crate::attestation::{self, Attested};
use crate::chain::Head;
use crate::event::{Entry, Event};
use serde::Deserialize;
use serde_json::Value;

/// What has been seen of a chain.
#[derive(Debug)]
pub(super) struct Chain<'a> {
    pub(super) report: Report,
    published: Option<&'a Head>,
    /// The number of the last record.
    last: u64,
    /// The attestation of the last record; none when there is none, or none that can be read.
    before: Option<Attested>,
    /// The id of the chain: that of the first record that can be read.
    id: Option<String>,
}

impl<'a> Chain<'a> {
    /// Before the first record.
    pub(super) fn new(published: Option<&'a Head>) -> Self {
        Self { report: Report::default(), published, last: 0, before: None, id: None }
    }

    /// Takes the next record.
    pub(super) fn push(&mut self, seq: u64, text: &str) {
        self.report.records += 1;
        self.report.bytes += text.len() as u64;
        let mut problem = |what: &str| {
            self.report.add(Problem { seq: Some(seq), what: what.to_owned() });
        };
        let expected = self.last + 1;
        if seq > expected {
            match seq - expected {
                1 => problem(&format!("record {expected} before it is missing")),
                _ => problem(&format!("records {expected} to {} before it are missing", seq - 1)),
            }
        } else if seq < expected {
            problem("its number was there before");
        }
        // What stands before a gap is not what this record refers to.
        let before = self.before.take().filter(|_| seq == expected);
        self.last = self.last.max(seq);
        let (attested, entry) = match read(text) {
            Ok(both) => both,
            Err(what) => return problem(what),
        };
        if attested.head.seq != seq {
            problem(&format!("it says that it is record {}", attested.head.seq));
        }
        match &self.id {
            Some(id) if *id != attested.head.chain => problem("it belongs to another chain"),
            Some(_) => {}
            None => self.id = Some(attested.head.chain.clone()),
        }
        match (before, &attested.previous) {
            (Some(before), Some(previous)) if before.head.fingerprint != *previous => {
                problem("the record before it is not the one that it refers to");
            }
            (Some(_), None) => problem("it begins a chain, but is not the first"),
            (None, Some(_)) if seq == 1 => problem("it refers to a record before it, but is the first"),
            _ => {}
        }
        if let Some(published) = self.published
            && published.seq == seq
            && *published != attested.head
        {
            problem("it is not the record of the published head: the trail was written anew");
        }
        if let Event::Opened { dropped_bytes: dropped @ 1.., .. } = entry.event {
            self.report.notes.push(format!(
                "entry {seq}: the host that opened the store dropped {dropped} bytes that were no complete transaction: an \
                 interrupted write, or a tail that was truncated or changed; compare with a previously published head"
            ));
        }
        self.before = Some(attested);
    }

    /// Behind the last record.
    pub(super) fn finish(mut self) -> Report {
        if let Some(published) = self.published
            && published.seq > self.last
        {
            let (last, seq) = (self.last, published.seq);
            self.report.add(Problem::new(format!(
                "the tail was cut off: the published head is record {seq}, and the last one is {last}"
            )));
        }
        self.report.head = self.before.map(|attested| attested.head);
        self.report
    }
}

/// Reads a record, and checks all that can be seen from itself.
fn read(text: &str) -> Result<(Attested, Entry), &'static str> {
    let record: Value = serde_json::from_str(text).map_err(|_| "it is no JSON")?;
    let event = record.as_object().ok_or("it is no event")?;
    let canonical = attestation::canonical(event).map_err(|_| "it holds a number that is never written")?;
    if canonical.text() != text.as_bytes() {
        return Err("it is not in canonical form");
    }
    let attested = Attested::read(&record).ok_or("its attestation does not have the form of one")?;
    if canonical.fingerprint() != attested.head.fingerprint {
        return Err("its fingerprint does not fit: it was changed");
    }
    let entry = record.pointer("/unmapped/claude_admin").ok_or("it holds no entry")?;
    let entry = Entry::deserialize(entry).map_err(|_| "it holds no entry")?;
    Ok((attested, entry))
}

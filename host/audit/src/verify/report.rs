//! The result of a verification.

use crate::Head;
use std::fmt;

/// The maximum number of problems that are listed; the others are counted.
const MAX_PROBLEMS: usize = 100;

/// A difference from what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The number of the entry, if the problem is about one entry.
    pub seq: Option<u64>,
    /// The problem.
    pub what: String,
}

impl Problem {
    /// A problem of the whole audit log.
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { seq: None, what: what.into() }
    }
}

/// `entry 7: its fingerprint does not match: it was changed`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seq {
            Some(seq) => write!(f, "entry {seq}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// The result of a verification.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The number of entries.
    pub records: u64,
    /// The number of bytes that were checked: of the file if there is one, otherwise of the entries.
    pub bytes: u64,
    /// The head, if the last entry has a valid attestation: publish it if there is no problem.
    pub head: Option<Head>,
    /// The problems.
    pub problems: Vec<Problem>,
    /// The number of additional problems.
    pub more: u64,
    /// Notes: facts that are not problems.
    pub notes: Vec<String>,
}

impl Report {
    /// Whether everything is as it was written. Without a published head, this does not exclude a truncated end or a
    /// rewritten log.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty() && self.more == 0
    }

    /// Adds a problem, or counts it.
    pub(super) fn add(&mut self, problem: Problem) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        } else {
            self.more += 1;
        }
    }
}

/// One line for each problem and note, and one for the result.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "problem: {problem}")?;
        }
        if self.more > 0 {
            writeln!(f, "problem: and {} more", self.more)?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        let verdict = if self.is_sound() { "valid" } else { "NOT VALID" };
        write!(f, "{verdict}: {} entries, {} bytes", self.records, self.bytes)
    }
}

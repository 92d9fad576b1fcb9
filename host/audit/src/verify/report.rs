//! What was found.

use crate::Head;
use std::fmt;

/// How many problems are listed; the rest is counted.
const MAX_PROBLEMS: usize = 100;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The record that it is about, where it is about one.
    pub seq: Option<u64>,
    /// What is wrong.
    pub what: String,
}

impl Problem {
    /// A problem of the trail as a whole.
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { seq: None, what: what.into() }
    }
}

/// `record 7: it was changed`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seq {
            Some(seq) => write!(f, "record {seq}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// What a verification showed.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// How many records there are.
    pub records: u64,
    /// How many bytes were looked at: of the file if there is one, of the records otherwise.
    pub bytes: u64,
    /// The head, if the trail has a record that can be built on: what to publish when all is well.
    pub head: Option<Head>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// How many more problems there are.
    pub more: u64,
    /// What is worth knowing, but not wrong.
    pub notes: Vec<String>,
}

impl Report {
    /// Whether everything is as it was written. Without a published head, that says nothing about a tail that was cut
    /// off, or about a trail that was written anew.
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

/// One line for each problem and note, and one for the whole.
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
        let verdict = if self.is_sound() { "sound" } else { "NOT SOUND" };
        write!(f, "{verdict}: {} records, {} bytes", self.records, self.bytes)
    }
}

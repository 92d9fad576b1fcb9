//! What is wrong with a file, and where.

use std::fmt;

/// Which of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The file itself.
    File,
    /// Its write-ahead log, which ends in `-wal`.
    WriteAheadLog,
}

/// A place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// Which file.
    pub part: Part,
    /// The byte in it; the first is 0.
    pub offset: u64,
    /// The page of the store that the byte belongs to; the first is 1. None for what belongs to no page.
    pub page: Option<u32>,
}

impl Spot {
    /// A place further on, on the same page.
    pub(super) fn plus(self, bytes: usize) -> Self {
        Self { offset: self.offset + bytes as u64, ..self }
    }
}

/// `byte 65540 (page 2)`.
impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}", self.offset)?;
        if self.part == Part::WriteAheadLog {
            f.write_str(" of the write-ahead log")?;
        }
        self.page.map_or(Ok(()), |page| write!(f, " (page {page})"))
    }
}

/// Something that is not as it has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Where; none when it is about the file as a whole.
    pub spot: Option<Spot>,
    /// The record that it is part of, where that is known.
    pub seq: Option<u64>,
    /// What.
    pub what: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.spot {
            Some(spot) => write!(f, "{spot}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// Findings up to a number; the rest is counted.
#[derive(Debug)]
pub(super) struct Findings {
    list: Vec<Damage>,
    max: usize,
    more: u64,
}

impl Findings {
    /// An empty list for that many.
    pub(super) fn new(max: usize) -> Self {
        Self { list: Vec::new(), max, more: 0 }
    }

    /// Adds a finding.
    pub(super) fn add(&mut self, spot: Option<Spot>, seq: Option<u64>, what: impl Into<String>) {
        if self.list.len() < self.max {
            self.list.push(Damage { spot, seq, what: what.into() });
        } else {
            self.more += 1;
        }
    }

    /// The list, and how many more there are.
    pub(super) fn into_parts(self) -> (Vec<Damage>, u64) {
        (self.list, self.more)
    }
}

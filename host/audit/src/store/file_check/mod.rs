//! Looks at every bit of the file of a store.
//!
//! The chain of the audit trail covers the text of each record, and nothing around it: a flipped bit in a page header,
//! in a cell pointer or in unused space would go unnoticed, and might later make SQLite lose or find things. But a
//! file that is only ever appended to has exactly one shape, so the shape can be checked instead:
//!
//! * the header: every field is a constant, is held against another one, or, for the version of SQLite that wrote it
//!   last, is held against what the records say;
//! * the page of the schema, byte for byte;
//! * the pages of the table: their types, cells packed without gaps in the order of appending, row ids without gaps,
//!   the shortest form of every number, inner pages whose keys are exactly the last below them, overflow pages with
//!   nothing behind their end, zeros wherever nothing is, no free pages, and every page reached exactly once;
//! * the write-ahead log, if there is one: its checksums up to its last byte.
//!
//! What is not covered: when an inner page splits, SQLite leaves old bytes of its own on inner pages. So where there
//! is more than one level of inner pages, unused space *on inner pages* may hold anything. With pages of 64 KiB that is
//! beyond some hundred megabytes, and then one page in thousands. The shared-memory file (`-shm`) is not looked at: it
//! is made anew from the write-ahead log.
//!
//! The zeros rely on `secure_delete`, which every connection of this program switches on.

mod bytes;
mod damage;
mod header;
mod inner;
mod leaf;
mod schema;
mod still;
mod table;
#[cfg(test)]
mod tests;
mod view;
mod wal;

pub use damage::{Damage, Part, Spot};

use damage::Findings;
use std::path::Path;

/// How many findings are listed; the rest is counted.
const MAX_FINDINGS: usize = 100;

/// A record, as it stands in the file.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// Its number.
    pub seq: u64,
    /// Its text.
    pub text: &'a str,
    /// Where it begins.
    pub spot: Spot,
}

/// What a look at the whole file showed.
#[derive(Debug, Clone, Default)]
pub struct FileReport {
    /// What is not as it has to be, in the order of the file.
    pub damages: Vec<Damage>,
    /// How many more there are.
    pub more: u64,
    /// The version of SQLite that the header names, such as 3050004.
    pub sqlite: Option<u32>,
    /// The bytes that were looked at: of the file, and of the write-ahead log.
    pub bytes: u64,
    /// Why the file could not be kept still while it was read. What was found may then be the work of another host.
    pub not_still: Option<String>,
}

/// How many bytes at the end of the write-ahead log are no complete transaction: an interrupted write, or a tail that
/// was cut or changed. Whoever writes to the store drops them.
///
/// Nothing is written. 0 also where the file is not kept still, so that a transaction which is being written just now is
/// not taken for one that was interrupted; [`check_file`] says why.
#[must_use]
pub fn unreadable_tail(path: &Path) -> u64 {
    let (view, still) = still::look(path, &mut Findings::new(0));
    let tail = view.filter(|_| still.is_ok()).and_then(|view| view.tail());
    tail.map_or(0, |(_, bytes)| bytes)
}

/// Looks at the file of a store and its write-ahead log, and hands out the records in passing.
///
/// Nothing is written: neither is the write-ahead log copied into the file, nor emptied. Other hosts may go on
/// appending; what is looked at is the state at the beginning.
pub fn check_file(path: &Path, visit: &mut dyn FnMut(Found<'_>)) -> FileReport {
    let mut findings = Findings::new(MAX_FINDINGS);
    let mut report = FileReport::default();
    let (view, still) = still::look(path, &mut findings);
    if let Some(view) = &view {
        report.bytes = view.bytes();
        report.sqlite = header::check(view, &mut findings);
        schema::check(view, &mut findings);
        table::check(view, &mut findings, visit);
    }
    // Until here, nothing may change under the eyes of the check.
    report.not_still = still.err();
    (report.damages, report.more) = findings.into_parts();
    report
}

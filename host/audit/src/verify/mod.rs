//! Checks whether the audit log is as it was written.
//!
//! [`verify`] checks the entries of any log; [`verify_file`] also checks the schema and the pages of a store in a file.
//! Both read from the first entry to the last, in little memory, and list every problem up to a number, not only the
//! first.

mod chain;
mod report;
#[cfg(test)]
mod tests;

pub use report::{Problem, Report};

use super::head::Head;
use crate::store::Log;
#[cfg(feature = "sqlite")]
use crate::store::{Inspection, Settings, inspect};
use chain::Chain;
#[cfg(feature = "sqlite")]
use std::path::Path;

/// The number of records that are read in one batch.
const BATCH: usize = 256;

/// Verifies the entries of a log: the form of each entry, the chain through all, and a published head if one is given.
///
/// A log that cannot be read to its end is a problem in the report, not an error.
#[must_use]
pub fn verify(log: &dyn Log, published: Option<&Head>) -> Report {
    let mut chain = Chain::new(published);
    let mut after = 0;
    loop {
        let batch = match log.read(after, BATCH) {
            Ok(batch) => batch,
            Err(error) => {
                chain.report.add(Problem::new(format!("cannot be read after entry {after}: {error}")));
                break;
            }
        };
        let Some(last) = batch.last() else { break };
        if last.seq <= after {
            chain.report.add(Problem::new(format!("the log does not continue after entry {after}")));
            break;
        }
        after = last.seq;
        for record in batch {
            chain.push(record.seq, &record.text);
        }
    }
    chain.finish()
}

/// Verifies a store in a file: the form of each entry, the chain through all, a published head if one is given, the
/// schema, and the pages of the file (SQLite's `integrity_check`).
///
/// Every change of an entry is found. A change of bytes that nothing reads is not. Nothing is written, and other hosts
/// can go on appending. A file that cannot be read is a problem in the report, not an error.
#[cfg(feature = "sqlite")]
#[must_use]
pub fn verify_file(path: &Path, published: Option<&Head>) -> Report {
    let Inspection { problems, bytes, log } = inspect(path, Settings::default());
    let mut report = match &log {
        Some(log) => verify(log, published),
        None => Report::default(),
    };
    report.bytes = bytes;
    // The file first: damage to it is the cause of problems with entries.
    let of_entries = std::mem::take(&mut report.problems);
    for problem in problems.into_iter().map(Problem::new).chain(of_entries) {
        report.add(problem);
    }
    report
}

//! Finds out whether the audit trail is what was written.
//!
//! [`verify`] looks at the records of any log; [`verify_file`] looks at a store in a file to the last bit. Both read
//! from the first record to the last, in little memory, and list every problem up to a number, not only the first.

mod chain;
mod report;
#[cfg(test)]
mod tests;

pub use report::{Problem, Report};

use super::chain::Head;
use crate::store::file_check::{FileReport, check_file};
use crate::store::{Log, sqlite_version};
use chain::Chain;
use std::path::Path;

/// How many records are read at once.
const BATCH: usize = 256;

/// Verifies the records of a log: the form of each, the chain through all, and, if one is given, a published head.
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
                chain.report.add(Problem::new(format!("cannot be read behind record {after}: {error}")));
                break;
            }
        };
        let Some(last) = batch.last() else { break };
        if last.seq <= after {
            chain.report.add(Problem::new(format!("the log does not go on behind record {after}")));
            break;
        }
        after = last.seq;
        for record in batch {
            chain.push(record.seq, &record.text, None);
        }
    }
    chain.finish()
}

/// Verifies a store in a file: every bit of the file, the write-ahead log beside it, the form of each record, the
/// chain through all, and, if one is given, a published head.
///
/// Nothing is written, and other hosts may go on appending. A file that cannot be read, or that SQLite refuses, is a
/// problem in the report, not an error.
#[must_use]
pub fn verify_file(path: &Path, published: Option<&Head>) -> Report {
    let mut chain = Chain::new(published);
    let file = check_file(path, &mut |found| chain.push(found.seq, found.text, Some(found.spot)));
    let opened = chain.opened().to_vec();
    let mut report = chain.finish();
    let FileReport { damages, more, sqlite, bytes, not_still } = file;
    // The file first: what is wrong with it is the reason for what is wrong with the records.
    let records = std::mem::take(&mut report.problems);
    for damage in damages {
        report.add(Problem { seq: damage.seq, spot: damage.spot, what: damage.what });
    }
    for problem in records {
        report.add(problem);
    }
    report.more += more;
    report.bytes = bytes;
    if let Some(found) = sqlite {
        writer(found, &opened, &mut report);
    }
    if let Some(reason) = not_still {
        report.notes.push(format!("other hosts could not be kept from changing the file while it was read: {reason}"));
    }
    report
}

/// Holds the version of SQLite that the header of the file names against those that the hosts named.
fn writer(found: u32, opened: &[i32], report: &mut Report) {
    let found = i64::from(found);
    let last = opened.last().copied().unwrap_or_else(sqlite_version);
    if found == i64::from(last) {
        return;
    }
    if opened.iter().any(|version| found == i64::from(*version)) {
        report.notes.push(format!(
            "the file was last written by SQLite {found}, and the host that opened it last has {last}: right if a host \
             with the other version still runs, or ran until recently; otherwise the header was changed"
        ));
    } else {
        report.add(Problem::new(format!(
            "the header says that SQLite {found} wrote the file last, and no host with that version ever opened it"
        )));
    }
}

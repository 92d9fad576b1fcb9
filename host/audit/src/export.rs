//! Writes the audit log in formats for other programs.

use super::cause::{Cause, joined};
use super::event::{Entry, Event};
use super::query::Recorded;
use crate::store::{Log, StoreError, StoredRecord};
use claude_admin_chat::render::{Medium, csv_cell};
use std::io::{self, Write};

/// The number of records that are read in one batch.
const BATCH: usize = 256;

/// The audit log was not exported, or not completely.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The output cannot be written.
    #[error("the events cannot be written: {0}")]
    Io(#[from] io::Error),
}

impl From<csv::Error> for ExportError {
    fn from(error: csv::Error) -> Self {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => Self::Io(error),
            other => Self::Io(io::Error::other(format!("{other:?}"))),
        }
    }
}

/// Writes the entries after `after` (0: all of them) as OCSF events, one on each line, byte for byte as they are
/// stored. Returns the number of the last entry: the next export can continue after it.
///
/// # Errors
///
/// [`ExportError`] if the store cannot be read or the events cannot be written.
pub fn ocsf(log: &dyn Log, after: u64, out: &mut dyn Write) -> Result<u64, ExportError> {
    each(log, after, &mut |record| {
        // Canonical JSON has no line breaks.
        out.write_all(record.text.as_bytes())?;
        out.write_all(b"\n")?;
        Ok(())
    })
}

/// The columns of the table.
const COLUMNS: [&str; 19] = [
    "time",
    "seq",
    "kind",
    "operation",
    "principal",
    "place",
    "action",
    "command",
    "result",
    "reason",
    "approvers",
    "policy hash",
    "plan hash",
    "upstream request ids",
    "resolved ids",
    "plan version",
    "policies",
    "step",
    "person",
];

/// Writes the entries after `after` (0: all of them) as a table with a heading. Returns the number of the last entry. A
/// record that cannot be read as an entry has the kind `unreadable`.
///
/// # Errors
///
/// [`ExportError`] if the store cannot be read or the table cannot be written.
pub fn csv(log: &dyn Log, after: u64, medium: Medium, out: &mut dyn Write) -> Result<u64, ExportError> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(COLUMNS)?;
    let last = each(log, after, &mut |record| {
        let row = match Recorded::read(record.seq, &record.text) {
            Ok(recorded) => row(&recorded),
            Err(_) => {
                let mut row = <[String; COLUMNS.len()]>::default();
                let [_, seq, kind, ..] = &mut row;
                *seq = record.seq.to_string();
                "unreadable".clone_into(kind);
                row
            }
        };
        Ok(table.write_record(row.map(|cell| csv_cell(&cell, medium)))?)
    })?;
    table.flush()?;
    Ok(last)
}

fn each(
    log: &dyn Log,
    mut after: u64,
    write: &mut dyn FnMut(&StoredRecord) -> Result<(), ExportError>,
) -> Result<u64, ExportError> {
    loop {
        let batch = log.read(after, BATCH)?;
        let Some(last) = batch.last().filter(|last| last.seq > after) else { return Ok(after) };
        after = last.seq;
        for record in &batch {
            write(record)?;
        }
    }
}

fn row(Recorded { seq, entry }: &Recorded) -> [String; COLUMNS.len()] {
    let Entry {
        time_ms,
        open_from: _,
        latest_ms: _,
        operation,
        principal,
        person,
        place,
        action,
        effect: _,
        command,
        resolved,
        lookups,
        plan_hash,
        step,
        version,
        policy_hash,
        policies,
        event,
    } = entry;
    let facts = Facts::of(event);
    [
        time(*time_ms),
        seq.to_string(),
        event.kind().to_owned(),
        operation.clone().unwrap_or_default(),
        principal.as_ref().map(ToString::to_string).unwrap_or_default(),
        place.as_ref().map(ToString::to_string).unwrap_or_default(),
        action.clone().unwrap_or_default(),
        command.clone().unwrap_or_default(),
        facts.result,
        facts.reason,
        facts.approvers,
        either(facts.policy_hash, policy_hash.clone()),
        either(facts.plan_hash, plan_hash.clone()),
        [lookups.join(" "), facts.requests].join(" ").trim().to_owned(),
        resolved.join("; "),
        version.map(|version| version.to_string()).unwrap_or_default(),
        either(facts.policies, Some(policies.join(", "))),
        step.map(|step| step.to_string()).unwrap_or_default(),
        person.clone().unwrap_or_default(),
    ]
}

/// The value in the event, or otherwise the value in the entry.
fn either(of_event: String, of_entry: Option<String>) -> String {
    if of_event.is_empty() { of_entry.unwrap_or_default() } else { of_event }
}

/// RFC 3339, in UTC, to the millisecond; a time outside of the calendar stays a number.
fn time(time_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(time_ms).map_or_else(|_| time_ms.to_string(), |time| format!("{time:.3}"))
}

/// The columns that depend on the event.
#[derive(Default)]
struct Facts {
    result: String,
    reason: String,
    approvers: String,
    policy_hash: String,
    plan_hash: String,
    requests: String,
    policies: String,
}

impl Facts {
    fn of(event: &Event) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let coded = |cause: &Option<Cause>| cause.as_ref().map(ToString::to_string).unwrap_or_default();
        let mut facts = Self::default();
        match event {
            Event::Opened { version, sqlite, dropped_bytes } => {
                facts.result = format!("version {version}, SQLite {sqlite}");
                if *dropped_bytes > 0 {
                    facts.reason = format!("{dropped_bytes} bytes were no complete transaction and were dropped");
                }
            }
            Event::Received { .. } | Event::Carried { .. } | Event::Expired | Event::Undelivered => {}
            Event::ApprovedAlone { delay_seconds } => facts.result = format!("after {delay_seconds} s"),
            Event::Denied { reason, count } => {
                facts.result = count.to_string();
                facts.reason = reason.to_string();
            }
            Event::Planned { plan: _, plan_hash, dry_run, requests } => {
                facts.requests = requests.join(" ");
                facts.result = if *dry_run { "dry run".to_owned() } else { String::new() };
                facts.plan_hash = plan_hash.clone();
            }
            Event::Requested { pending: _, plan_hash, policy_hash, expires_ms } => {
                facts.result = format!("until {}", time(*expires_ms));
                facts.plan_hash = plan_hash.clone();
                facts.policy_hash = policy_hash.clone();
            }
            Event::Decided { decision, reason } => {
                facts.result = decision.as_str().to_owned();
                facts.reason = text(reason);
            }
            Event::Intent { host: _, plan_hash, policy_hash, policies, approvers, reason } => {
                facts.policies = policies.join(", ");
                facts.reason = text(reason);
                facts.approvers = approvers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
                facts.policy_hash = policy_hash.clone();
                facts.plan_hash = text(plan_hash);
            }
            Event::Outcome { result, changed: _, status, requests, cause } => {
                facts.result = status.map_or_else(|| result.clone(), |status| format!("{result} ({status})"));
                facts.reason = coded(cause);
                facts.requests = requests.join(" ");
            }
            Event::Superseded { differences } => facts.reason = joined(differences),
            Event::PolicyChanged { policy_hash, problem } => {
                facts.policy_hash = text(policy_hash);
                facts.reason = coded(problem);
            }
            Event::ContentRead { of } => facts.result = of.join(" "),
            Event::AuditRead { query } => facts.reason = query.clone(),
            Event::Notifying { audience, shows, host: _ } => facts.result = format!("{}: {shows}", audience.as_str()),
            Event::Notified { audience, shows, message: _, problem } => {
                facts.result = format!("{}: {shows}", audience.as_str());
                facts.reason = problem.clone().unwrap_or_default();
            }
        }
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::append;
    use crate::store::{Durability, SqliteLog};
    use crate::testing::{entry, log};

    #[test]
    fn ocsf_export_is_the_stored_text_and_can_be_continued() {
        let log = log(600);
        let mut out = Vec::new();
        assert_eq!(ocsf(&log, 0, &mut out).unwrap(), 600);
        let stored: String = log.read(0, 1000).unwrap().iter().map(|record| format!("{}\n", record.text)).collect();
        assert_eq!(String::from_utf8(out).unwrap(), stored);
        let mut rest = Vec::new();
        assert_eq!(ocsf(&log, 598, &mut rest).unwrap(), 600);
        assert_eq!(rest.iter().filter(|byte| **byte == b'\n').count(), 2);
        assert_eq!(ocsf(&log, 600, &mut Vec::new()).unwrap(), 600);
    }

    #[test]
    fn csv_export_has_a_row_per_entry_and_fills_every_column() {
        let mut out = Vec::new();
        csv(&log(24), 0, Medium::Stream, &mut out).unwrap();
        let mut table = csv::Reader::from_reader(out.as_slice());
        assert_eq!(table.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
        let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 24);
        for (column, name) in COLUMNS.iter().enumerate() {
            assert!(rows.iter().any(|row| !row[column].is_empty()), "{name}");
        }
        assert_eq!(&rows[0][0], "2023-11-14T22:13:20.000Z");
        assert_eq!(&rows[6][10], "slack:T1/U2 http:ci");
        assert_eq!(&rows[7][13], "req_7");
        // A value in the event takes precedence over the value in the entry. If the event has no field for it, the
        // value of the entry is used.
        assert_eq!((&rows[2][11], &rows[2][13], &rows[2][16]), ("policy of the entry", "req_lookup_2", "no"));
        assert_eq!((&rows[5][12], &rows[5][15]), ("plan of the entry", "2"));
        assert_eq!((&rows[6][11], &rows[6][12], &rows[6][16]), ("q", "p", "policy0"));
        assert_eq!(&rows[6][14], "user_01 (ada@example.com)");
    }

    #[test]
    fn no_cell_is_a_formula() {
        let log = SqliteLog::in_memory().unwrap();
        let dangerous = ["=1+1", "+1", "-1", "@x", "\tx", "\rx"];
        let commands = dangerous.map(|command| Entry { command: Some(command.to_owned()), ..entry(2) });
        append(&log, &commands, Durability::Process).unwrap();
        let mut out = Vec::new();
        csv(&log, 0, Medium::Stream, &mut out).unwrap();
        let mut table = csv::Reader::from_reader(out.as_slice());
        for (row, command) in table.records().zip(dangerous) {
            // A lone carriage return can control a terminal.
            assert_eq!(row.unwrap()[7], format!("'{}", command.replace('\r', "\u{FFFD}")));
        }
    }

    #[test]
    fn a_record_that_cannot_be_read_has_a_row_too() {
        let log = SqliteLog::in_memory().unwrap();
        log.append(0, &["{}".to_owned()], &[], Durability::Process).unwrap();
        let mut out = Vec::new();
        csv(&log, 0, Medium::Stream, &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().ends_with("\n,1,unreadable,,,,,,,,,,,,,,,,\n"));
    }
}

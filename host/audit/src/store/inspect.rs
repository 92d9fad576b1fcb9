//! Inspects a store in a file: what SQLite and the schema show.
//!
//! It does not show a change that nothing reads: in the unused space of a page, or in a page that is free.

use super::connection::{Opened, check_ours, open_as_it_is, open_to_read};
use super::migration::{APPLICATION_ID, STEPS, SchemaObject};
use super::{Settings, SqliteLog, StoreError};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// The bytes of the header of a write-ahead log, and of the header of each frame in it.
const LOG_HEADER: u64 = 32;
const FRAME_HEADER: u64 = 24;

/// The maximum number of problems that SQLite lists.
const MAX_PROBLEMS: u32 = 100;

/// The state of a store in a file.
#[derive(Debug, Default)]
pub(crate) struct Inspection {
    /// The problems of the file, as sentences without a period.
    pub(crate) problems: Vec<String>,
    /// The bytes of the file.
    pub(crate) bytes: u64,
    /// The records; none if the file cannot be opened.
    pub(crate) log: Option<SqliteLog>,
}

/// Inspects a store. Nothing is written, and other hosts can append at the same time.
pub(crate) fn inspect(path: &Path, settings: Settings) -> Inspection {
    let mut found = Inspection { bytes: std::fs::metadata(path).map_or(0, |file| file.len()), ..Inspection::default() };
    match open_to_read(path, settings.busy_timeout) {
        Err(error) => found.problems.push(error.to_string()),
        Ok(opened) => {
            if let Err(error) = look(&opened, &mut found.problems) {
                found.problems.push(format!("SQLite cannot read the file: {error}"));
            }
            found.log = Some(SqliteLog::of_file(opened));
        }
    }
    found
}

fn look(opened: &Opened, problems: &mut Vec<String>) -> Result<(), rusqlite::Error> {
    if opened.unreadable > 0 {
        problems.push(format!(
            "{} bytes at the end of the write-ahead log are no complete transaction: an interrupted write, or a tail \
             that was truncated or changed; compare with a published head",
            opened.unreadable
        ));
    }
    check_schema(&opened.connection, problems)?;
    let mut statement = opened.connection.prepare(&format!("PRAGMA integrity_check({MAX_PROBLEMS})"))?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
    for line in lines {
        let line = line?;
        if line != "ok" {
            problems.push(format!("SQLite found damage: {line}"));
        }
    }
    Ok(())
}

/// Compares the schema with the one of the format of the file. Anything else in it could change what is read or
/// written.
fn check_schema(connection: &Connection, problems: &mut Vec<String>) -> Result<(), rusqlite::Error> {
    let application: u32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if application != APPLICATION_ID {
        problems.push("the file is marked as that of another program".to_owned());
    }
    let format: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let mut expected: BTreeMap<&str, &SchemaObject> =
        STEPS.iter().take(format as usize).flat_map(|step| step.objects).map(|object| (object.name, object)).collect();
    let mut statement = connection.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY rowid")?;
    let objects = statement.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<String>>(2)?))
    })?;
    for object in objects {
        let (kind, name, sql) = object?;
        match expected.remove(name.as_str()) {
            Some(known) if kind == known.kind && sql.as_deref() == Some(known.sql) => {}
            Some(_) => problems.push(format!("the {kind} `{name}` is not defined as this program defines it")),
            None => problems.push(format!(
                "the file has {} {kind} `{name}` that this program does not create",
                if kind == "index" { "an" } else { "a" }
            )),
        }
    }
    problems.extend(expected.values().map(|missing| format!("the {} `{}` is missing", missing.kind, missing.name)));
    Ok(())
}

/// The number of bytes at the end of the write-ahead log that are not a complete transaction.
///
/// SQLite reports the number of frames in complete transactions. No other host can write during the query.
pub(super) fn unreadable_tail(path: &Path, log: &Path, busy_timeout: Duration) -> Result<u64, StoreError> {
    check_ours(path)?;
    let (writer, reader) = (open_as_it_is(path, busy_timeout)?, open_as_it_is(path, busy_timeout)?);
    writer.connection.execute_batch("BEGIN IMMEDIATE")?;
    let frames: i64 = reader.connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get(1))?;
    let page_size: u32 = reader.connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let bytes = std::fs::metadata(log).map_or(0, |log| log.len());
    writer.connection.execute_batch("ROLLBACK")?;
    Ok(bytes.saturating_sub(LOG_HEADER + u64::try_from(frames).unwrap_or(0) * (FRAME_HEADER + u64::from(page_size))))
}

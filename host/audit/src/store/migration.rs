//! The formats of the file, and the migration from each to the next.
//!
//! SQLite's `user_version` is the number of the format. A step is a list of statements. A file in an older format gets
//! all missing steps in one transaction; a file in a newer format is an error.

use super::{Hosts, StoreError};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// Distinguishes an audit store from other SQLite files: "CADM".
pub(super) const APPLICATION_ID: u32 = 0x4341_444d;

/// An object of the schema, as SQLite lists it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SchemaObject {
    /// `table`, `index` or `trigger`.
    pub(super) kind: &'static str,
    /// Its name.
    pub(super) name: &'static str,
    /// The statement that creates it. SQLite stores the text unchanged.
    pub(super) sql: &'static str,
}

/// The objects that each format adds to the previous one; the first step creates format 1.
///
/// The triggers do not protect against a user who writes to the file, but a mistake in this program cannot bypass them.
pub(super) const STEPS: &[Step] = &[
    Step { objects: RECORDS, fill: "" },
    // The previous version stored the keys of requests in the log.
    Step {
        objects: CLAIMS,
        fill: "WITH recent AS (
                 SELECT json_extract(text, '$.unmapped.claude_admin') AS entry FROM record
                 WHERE json_valid(text) AND seq > (SELECT max(seq) FROM record) - 20000
               ), delivered AS (
                 SELECT json_extract(entry, '$.event.delivery') AS delivery,
                        coalesce(json_extract(entry, '$.operation'), '') AS operation,
                        max(json_extract(entry, '$.time_ms'), coalesce(json_extract(entry, '$.latest_ms'), 0)) AS time_ms
                 FROM recent WHERE json_extract(entry, '$.event.kind') = 'received'
               )
               INSERT OR IGNORE INTO claim (key, value, time_ms)
                 SELECT substr(delivery, 1, instr(delivery || ' ', ' ') - 1),
                        operation || ' ' || substr(delivery, instr(delivery || ' ', ' ') + 1), time_ms
                 FROM delivered WHERE delivery IS NOT NULL;
               INSERT INTO forgotten
                 SELECT 1, json_extract(text, '$.unmapped.claude_admin.time_ms') FROM record
                 WHERE json_valid(text) AND seq = (SELECT max(seq) FROM record) - 20000",
    },
];

/// The objects that a format adds to the previous one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// The objects of the schema.
    pub(super) objects: &'static [SchemaObject],
    /// The statements that fill them from the existing data.
    fill: &'static str,
}

/// The log.
const RECORDS: &[SchemaObject] = &[
    SchemaObject {
        kind: "table",
        name: "record",
        sql: "CREATE TABLE record (seq INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT",
    },
    SchemaObject {
        kind: "trigger",
        name: "record_follows",
        sql: "CREATE TRIGGER record_follows BEFORE INSERT ON record \
              WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM record) \
              BEGIN SELECT RAISE(ABORT, 'a record follows the last one'); END",
    },
    SchemaObject {
        kind: "trigger",
        name: "record_stays",
        sql: "CREATE TRIGGER record_stays BEFORE DELETE ON record \
              BEGIN SELECT RAISE(ABORT, 'records stay'); END",
    },
    SchemaObject {
        kind: "trigger",
        name: "record_stays_the_same",
        sql: "CREATE TRIGGER record_stays_the_same BEFORE UPDATE ON record \
              BEGIN SELECT RAISE(ABORT, 'records stay the same'); END",
    },
];

/// The keys of recent deliveries, and the time of the last one that was deleted. They are not part of the log.
const CLAIMS: &[SchemaObject] = &[
    SchemaObject {
        kind: "table",
        name: "claim",
        sql: "CREATE TABLE claim (id INTEGER PRIMARY KEY, key TEXT NOT NULL, value TEXT NOT NULL, time_ms INTEGER NOT NULL) \
              STRICT",
    },
    SchemaObject { kind: "index", name: "claim_by_key", sql: "CREATE UNIQUE INDEX claim_by_key ON claim (key)" },
    SchemaObject { kind: "index", name: "claim_by_time", sql: "CREATE INDEX claim_by_time ON claim (time_ms)" },
    SchemaObject {
        kind: "table",
        name: "forgotten",
        sql: "CREATE TABLE forgotten (id INTEGER PRIMARY KEY CHECK (id = 1), time_ms INTEGER NOT NULL) STRICT",
    },
];

/// The newest format: the one that this version writes.
pub(super) const FORMAT: u32 = STEPS.len() as u32;

/// Migrates a file to the format of this version. An empty file becomes an empty store.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    migrate_along(connection, path, STEPS)
}

/// The mechanism, separate from the steps, to test it with future steps.
fn migrate_along(connection: &mut Connection, path: &Path, steps: &[Step]) -> Result<(), StoreError> {
    let known = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    // The lock is acquired before the format is read: two hosts that start at the same time must not both migrate.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let application: u32 = transaction.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let objects: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let found: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let empty = application == 0 && objects == 0 && found == 0;
    if !empty && application != APPLICATION_ID {
        return Err(StoreError::NotOurs(path.to_owned()));
    }
    if found > known {
        return Err(StoreError::Newer { path: path.to_owned(), found, known });
    }
    if found == known {
        return Ok(());
    }
    // A host of an earlier version does not check the format again, and would write what this version does not read.
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if !empty && Hosts::of(&real).any_is_alive() {
        return Err(StoreError::InUse(path.to_owned()));
    }
    transaction.execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID}"))?;
    for step in steps.iter().skip(found as usize) {
        for object in step.objects {
            transaction.execute_batch(object.sql)?;
        }
        transaction.execute_batch(step.fill)?;
    }
    transaction.execute_batch(&format!("PRAGMA user_version = {known}"))?;
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Step = Step { objects: RECORDS, fill: "" };
    const SECOND: Step = Step {
        objects: &[SchemaObject {
            kind: "table",
            name: "more",
            sql: "CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT",
        }],
        fill: "INSERT INTO more SELECT 100 + seq FROM record",
    };

    fn format_of(connection: &Connection) -> u32 {
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn empty_file_gets_all_migrations_and_older_file_the_missing() {
        let steps = [FIRST, SECOND];
        let mut fresh = Connection::open_in_memory().unwrap();
        migrate_along(&mut fresh, Path::new("x"), &steps).unwrap();
        assert_eq!(format_of(&fresh), 2);

        let mut older = Connection::open_in_memory().unwrap();
        migrate_along(&mut older, Path::new("x"), &steps[..1]).unwrap();
        assert_eq!(format_of(&older), 1);
        older.execute("INSERT INTO record VALUES (1, 'kept')", []).unwrap();
        for _ in 0..2 {
            migrate_along(&mut older, Path::new("x"), &steps).unwrap();
            assert_eq!(format_of(&older), 2);
        }
        let kept: String = older.query_row("SELECT text FROM record", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, "kept");
        let filled: i64 = older.query_row("SELECT sum(id) FROM more", [], |row| row.get(0)).unwrap();
        assert_eq!(filled, 101, "filled once");
    }

    #[test]
    fn a_newer_format_is_refused_and_left_as_it_is() {
        let mut newer = Connection::open_in_memory().unwrap();
        migrate_along(&mut newer, Path::new("x"), &[FIRST, SECOND]).unwrap();
        let error = migrate_along(&mut newer, Path::new("x"), &[FIRST]).unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 2, known: 1, .. }), "{error}");
        assert_eq!(format_of(&newer), 2);
    }

    #[test]
    fn a_step_that_fails_leaves_nothing_behind() {
        const BROKEN: Step =
            Step { objects: &[SchemaObject { kind: "table", name: "x", sql: "CREATE TABLE record (x)" }], fill: "" };
        let mut connection = Connection::open_in_memory().unwrap();
        assert!(migrate_along(&mut connection, Path::new("x"), &[FIRST, BROKEN]).is_err());
        assert_eq!(format_of(&connection), 0);
        migrate_along(&mut connection, Path::new("x"), STEPS).unwrap();
    }

    #[test]
    fn foreign_database_is_not_migrated() {
        let mut other = Connection::open_in_memory().unwrap();
        other.execute_batch("CREATE TABLE theirs (x)").unwrap();
        assert!(matches!(migrate(&mut other, Path::new("x")), Err(StoreError::NotOurs(_))));
    }
}

//! Functions for tests that tamper with a store.

use rusqlite::Connection;
pub(crate) use rusqlite::ToSql as Value;
use std::path::Path;

/// Changes a store directly: without the triggers, and with an empty write-ahead log afterwards.
pub(crate) fn tamper(path: &Path, statements: &[(&str, &[&dyn Value])]) {
    let connection = Connection::open(path).unwrap();
    // No data has to survive a power failure here.
    connection.execute_batch("PRAGMA synchronous = OFF; BEGIN").unwrap();
    let triggers: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for trigger in triggers {
        connection.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    for (sql, values) in statements {
        connection.execute(sql, *values).unwrap();
    }
    connection.execute_batch("COMMIT").unwrap();
}

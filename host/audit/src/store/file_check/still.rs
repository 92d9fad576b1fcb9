//! Keeps a store still while it is looked at, without keeping other hosts from appending.
//!
//! For a moment nobody may write: then the write-ahead log is read, and a second connection begins to read. As long as
//! that one goes on, SQLite changes no page of the file that this state needs: a page is copied into the file only when
//! every reader wants the new one, and those were taken from the write-ahead log already.

use super::super::connection::{Opened, check_ours, open_as_it_is};
use super::super::error::StoreError;
use super::damage::Findings;
use super::view::{View, ViewError};
use rusqlite::ErrorCode;
use std::path::Path;
use std::time::Duration;

/// How long to wait for another host to finish its transaction.
const PATIENCE: Duration = Duration::from_secs(5);

/// Keeps the store still for as long as it exists.
#[derive(Debug)]
pub(super) struct Still {
    _reader: Opened,
}

/// Looks at a store as it is now. Without [`Still`], because SQLite refuses the file, another host may change it
/// meanwhile.
pub(super) fn look(path: &Path, findings: &mut Findings) -> (Option<View>, Result<Still, String>) {
    // What does not look like a store at all is not shown to SQLite.
    if let Err(error) = check_ours(path) {
        findings.add(None, None, error.to_string());
        return (view(path, findings), Err(error.to_string()));
    }
    let mut seen = None;
    let still = hold(path, &mut || seen = Some(view(path, findings)));
    if let Err(error) = &still
        && !is_about_access(error)
    {
        findings.add(None, None, format!("SQLite refuses the file: {error}"));
    }
    (seen.unwrap_or_else(|| view(path, findings)), still.map_err(|error| error.to_string()))
}

fn hold(path: &Path, look: &mut dyn FnMut()) -> Result<Still, StoreError> {
    let writer = open_as_it_is(path, PATIENCE)?;
    let reader = open_as_it_is(path, PATIENCE)?;
    writer.connection.execute_batch("BEGIN IMMEDIATE")?;
    look();
    // A transaction begins to read with its first statement.
    reader.connection.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema")?;
    writer.connection.execute_batch("ROLLBACK")?;
    Ok(Still { _reader: reader })
}

/// Whether nothing is wrong with the file: it may only not be written to, or others write without a pause. It can be
/// looked at all the same.
fn is_about_access(error: &StoreError) -> bool {
    let StoreError::Sqlite(error) = error else { return false };
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::DatabaseBusy)
    )
}

fn view(path: &Path, findings: &mut Findings) -> Option<View> {
    let view = View::open(path)
        .map_err(|error| match error {
            ViewError::PageSize => findings.add(None, None, "the header names no size that pages can have"),
            ViewError::Io(error) => findings.add(None, None, format!("cannot be read: {error}")),
        })
        .ok()?;
    if let Some((spot, bytes)) = view.tail() {
        findings.add(
            Some(spot),
            None,
            format!(
                "{bytes} bytes at the end of the write-ahead log are no complete transaction: an interrupted write, or \
                 a tail that was cut or changed; compare with a published head"
            ),
        );
    }
    Some(view)
}

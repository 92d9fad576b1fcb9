//! Opens a SQLite file.

use super::in_use::{InUse, RawFile};
use super::inspect::unreadable_tail;
use super::migration::{self, APPLICATION_ID, FORMAT};
use super::{Settings, StoreError};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// After this number of pages, the write-ahead log is copied into the file, and the commit waits for the disk: some
/// milliseconds for 4 MiB.
const CHECKPOINT_PAGES: u32 = 1024;

/// All characters that have a meaning in an address of SQLite.
const NOT_IN_ADDRESSES: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// A connection, and the announcement that its file is in use. The order of the fields matters: the connection is
/// closed first, then the announcement is removed.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) connection: Connection,
    /// The number of bytes at the end of the write-ahead log that were not a complete transaction before it was opened.
    pub(super) unreadable: u64,
    _in_use: InUse,
}

/// Opens a store for writing, and creates it if it does not exist.
pub(super) fn open_store(path: &Path, settings: Settings) -> Result<Opened, StoreError> {
    let path = absolute(path)?;
    if !path.exists() && has_log(&path) {
        return Err(StoreError::NotOurs(path));
    }
    RawFile::create(&path).map_err(|source| StoreError::io(&path, source))?;
    check_ours(&path)?;
    // Checked before anything is written: the first append overwrites the bytes that cannot be read.
    let unreadable = unreadable(&path, settings.busy_timeout)?;
    let mut opened = Opened { unreadable, ..connect(&path, settings.busy_timeout)? };
    let connection = &mut opened.connection;
    // Neither setting has an effect on a file that already has pages.
    connection.execute_batch(&format!("PRAGMA page_size = {}; PRAGMA auto_vacuum = NONE", settings.page_size))?;
    writer(connection)?;
    migration::migrate(connection, &path)?;
    write_ahead(connection, settings.busy_timeout)?;
    Ok(opened)
}

/// Opens an existing store without changes: nothing is created, migrated, or copied from the write-ahead log.
pub(super) fn open_as_it_is(path: &Path, busy_timeout: Duration) -> Result<Opened, StoreError> {
    let path = absolute(path)?;
    let opened = connect(&path, busy_timeout)?;
    opened.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(opened)
}

/// Opens a second connection to a store that this process has open, only for reading.
pub(super) fn open_for_readers(path: &Path, busy_timeout: Duration) -> Result<Opened, StoreError> {
    let opened = open_as_it_is(path, busy_timeout)?;
    opened.connection.execute_batch("PRAGMA query_only = ON")?;
    Ok(opened)
}

/// Opens an existing store for reading, and leaves every byte of it unchanged.
pub(super) fn open_to_read(path: &Path, busy_timeout: Duration) -> Result<Opened, StoreError> {
    let path = absolute(path)?;
    check_ours(&path)?;
    let mut opened = open_as_it_is(&path, busy_timeout)?;
    // SQLite creates files next to a store even for a read, which fails in a read-only folder. A store without a log
    // there was closed, and SQLite could not detect a writer there.
    if is_read_only(&opened.connection) {
        if has_log(&path) {
            return Err(StoreError::LogInReadOnlyPlace(path));
        }
        opened.connection = immutable(&path)?;
    } else {
        opened.unreadable = unreadable(&path, busy_timeout)?;
    }
    opened.connection.execute_batch("PRAGMA query_only = ON")?;
    Ok(opened)
}

fn is_read_only(connection: &Connection) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, ReadOnly};
    let read = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    matches!(read, Err(error) if matches!(error.sqlite_error_code(), Some(CannotOpen | ReadOnly)))
}

/// Opens a file that does not change while it is read.
fn immutable(path: &Path) -> Result<Connection, StoreError> {
    let address = path.to_str().ok_or_else(|| {
        StoreError::io(path, io::Error::new(io::ErrorKind::InvalidInput, "a path in a read-only place must be UTF-8"))
    })?;
    let address = format!("file:{}?immutable=1", utf8_percent_encode(address, NOT_IN_ADDRESSES));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(address, flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    Ok(connection)
}

/// The number of bytes at the end of the write-ahead log that are not a complete transaction.
fn unreadable(path: &Path, busy_timeout: Duration) -> Result<u64, StoreError> {
    if has_log(path) { unreadable_tail(path, &log_of(path), busy_timeout) } else { Ok(0) }
}

/// The settings of a connection that writes to the file, so that no work is done twice.
pub(super) fn writer(connection: &Connection) -> Result<(), StoreError> {
    // SQLite stores the changed pages of a statement that can be rolled back separately. It must store them in memory,
    // not in a file.
    connection.execute_batch("PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY")?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Otherwise SQLite compiles a statement again for each new value of a parameter.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// SQLite reads a path that begins with `file:` as an address; an absolute path never does.
fn absolute(path: &Path) -> Result<PathBuf, StoreError> {
    std::path::absolute(path).map_err(|source| StoreError::io(path, source))
}

fn connect(path: &Path, busy_timeout: Duration) -> Result<Opened, StoreError> {
    let in_use = InUse::announce(path).map_err(|source| StoreError::io(path, source))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(busy_timeout)?;
    // The schema is also data of the file: it must not be able to call functions.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    Ok(Opened { connection, unreadable: 0, _in_use: in_use })
}

/// Fails for a file of another program before SQLite opens it: opening it can already roll back a journal.
pub(super) fn check_ours(path: &Path) -> Result<(), StoreError> {
    let io = |source| StoreError::io(path, source);
    let raw = RawFile::open(path).map_err(io)?;
    let mut header = Vec::new();
    raw.file().map_err(io)?.take(100).read_to_end(&mut header).map_err(io)?;
    if header.is_empty() {
        // A new store has no write-ahead log yet. A log next to an empty file belongs to a store whose file was
        // emptied, and SQLite would delete the log.
        return if has_log(path) { Err(StoreError::NotOurs(path.to_owned())) } else { Ok(()) };
    }
    let number = |offset: usize| {
        let bytes = header.get(offset..offset + 4).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
        bytes.map(u32::from_be_bytes)
    };
    if !header.starts_with(b"SQLite format 3\0") || number(68) != Some(APPLICATION_ID) {
        return Err(StoreError::NotOurs(path.to_owned()));
    }
    match number(60) {
        Some(found) if found > FORMAT => Err(StoreError::Newer { path: path.to_owned(), found, known: FORMAT }),
        _ => Ok(()),
    }
}

/// Whether a write-ahead log exists and is not empty.
fn has_log(path: &Path) -> bool {
    std::fs::metadata(log_of(path)).is_ok_and(|metadata| metadata.len() > 0)
}

/// The path of the write-ahead log of a store.
pub(super) fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Switches to write-ahead logging. SQLite does not wait for other connections here, so this function does.
fn write_ahead(connection: &Connection, busy_timeout: Duration) -> Result<(), StoreError> {
    let deadline = Instant::now() + busy_timeout;
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0)) {
            Ok(_) => break,
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
                    && Instant::now() < deadline =>
            {
                thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(error.into()),
        }
    }
    // Without a limit, the content of an older and longer log would remain after the end of a newer one. It could not
    // be distinguished from a changed tail.
    connection.execute_batch(&format!(
        "PRAGMA journal_size_limit = 0; PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}; PRAGMA synchronous = NORMAL"
    ))?;
    Ok(())
}

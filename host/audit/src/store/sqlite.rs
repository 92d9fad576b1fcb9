//! The log in a SQLite file.

use super::claim::{Claim, Claimed};
use super::connection::{self, Opened};
use super::migration;
use super::sqlite_claim;
use super::{AppendError, Durability, Log, StoreError, StoredRecord};
use rusqlite::{Connection, Row, TransactionBehavior, params};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// The settings of a store.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The page size of a new file: a power of two from 512 to 65536 bytes. An existing file has its own page size.
    pub page_size: u32,
    /// The time to wait while another host writes.
    pub busy_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { page_size: 4096, busy_timeout: Duration::from_secs(5) }
    }
}

/// The version of SQLite that writes, in the format of the file: 3050004 is 3.50.4.
#[must_use]
pub fn sqlite_version() -> i32 {
    rusqlite::version_number()
}

/// A log in a SQLite file, or in memory. Hosts on one machine can share a file.
#[derive(Debug)]
pub struct SqliteLog {
    /// Another connection to the same file, for readers; opened when it is needed, and closed before the first one.
    reader: OnceLock<Option<Box<SqliteLog>>>,
    /// The file and the time to wait for it, if a second connection to it can be opened.
    file: Option<(PathBuf, Duration)>,
    state: Mutex<State>,
}

#[derive(Debug)]
enum Source {
    File(Opened),
    Memory(Connection),
}

#[derive(Debug)]
struct State {
    source: Source,
    /// The current setting of the connection; none before the first append.
    durability: Option<Durability>,
}

impl State {
    fn connection(&mut self) -> &mut Connection {
        match &mut self.source {
            Source::File(opened) => &mut opened.connection,
            Source::Memory(connection) => connection,
        }
    }

    /// The connection, for a transaction with this durability.
    fn writer(&mut self, durability: Durability) -> Result<&mut Connection, StoreError> {
        if self.durability != Some(durability) {
            // SQLite ignores this setting inside a transaction.
            let level = match durability {
                Durability::Process => "NORMAL",
                Durability::Disk => "FULL",
            };
            self.connection().execute_batch(&format!("PRAGMA synchronous = {level}"))?;
            self.durability = Some(durability);
        }
        Ok(self.connection())
    }
}

impl SqliteLog {
    /// Opens a store, and creates it if it does not exist. On Unix, only the owner can use a new file.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotOurs`] and [`StoreError::Newer`] with the file unchanged; otherwise the failure.
    pub fn open(path: &Path, settings: Settings) -> Result<Self, StoreError> {
        let file = std::path::absolute(path).map_err(|source| StoreError::io(path, source))?;
        let log = Self::of(Source::File(connection::open_store(path, settings)?));
        Ok(Self { file: Some((file, settings.busy_timeout)), ..log })
    }

    /// Opens an existing store for reading, and leaves every byte of it unchanged: an append fails, nothing is
    /// migrated, and the write-ahead log is neither copied into the file nor emptied.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotOurs`] and [`StoreError::Newer`]; otherwise the failure.
    pub fn open_to_read(path: &Path, settings: Settings) -> Result<Self, StoreError> {
        Ok(Self::of(Source::File(connection::open_to_read(path, settings.busy_timeout)?)))
    }

    /// The number of bytes at the end of the write-ahead log that were not a complete transaction before the store was
    /// opened. They come from an interrupted write, or from a tail that was truncated or changed. A host that appends
    /// drops them.
    #[must_use]
    pub fn unreadable_bytes(&self) -> u64 {
        match &self.state().source {
            Source::File(opened) => opened.unreadable,
            Source::Memory(_) => 0,
        }
    }

    /// A store that exists until this value is dropped.
    ///
    /// # Errors
    ///
    /// [`StoreError::Sqlite`] if there is not enough memory.
    pub fn in_memory() -> Result<Self, StoreError> {
        let mut connection = Connection::open_in_memory()?;
        connection::writer(&connection)?;
        migration::migrate(&mut connection, Path::new(":memory:"))?;
        Ok(Self::of(Source::Memory(connection)))
    }

    pub(super) fn of_file(opened: Opened) -> Self {
        Self::of(Source::File(opened))
    }

    fn of(source: Source) -> Self {
        Self { reader: OnceLock::new(), file: None, state: Mutex::new(State { source, durability: None }) }
    }

    /// Opens another connection, if there is a file.
    fn open_reader(&self) -> Option<Box<Self>> {
        let (path, busy_timeout) = self.file.as_ref()?;
        match connection::open_for_readers(path, *busy_timeout) {
            Ok(opened) => Some(Box::new(Self::of(Source::File(opened)))),
            Err(error) => {
                tracing::warn!(%error, "no second connection to the store: reads and appends wait for each other");
                None
            }
        }
    }

    /// A panic elsewhere has no effect here: a transaction that was not committed is rolled back.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Copies the write-ahead log into the file and empties the log. Then the file contains all records, for example
    /// before it is copied.
    ///
    /// Returns whether this was possible: it is not while another host reads or writes.
    ///
    /// # Errors
    ///
    /// [`StoreError::Sqlite`] if the disk fails.
    pub fn settle(&self) -> Result<bool, StoreError> {
        let busy: i64 = self.state().connection().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }

    fn select(&self, sql: &str, from: u64, limit: usize) -> Result<Vec<StoredRecord>, StoreError> {
        let mut state = self.state();
        let mut statement = state.connection().prepare_cached(sql)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![bound(from), limit], record)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn record(row: &Row<'_>) -> rusqlite::Result<StoredRecord> {
    let seq: i64 = row.get(0)?;
    let seq = u64::try_from(seq).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, seq))?;
    Ok(StoredRecord { seq, text: row.get(1)? })
}

/// SQLite supports numbers up to 2^63 - 1. A larger number is greater than that of every record.
fn bound(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

impl Log for SqliteLog {
    fn last(&self) -> Result<Option<StoredRecord>, StoreError> {
        Ok(self.read_back(u64::MAX, 1)?.pop())
    }

    fn read(&self, after: u64, limit: usize) -> Result<Vec<StoredRecord>, StoreError> {
        self.select("SELECT seq, text FROM record WHERE seq > ?1 ORDER BY seq LIMIT ?2", after, limit)
    }

    fn read_back(&self, before: u64, limit: usize) -> Result<Vec<StoredRecord>, StoreError> {
        self.select("SELECT seq, text FROM record WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2", before, limit)
    }

    fn for_readers(&self) -> &dyn Log {
        self.reader.get_or_init(|| self.open_reader()).as_deref().unwrap_or(self)
    }

    fn append(
        &self,
        after: u64,
        records: &[String],
        claims: &[Claim],
        durability: Durability,
    ) -> Result<(), AppendError> {
        let mut state = self.state();
        let connection = state.writer(durability)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let last: i64 =
            transaction.prepare_cached("SELECT coalesce(max(seq), 0) FROM record")?.query_row([], |row| row.get(0))?;
        if last != bound(after) {
            return Err(AppendError::Conflict { last: u64::try_from(last).unwrap_or(0) });
        }
        for (index, claim) in claims.iter().enumerate() {
            match sqlite_claim::claim_in(&transaction, claim)? {
                Claimed::First => {}
                reason => return Err(AppendError::Claimed { index, reason }),
            }
        }
        {
            let mut insert = transaction.prepare_cached("INSERT INTO record (seq, text) VALUES (?1, ?2)")?;
            for (seq, text) in (last + 1..).zip(records) {
                insert.execute(params![seq, text])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    fn claim(&self, claim: &Claim) -> Result<Claimed, StoreError> {
        sqlite_claim::claim(self.state().writer(Durability::Process)?, claim)
    }
}

#[cfg(test)]
mod tests;

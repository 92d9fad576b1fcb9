//! The errors of a store.

use super::claim::Claimed;
use std::io;
use std::path::PathBuf;

/// The store cannot be used, or cannot be used now.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file of another program.
    #[error("{path} is not an audit store; the file was not changed", path = .0.display())]
    NotOurs(PathBuf),
    /// A file in a format that this version does not support.
    #[error(
        "{path} has format {found}, but this version supports only format {known} and older; the file was not \
         changed; run the version that wrote the file, or a newer one",
        path = .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format that this version supports.
        known: u32,
    },
    /// A file in an earlier format, which a running host uses: it would continue in that format.
    #[error(
        "{path} has the format of an earlier version, and a host of that version still uses it; the file was not changed; \
         stop that host, and start this one again",
        path = .0.display()
    )]
    InUse(PathBuf),
    /// The operating system returned an error.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A store with a write-ahead log in a read-only folder.
    #[error(
        "{path} has a write-ahead log, which cannot be read in a read-only folder: copy the file, and the file whose \
         name ends with `-wal`, to a folder that you can write to, and read the copy",
        path = .0.display()
    )]
    LogInReadOnlyPlace(PathBuf),
    /// SQLite returned an error.
    #[error("the audit store cannot be used: {0}")]
    #[cfg(feature = "sqlite")]
    Sqlite(#[from] rusqlite::Error),
    /// Another store failed.
    #[error("the audit store cannot be used: {0}")]
    Other(Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// An error of the operating system, with the file that it is about.
    #[cfg(feature = "sqlite")]
    pub(super) fn io(path: &std::path::Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }
}

/// Records were not appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Another writer appended first. Nothing was written.
    #[error("the append expected another last entry; the last entry is {last}")]
    Conflict {
        /// The number of the last record.
        last: u64,
    },
    /// A key cannot be claimed. Nothing was written.
    #[error("a key cannot be claimed")]
    Claimed {
        /// The position of its claim.
        index: usize,
        /// The reason.
        reason: Claimed,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[cfg(feature = "sqlite")]
impl From<rusqlite::Error> for AppendError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

//! What can go wrong in a store.

use std::io;
use std::path::{Path, PathBuf};

/// The store cannot be used, or not now.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file that something else made.
    #[error("{path} is not an audit store; it was left as it is", path = .0.display())]
    NotOurs(PathBuf),
    /// A file in a format that this version does not know.
    #[error(
        "{path} has format {found}, and this version knows format {known} and older: run the version that wrote it, or \
         a newer one; it was left as it is",
        path = .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format that is known here.
        known: u32,
    },
    /// The operating system refused something.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A store with a write-ahead log, in a place where nothing may be written.
    #[error(
        "{path} has a write-ahead log, which cannot be read where nothing may be written: copy the file, together with the \
         one whose name ends with `-wal`, to a place where you may write, and read it there",
        path = .0.display()
    )]
    LogInReadOnlyPlace(PathBuf),
    /// SQLite refused something.
    #[error("the audit store cannot be used: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl StoreError {
    /// A refusal of the operating system, with the file it is about.
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }
}

/// Records were not appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else appended first. Nothing was written.
    #[error("the last record is {last}, not the one to append behind")]
    Conflict {
        /// The last record that there is.
        last: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for AppendError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

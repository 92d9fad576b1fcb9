//! Reads the bytes of a file that SQLite has open, without breaking SQLite's locks.
//!
//! POSIX releases *all* locks of a process on a file as soon as the process closes *any* descriptor of it. Reading the
//! file next to an open connection and closing it again would therefore release the locks of the connection. Another
//! process could then delete a log that is still written to. So a descriptor is closed only when no connection of this
//! process uses the file; until then it is parked here.

use std::collections::HashMap;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// Identifies a file independently of its path.
#[cfg(unix)]
type FileId = (u64, u64);

#[cfg(unix)]
fn id_of(metadata: &Metadata) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

/// On other platforms, locks belong to descriptors, and no descriptor has to be parked.
#[cfg(not(unix))]
type FileId = ();

#[cfg(not(unix))]
fn id_of(_: &Metadata) -> Option<FileId> {
    None
}

#[derive(Debug, Default)]
struct Use {
    connections: usize,
    parked: Vec<File>,
}

static USES: LazyLock<Mutex<HashMap<FileId, Use>>> = LazyLock::new(Mutex::default);

/// A panic elsewhere does not invalidate the data about the files.
fn uses() -> MutexGuard<'static, HashMap<FileId, Use>> {
    USES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Exists while a connection uses the file: created before the connection opens, dropped after it closes.
#[derive(Debug)]
pub(super) struct InUse(Option<FileId>);

impl InUse {
    /// Announces a connection to a file that exists.
    pub(super) fn announce(path: &Path) -> io::Result<Self> {
        let id = id_of(&std::fs::metadata(path)?);
        if let Some(id) = id {
            uses().entry(id).or_default().connections += 1;
        }
        Ok(Self(id))
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let Some(id) = self.0 else { return };
        let mut uses = uses();
        if let Some(entry) = uses.get_mut(&id) {
            entry.connections -= 1;
            if entry.connections == 0 {
                uses.remove(&id);
            }
        }
    }
}

/// A file that is read while SQLite can use it.
#[derive(Debug)]
pub(super) struct RawFile(Option<File>);

impl RawFile {
    /// Opens a file for reading.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        File::open(path).map(|file| Self(Some(file)))
    }

    /// Creates an empty file that only its owner can read. An existing file is not changed.
    pub(super) fn create(path: &Path) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        match options.open(path) {
            Ok(file) => {
                drop(Self(Some(file)));
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The file.
    pub(super) fn file(&self) -> io::Result<&File> {
        self.0.as_ref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Drop for RawFile {
    fn drop(&mut self) {
        let Some(file) = self.0.take() else { return };
        // The mutex stays locked during the close: a connection that is opened now is announced only afterwards.
        let mut uses = uses();
        let id = file.metadata().ok().as_ref().and_then(id_of);
        if let Some(entry) = id.and_then(|id| uses.get_mut(&id)) {
            entry.parked.push(file);
        } else {
            drop(file);
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn parked(path: &Path) -> usize {
        let id = id_of(&std::fs::metadata(path).unwrap()).unwrap();
        uses().get(&id).map_or(0, |entry| entry.parked.len())
    }

    #[test]
    fn descriptor_is_closed_only_after_the_last_connection_closes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        RawFile::create(&path).unwrap();
        drop(RawFile::open(&path).unwrap());
        assert_eq!(parked(&path), 0);

        let first = InUse::announce(&path).unwrap();
        let second = InUse::announce(&path).unwrap();
        drop(RawFile::open(&path).unwrap());
        drop(first);
        assert_eq!(parked(&path), 1);
        drop(second);
        assert_eq!(parked(&path), 0);
    }

    #[test]
    fn a_new_file_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        RawFile::create(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "kept").unwrap();
        RawFile::create(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"kept");
    }
}

//! The pages of a store: those of the write-ahead log where it holds them, those of the file otherwise.

use super::super::connection::log_of;
use super::super::in_use::RawFile;
use super::bytes::be16;
use super::damage::{Part, Spot};
use super::wal::{self, Wal};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// The smallest page that the schema fits on.
const MIN_PAGE: usize = 1024;

/// A page.
#[derive(Debug)]
pub(super) struct Page {
    /// Where it begins.
    pub(super) spot: Spot,
    /// What is on it.
    pub(super) bytes: Vec<u8>,
}

/// The state of a store at one time.
#[derive(Debug)]
pub(super) struct View {
    raw: RawFile,
    file_bytes: u64,
    wal: Wal,
    /// The size of every page.
    pub(super) page_size: usize,
}

/// A store cannot be looked at.
#[derive(Debug)]
pub(super) enum ViewError {
    /// The size of the pages is not one that a store can have.
    PageSize,
    /// The operating system refused something.
    Io(io::Error),
}

impl From<io::Error> for ViewError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl View {
    /// Opens the file, and reads its write-ahead log.
    pub(super) fn open(path: &Path) -> Result<Self, ViewError> {
        let raw = RawFile::open(path)?;
        let mut header = Vec::new();
        raw.file()?.take(100).read_to_end(&mut header)?;
        let page_size = match be16(&header, 16) {
            // 65536 does not fit.
            Some(1) => 65536,
            Some(size) if size.is_power_of_two() && usize::from(size) >= MIN_PAGE => usize::from(size),
            _ => return Err(ViewError::PageSize),
        };
        let file_bytes = raw.file()?.metadata()?.len();
        let wal = wal::read(&log_of(path), page_size)?;
        Ok(Self { raw, file_bytes, wal, page_size })
    }

    /// How many pages there are.
    pub(super) fn pages(&self) -> u32 {
        let in_file = self.file_bytes.div_ceil(self.page_size as u64);
        self.wal.store_pages.unwrap_or_else(|| u32::try_from(in_file).unwrap_or(u32::MAX))
    }

    /// How many bytes there are to look at.
    pub(super) fn bytes(&self) -> u64 {
        self.file_bytes + self.wal.bytes
    }

    /// Whether the file ends where its last page does. While pages wait in the write-ahead log, it may end earlier.
    pub(super) fn ends_with_a_page(&self) -> bool {
        let expected = u64::from(self.pages()) * self.page_size as u64;
        if self.wal.store_pages.is_some() {
            self.file_bytes <= expected && self.file_bytes.is_multiple_of(self.page_size as u64)
        } else {
            self.file_bytes == expected
        }
    }

    /// Where the write-ahead log has bytes that are no complete committed transaction, and how many.
    pub(super) fn tail(&self) -> Option<(Spot, u64)> {
        self.wal.tail.map(|spot| (spot, self.wal.bytes - spot.offset))
    }

    /// Reads a page; the first is 1.
    pub(super) fn page(&self, number: u32) -> io::Result<Page> {
        if let Some((spot, bytes)) = self.wal.pages.get(&number) {
            return Ok(Page { spot: *spot, bytes: bytes.clone() });
        }
        let offset = u64::from(number.saturating_sub(1)) * self.page_size as u64;
        let mut bytes = vec![0; self.page_size];
        let mut file = self.raw.file()?;
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(&mut bytes)?;
        Ok(Page { spot: Spot { part: Part::File, offset, page: Some(number) }, bytes })
    }
}

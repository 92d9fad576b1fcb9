//! Reads the write-ahead log: the transactions that are not yet copied into the file.
//!
//! Its checksums run through from the first byte, so a byte that changes ends the log for SQLite: whatever is behind is
//! silently dropped when the store is next written to. Therefore the log has to be looked at before that.

use super::bytes::be32;
use super::damage::{Part, Spot};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// The version of the format; there has only been one.
const VERSION: u32 = 3_007_000;
/// The last bit says in which order the bytes of the checksummed words are.
const MAGIC: u32 = 0x377f_0682;

/// The committed content of a write-ahead log.
#[derive(Debug, Default)]
pub(super) struct Wal {
    /// The pages that it holds, in their last committed form, and where each stands.
    pub(super) pages: HashMap<u32, (Spot, Vec<u8>)>,
    /// How many pages the store has; none when nothing is committed.
    pub(super) store_pages: Option<u32>,
    /// The length of the log.
    pub(super) bytes: u64,
    /// Where bytes begin that are no complete committed transaction.
    pub(super) tail: Option<Spot>,
}

/// Reads a log; one that does not exist or is empty holds nothing.
pub(super) fn read(path: &Path, page_size: usize) -> io::Result<Wal> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Wal::default()),
        Err(error) => return Err(error),
    };
    let bytes = file.metadata()?.len();
    let mut wal = Wal { bytes, ..Wal::default() };
    let mut committed_up_to = 0;
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut header = [0; HEADER];
    if fill(&mut reader, &mut header)?
        && let Some(mut sums) = Checksum::begin(&header, page_size)
    {
        committed_up_to = frames(&mut reader, &header, &mut sums, page_size, &mut wal)?;
    }
    if committed_up_to < bytes {
        wal.tail = Some(Spot { part: Part::WriteAheadLog, offset: committed_up_to, page: None });
    }
    Ok(wal)
}

/// Reads transaction after transaction, and returns where the last complete one ends.
fn frames(
    reader: &mut impl Read,
    header: &[u8; HEADER],
    sums: &mut Checksum,
    page_size: usize,
    wal: &mut Wal,
) -> io::Result<u64> {
    let (mut offset, mut committed) = (HEADER as u64, HEADER as u64);
    let mut transaction = HashMap::new();
    let mut frame = vec![0; FRAME_HEADER + page_size];
    while fill(reader, &mut frame)? {
        let Some((head, content)) = frame.split_at_checked(FRAME_HEADER) else { break };
        let (Some(page @ 1..), Some(store_pages)) = (be32(head, 0), be32(head, 4)) else { break };
        let salts_match = head.get(8..16) == header.get(16..24);
        sums.add(head.get(..8).unwrap_or_default());
        sums.add(content);
        if !salts_match || !sums.is(head.get(16..24).unwrap_or_default()) {
            break;
        }
        let spot = Spot { part: Part::WriteAheadLog, offset: offset + FRAME_HEADER as u64, page: Some(page) };
        transaction.insert(page, (spot, content.to_vec()));
        offset += frame.len() as u64;
        if store_pages > 0 {
            wal.pages.extend(transaction.drain());
            wal.store_pages = Some(store_pages);
            committed = offset;
        }
    }
    Ok(committed)
}

/// Reads exactly as many bytes as fit; false when there are fewer.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// SQLite's checksum: two sums over pairs of words.
#[derive(Debug)]
struct Checksum {
    first: u32,
    second: u32,
    big_endian: bool,
}

impl Checksum {
    /// Checks the header of a log, whose checksum is the first.
    fn begin(header: &[u8; HEADER], page_size: usize) -> Option<Self> {
        let magic = be32(header, 0)?;
        let mut sums = Self { first: 0, second: 0, big_endian: magic & 1 == 1 };
        sums.add(header.get(..24)?);
        let genuine = magic & !1 == MAGIC
            && be32(header, 4)? == VERSION
            && be32(header, 8)? as usize == page_size
            && sums.is(header.get(24..)?);
        genuine.then_some(sums)
    }

    fn add(&mut self, bytes: &[u8]) {
        let word = if self.big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
        let (pairs, _) = bytes.as_chunks::<8>();
        for &[a, b, c, d, e, f, g, h] in pairs {
            self.first = self.first.wrapping_add(word([a, b, c, d])).wrapping_add(self.second);
            self.second = self.second.wrapping_add(word([e, f, g, h])).wrapping_add(self.first);
        }
    }

    fn is(&self, bytes: &[u8]) -> bool {
        be32(bytes, 0) == Some(self.first) && be32(bytes, 4) == Some(self.second)
    }
}

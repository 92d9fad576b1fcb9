//! Zip archives, as far as the simulator needs them. It writes them without compression, and reads only the names.

use bytes::{BufMut, Bytes, BytesMut};

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// Version 2.0 of the format: folders, and nothing newer.
const VERSION: u16 = 20;
/// Names are UTF-8.
const UTF8: u16 = 1 << 11;
/// 1980-01-01, the first day of the format. With a fixed date, an archive of the same files has the same bytes.
const DATE: u16 = 0x0021;

/// Writes files as an archive.
pub(crate) fn zip(files: &[(String, Vec<u8>)]) -> Bytes {
    let mut archive = BytesMut::new();
    let mut directory = BytesMut::new();
    for (name, content) in files {
        let offset = length(archive.len());
        archive.put_u32_le(LOCAL);
        head(&mut archive, name, content);
        archive.put_slice(name.as_bytes());
        archive.put_slice(content);

        directory.put_u32_le(CENTRAL);
        directory.put_u16_le(VERSION);
        head(&mut directory, name, content);
        // No comment, first disk, no attributes.
        directory.put_bytes(0, 10);
        directory.put_u32_le(offset);
        directory.put_slice(name.as_bytes());
    }
    let (start, size) = (length(archive.len()), length(directory.len()));
    let count = u16::try_from(files.len()).unwrap_or(u16::MAX);
    archive.put_slice(&directory);
    archive.put_u32_le(END);
    archive.put_u32_le(0);
    archive.put_u16_le(count);
    archive.put_u16_le(count);
    archive.put_u32_le(size);
    archive.put_u32_le(start);
    archive.put_u16_le(0);
    archive.freeze()
}

/// The fields that the entry of a file and its record in the directory share.
fn head(to: &mut BytesMut, name: &str, content: &[u8]) {
    to.put_u16_le(VERSION);
    to.put_u16_le(UTF8);
    to.put_u16_le(0);
    to.put_u16_le(0);
    to.put_u16_le(DATE);
    to.put_u32_le(crc32(content));
    to.put_u32_le(length(content.len()));
    to.put_u32_le(length(content.len()));
    to.put_u16_le(u16::try_from(name.len()).unwrap_or(u16::MAX));
    to.put_u16_le(0);
}

/// Uploads are far below 4 GiB.
fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    };
    !bytes.iter().fold(u32::MAX, step)
}

/// Whether the bytes end like a zip archive: with the record that closes one.
pub(crate) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK") && memchr::memmem::rfind(bytes, &END.to_le_bytes()).is_some()
}

/// The names in the directory of an archive.
pub(crate) fn names(bytes: &[u8]) -> Vec<String> {
    let mark = CENTRAL.to_le_bytes();
    memchr::memmem::find_iter(bytes, &mark)
        .filter_map(|start| {
            let length = u16::from_le_bytes(bytes.get(start + 28..start + 30)?.try_into().ok()?);
            let name = bytes.get(start + 46..start + 46 + usize::from(length))?;
            Some(String::from_utf8_lossy(name).into_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_names_what_went_in() {
        let files = [("a/b.txt".to_owned(), b"123456789".to_vec()), ("c".to_owned(), Vec::new())];
        let archive = zip(&files);
        assert!(is_zip(&archive));
        assert_eq!(names(&archive), ["a/b.txt", "c"]);
        assert!(memchr::memmem::find(&archive, b"a/b.txt123456789").is_some());
    }

    #[test]
    fn checksums_are_those_of_the_format() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn invalid_archive_is_detected_and_has_no_names() {
        assert!(!is_zip(b"PK") && !is_zip(b"") && !is_zip(b"hello"));
        assert!(names(b"PK\x01\x02").is_empty());
        assert!(is_zip(&zip(&[])));
    }
}

//! Files as SQLite writes them are found sound; files with a change are not.

use super::*;
use crate::store::{Durability, Log, Settings, SqliteLog};

/// Appends texts of many lengths, some longer than several pages.
fn fill(path: &Path, page_size: u32, count: u64) {
    let log = SqliteLog::open(path, Settings { page_size, ..Settings::default() }).unwrap();
    let random = &mut fastrand::Rng::with_seed(7);
    let after = log.last().unwrap().map_or(0, |last| last.seq);
    for number in 0..count {
        let length = match number % 20 {
            0 => random.usize(..4 * page_size as usize),
            10 => page_size as usize - random.usize(30..60),
            _ => random.usize(..300),
        };
        log.append(after + number, &["x".repeat(length)], Durability::Process).unwrap();
    }
}

fn check(path: &Path) -> (FileReport, u64) {
    let mut next = 1;
    let report = check_file(path, &mut |found| {
        assert_eq!(found.seq, next);
        next += 1;
    });
    (report, next - 1)
}

#[test]
fn a_file_is_sound_at_every_size_of_pages_and_after_any_growth() {
    let folder = tempfile::tempdir().unwrap();
    for page_size in [1024, 2048, 4096, 65536] {
        let path = folder.path().join(page_size.to_string());
        let mut records = 0;
        for count in [0, 1, 1, 10, 300, 1000] {
            fill(&path, page_size, count);
            records += count;
            let (report, found) = check(&path);
            assert_eq!((report.damages, found), (Vec::new(), records), "{page_size} {records}");
        }
    }
}

/// Everything that a check gives.
fn seen(path: &Path) -> (FileReport, Vec<String>) {
    let mut texts = Vec::new();
    let report = check_file(path, &mut |found| texts.push(found.text.to_owned()));
    (report, texts)
}

/// Flips bits one by one, and returns those that make no difference to the report.
fn unnoticed(path: &Path, bits: impl Iterator<Item = u64>) -> Vec<u64> {
    let original = std::fs::read(path).unwrap();
    let (sound, texts) = seen(path);
    assert_eq!(sound.damages, Vec::new());
    let mut bytes = original.clone();
    let unnoticed = bits
        .filter(|bit| {
            let (at, mask) = ((bit / 8) as usize, 1 << (bit % 8));
            bytes[at] ^= mask;
            std::fs::write(path, &bytes).unwrap();
            bytes[at] ^= mask;
            let (report, found) = seen(path);
            report.damages.is_empty() && report.sqlite == sound.sqlite && found == texts
        })
        .collect();
    std::fs::write(path, &original).unwrap();
    unnoticed
}

#[test]
fn a_flip_of_any_single_bit_is_found() {
    let folder = tempfile::tempdir().unwrap();
    for (page_size, count) in [(1024, 80), (65536, 300)] {
        let path = folder.path().join(page_size.to_string());
        fill(&path, page_size, count);
        let bits = std::fs::metadata(&path).unwrap().len() * 8;
        let random = &mut fastrand::Rng::with_seed(1);
        // Mostly anywhere, but often enough where nothing but structure is.
        let start = u64::from(page_size) * 8;
        let some = (0..600).map(|number| match number % 3 {
            0 => random.u64(..bits),
            1 => random.u64(..800),
            _ => start + random.u64(..800),
        });
        assert_eq!(unnoticed(&path, some), Vec::<u64>::new(), "{page_size}");
    }
}

#[test]
#[ignore = "takes minutes"]
fn a_flip_of_every_single_bit_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    fill(&path, 1024, 60);
    let bits = std::fs::metadata(&path).unwrap().len() * 8;
    assert_eq!(unnoticed(&path, 0..bits), Vec::<u64>::new());
}

#[test]
fn with_several_levels_of_inner_pages_only_their_unused_space_may_hold_anything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    fill(&path, 1024, 1500);
    let bytes = std::fs::read(&path).unwrap();
    let is_inner = |page: usize| page > 0 && bytes[page * 1024] == table::INNER;
    let inner: Vec<usize> = (0..bytes.len() / 1024).filter(|page| is_inner(*page)).collect();
    assert!(inner.len() > 3, "there is more than one level");
    let random = &mut fastrand::Rng::with_seed(2);
    let some = (0..400).map(|number| match number % 2 {
        0 => random.usize(..bytes.len() * 8),
        _ => inner[random.usize(..inner.len())] * 8192 + random.usize(..8192),
    });
    let missed = unnoticed(&path, some.map(|bit| bit as u64));
    assert!(!missed.is_empty(), "if this fails, the documentation promises too little");
    for bit in missed {
        let at = bit as usize / 8;
        let page = at / 1024;
        assert!(is_inner(page), "{at}");
        // Behind the pointers, and in no cell.
        let start = page * 1024;
        let be16 = |at: usize| usize::from(bytes::be16(&bytes[start..], at).unwrap());
        let cells = be16(3);
        assert!(at - start >= 12 + 2 * cells, "{at}");
        for cell in (0..cells).map(|index| start + be16(12 + 2 * index)) {
            let (_, length) = bytes::varint(&bytes, cell + 4).unwrap();
            assert!(!(cell..cell + 4 + length).contains(&at), "{at}");
        }
    }
}

#[test]
fn a_store_that_others_keep_writing_to_is_looked_at_and_called_sound_but_not_still() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    fill(&path, 65536, 5);
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (report, texts) = seen(&path);
    assert_eq!((report.damages, texts.len()), (Vec::new(), 5));
    assert!(report.not_still.is_some_and(|reason| reason.contains("locked")));
}

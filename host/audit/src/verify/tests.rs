//! An unchanged store is valid; every change of a store is found.

mod killed;
mod tampered;

use super::*;
use crate::store::{Durability, Settings, SqliteLog};
use crate::testing::{entries, entry};
use crate::{Entry, Event, append};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// Tests without optimizations are slow.
const FLIPS: usize = if cfg!(debug_assertions) { 200 } else { 1000 };

fn open(path: &Path) -> SqliteLog {
    SqliteLog::open(path, Settings::default()).unwrap()
}

/// Entries of many lengths; some are longer than a page, one is longer than several.
fn many(count: u64) -> Vec<Entry> {
    let mut entries = entries(count);
    for (number, entry) in entries.iter_mut().enumerate() {
        if let Event::Received { text, .. } = &mut entry.event {
            *text = Some("long ".repeat(if number % 60 == 1 { 14_000 } else { number * 3 }));
        }
    }
    entries
}

/// A closed store of this number of entries in a separate folder, and its head.
fn store(count: u64) -> (TempDir, PathBuf, Head) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let log = open(&path);
    let head = many(count).chunks(7).map(|some| append(&log, some, Durability::Process).unwrap()).last().unwrap();
    drop(log);
    (folder, path, head)
}

fn sound(path: &Path, published: Option<&Head>) -> Report {
    let report = verify_file(path, published);
    assert!(report.is_sound() && report.notes.is_empty(), "{report}");
    report
}

#[test]
fn unmodified_store_is_valid_after_many_reopens_and_appends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    drop(open(&path));
    assert_eq!(sound(&path, None).records, 0);
    let mut heads = Vec::new();
    for round in 1..=20 {
        let log = open(&path);
        // While it is open, most of it is in the write-ahead log.
        heads.push(append(&log, &many(30), Durability::Process).unwrap());
        let report = sound(&path, heads.last());
        assert_eq!((report.records, report.head.as_ref()), (round * 30, heads.last()));
        drop(log);
        for head in &heads {
            sound(&path, Some(head));
        }
    }
    let log = open(&path);
    assert!(log.settle().unwrap());
    assert_eq!(sound(&path, None).bytes, fs::metadata(&path).unwrap().len());
    assert!(verify(&log, heads.last()).is_sound());
}

#[test]
fn a_store_is_sound_with_several_levels_of_small_pages() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let log = SqliteLog::open(&path, Settings { page_size: 1024, ..Settings::default() }).unwrap();
    let head = append(&log, &entries(2000), Durability::Process).unwrap();
    drop(log);
    assert_eq!(sound(&path, Some(&head)).records, 2000);
}

#[test]
fn a_store_is_sound_while_several_hosts_append_to_it() {
    let (_folder, path, _) = store(5);
    std::thread::scope(|scope| {
        let hosts: Vec<_> = (0..3)
            .map(|host| {
                let path = &path;
                scope.spawn(move || {
                    let log = open(path);
                    for number in 0..60 {
                        append(&log, &[entry(number * 12 + host + 1)], Durability::Process).unwrap();
                    }
                })
            })
            .collect();
        while !hosts.iter().all(|host| host.is_finished()) {
            sound(&path, None);
        }
    });
    assert_eq!(sound(&path, None).records, 185);
}

#[test]
fn flipped_bit_is_found_or_changes_no_entry() {
    let (_folder, path, _) = store(300);
    let original = fs::read(&path).unwrap();
    let texts = |path: &Path| -> Vec<String> {
        open(path).read(0, 1000).unwrap().into_iter().map(|record| record.text).collect()
    };
    let written = texts(&path);
    let mut random = fastrand::Rng::with_seed(3);
    let mut bytes = original.clone();
    let mut found = 0;
    for _ in 0..FLIPS {
        let (at, bit) = (random.usize(..bytes.len()), random.u32(..8));
        bytes[at] ^= 1 << bit;
        fs::write(&path, &bytes).unwrap();
        bytes[at] = original[at];
        let report = verify_file(&path, None);
        assert!(!report.is_sound() || texts(&path) == written, "bit {bit} of byte {at}");
        found += usize::from(!report.is_sound());
    }
    // Most of a file is entries.
    assert!(found > FLIPS / 2, "{found} of {FLIPS}");
    fs::write(&path, &original).unwrap();
    sound(&path, None);
}

#[test]
fn foreign_or_changed_object_of_the_schema_is_found() {
    let (_folder, path, _) = store(10);
    let original = fs::read(&path).unwrap();
    for (statement, problem) in [
        ("CREATE TABLE more (x)", "a table `more`"),
        ("CREATE VIEW latest AS SELECT * FROM record", "a view `latest`"),
        ("CREATE INDEX by_text ON record (text)", "an index `by_text`"),
        ("CREATE TRIGGER t AFTER INSERT ON record BEGIN DELETE FROM claim; END", "a trigger `t`"),
        ("DROP TRIGGER record_stays", "`record_stays` is missing"),
        (
            "DROP TRIGGER record_stays; CREATE TRIGGER record_stays BEFORE DELETE ON record BEGIN SELECT 1; END",
            "`record_stays` is not defined",
        ),
        ("PRAGMA application_id = 7", "is not an audit store"),
    ] {
        fs::write(&path, &original).unwrap();
        rusqlite::Connection::open(&path).unwrap().execute_batch(statement).unwrap();
        let report = verify_file(&path, None);
        assert!(report.problems.iter().any(|found| found.what.contains(problem)), "{statement}: {report}");
    }
    fs::write(&path, &original).unwrap();
    sound(&path, None);
}

#[test]
fn truncated_or_overwritten_file_is_found() {
    let (_folder, path, head) = store(40);
    let original = fs::read(&path).unwrap();
    for bytes in [
        &original[..0],
        &original[..50],
        &original[..original.len() - 1],
        &original[..original.len() - 4096],
        &original[..4096],
        &vec![0; original.len()],
    ] {
        fs::write(&path, bytes).unwrap();
        let report = verify_file(&path, Some(&head));
        assert!(!report.is_sound(), "{}", bytes.len());
        assert_eq!(fs::read(&path).unwrap(), bytes, "verifying changes nothing");
    }
    assert!(!verify_file(&path.with_extension("none"), None).is_sound());
}

/// The positions at which the transactions of a write-ahead log end.
fn transaction_ends(log: &[u8]) -> Vec<usize> {
    let frames =
        (32..log.len()).step_by(24 + 4096).map_while(|at| log.get(at..at + 24 + 4096).map(|frame| (at, frame)));
    // The last frame of a transaction contains the number of pages that the file then has.
    frames.filter(|(_, frame)| frame[4..8] != [0; 4]).map(|(at, frame)| at + frame.len()).collect()
}

#[test]
fn a_flip_of_any_bit_of_the_write_ahead_log_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("store"), folder.path().join("copy"));
    let wal_of = |path: &Path| PathBuf::from(format!("{}-wal", path.display()));
    let log = open(&path);
    let head = (0..12).map(|number| append(&log, &[entry(number)], Durability::Process).unwrap()).last().unwrap();
    // As after a crash: nothing was copied into the file, and the store was not closed.
    fs::copy(&path, &copy).unwrap();
    let original = fs::read(wal_of(&path)).unwrap();
    fs::write(wal_of(&copy), &original).unwrap();
    assert_eq!(sound(&copy, Some(&head)).records, 12);
    let mut random = fastrand::Rng::with_seed(4);
    let mut bytes = original.clone();
    for number in 0..FLIPS / 4 {
        // Often enough in the header.
        let at = if number % 10 == 0 { random.usize(..32) } else { random.usize(..bytes.len()) };
        bytes[at] ^= 1 << random.u32(..8);
        fs::write(wal_of(&copy), &bytes).unwrap();
        bytes[at] = original[at];
        let report = verify_file(&copy, None);
        assert!(report.problems.iter().any(|problem| problem.what.contains("no complete transaction")), "{report}");
        let report = verify_file(&copy, Some(&head));
        assert!(report.problems.iter().any(|problem| problem.what.contains("truncated at the end")), "{report}");
    }
    // A tail that is truncated exactly between two transactions shows only in a comparison with a published head.
    let ends = transaction_ends(&original);
    assert_eq!(ends.last(), Some(&original.len()));
    fs::write(wal_of(&copy), &original[..ends[ends.len() - 2]]).unwrap();
    assert!(verify_file(&copy, None).is_sound());
    assert!(!verify_file(&copy, Some(&head)).is_sound());
    fs::write(wal_of(&copy), &original[..original.len() - 100]).unwrap();
    assert!(!verify_file(&copy, None).is_sound());
}

#[test]
fn verifying_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let log = open(&path);
    append(&log, &many(20), Durability::Process).unwrap();
    let wal = folder.path().join("store-wal");
    let before = (fs::read(&path).unwrap(), fs::read(&wal).unwrap());
    sound(&path, None);
    assert_eq!((fs::read(&path).unwrap(), fs::read(&wal).unwrap()), before);
}

#[test]
fn write_ahead_log_of_an_empty_or_missing_file_is_preserved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let log = open(&path);
    append(&log, &entries(3), Durability::Process).unwrap();
    let (copy, wal) = (folder.path().join("copy"), folder.path().join("copy-wal"));
    fs::copy(folder.path().join("store-wal"), &wal).unwrap();
    let left = fs::read(&wal).unwrap();
    assert!(SqliteLog::open(&copy, Settings::default()).is_err() && !copy.exists());
    fs::write(&copy, "").unwrap();
    assert!(SqliteLog::open(&copy, Settings::default()).is_err());
    assert!(!verify_file(&copy, None).is_sound());
    assert_eq!(fs::read(&wal).unwrap(), left);
}

//! Appends, reads and shared files.

use super::*;
use std::fs;
use std::path::PathBuf;

fn open(path: &Path) -> SqliteLog {
    SqliteLog::open(path, Settings::default()).unwrap()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn numbers(records: &[StoredRecord]) -> Vec<u64> {
    records.iter().map(|record| record.seq).collect()
}

fn file() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    (folder, path)
}

#[test]
fn appended_entries_are_read_forward_and_backward() {
    let (_folder, path) = file();
    for log in [SqliteLog::in_memory().unwrap(), open(&path)] {
        assert_eq!(log.last().unwrap(), None);
        assert!(log.read(0, 10).unwrap().is_empty() && log.read_back(u64::MAX, 10).unwrap().is_empty());
        log.append(0, &texts(&["a", "", "\u{e9}\0\n"]), &[], Durability::Process).unwrap();
        log.append(3, &[], &[], Durability::Disk).unwrap();
        log.append(3, &texts(&["d"]), &[], Durability::Disk).unwrap();
        assert_eq!(log.last().unwrap(), Some(StoredRecord { seq: 4, text: "d".to_owned() }));
        assert_eq!(log.read(0, 10).unwrap()[2].text, "\u{e9}\0\n");
        assert_eq!(numbers(&log.read(1, 2).unwrap()), [2, 3]);
        assert_eq!(numbers(&log.read_back(u64::MAX, 10).unwrap()), [4, 3, 2, 1]);
        assert_eq!(numbers(&log.read_back(3, 1).unwrap()), [2]);
        assert!(log.read(u64::MAX, 1).unwrap().is_empty() && log.read_back(1, 1).unwrap().is_empty());
    }
}

#[test]
fn append_after_an_entry_that_is_not_the_last_is_a_conflict() {
    let log = SqliteLog::in_memory().unwrap();
    log.append(0, &texts(&["a", "b"]), &[], Durability::Process).unwrap();
    for after in [0, 1, 3, u64::MAX] {
        let error = log.append(after, &texts(&["x"]), &[], Durability::Process).unwrap_err();
        assert!(matches!(error, AppendError::Conflict { last: 2 }), "{error}");
    }
    assert_eq!(log.last().unwrap().unwrap().seq, 2);
}

#[test]
fn append_claims_all_keys_and_appends_all_records_or_does_neither() {
    let log = SqliteLog::in_memory().unwrap();
    let claim = |key: &str| Claim { key: key.to_owned(), value: "v".to_owned(), time_ms: 1, earliest_ms: None };
    log.append(0, &texts(&["a"]), &[claim("1")], Durability::Process).unwrap();
    let conflict = log.append(0, &texts(&["x"]), &[claim("2")], Durability::Process).unwrap_err();
    assert!(matches!(conflict, AppendError::Conflict { last: 1 }), "{conflict}");
    let claimed = log.append(1, &texts(&["x"]), &[claim("2"), claim("1")], Durability::Process).unwrap_err();
    let AppendError::Claimed { index, reason } = claimed else { panic!("{claimed}") };
    assert_eq!((index, reason), (1, Claimed::Before("v".to_owned())));
    assert_eq!(log.last().unwrap().unwrap().seq, 1);
    assert_eq!(log.claim(&claim("2")).unwrap(), Claimed::First);
}

#[test]
fn records_are_there_after_reopening() {
    let (_folder, path) = file();
    for round in 0..5 {
        let log = open(&path);
        assert_eq!(log.last().unwrap().map_or(0, |last| last.seq), round);
        log.append(round, &texts(&["x"]), &[], Durability::Process).unwrap();
    }
}

#[test]
fn several_connections_append_without_gaps_or_duplicates() {
    let (_folder, path) = file();
    const EACH: usize = 150;
    std::thread::scope(|scope| {
        for name in ["a", "b", "c"] {
            let path = &path;
            // Opened here: the threads share even the creation of the file.
            scope.spawn(move || {
                let log = open(path);
                for number in 0..EACH {
                    loop {
                        let after = log.last().unwrap().map_or(0, |last| last.seq);
                        let durability = if number % 50 == 0 { Durability::Disk } else { Durability::Process };
                        match log.append(after, &[format!("{name} {number}")], &[], durability) {
                            Ok(()) => break,
                            Err(AppendError::Conflict { last }) => assert!(last > after),
                            Err(error) => panic!("{error}"),
                        }
                    }
                }
            });
        }
    });
    let records = open(&path).read(0, 10_000).unwrap();
    assert_eq!(numbers(&records), (1..=3 * EACH as u64).collect::<Vec<_>>());
    for name in ["a", "b", "c"] {
        let of_one: Vec<&str> =
            records.iter().map(|record| record.text.as_str()).filter(|text| text.starts_with(name)).collect();
        assert_eq!(of_one, (0..EACH).map(|number| format!("{name} {number}")).collect::<Vec<_>>());
    }
}

#[test]
fn deletes_updates_gaps_and_invalid_rows_fail_in_the_store() {
    let log = SqliteLog::in_memory().unwrap();
    log.append(0, &texts(&["a", "b"]), &[], Durability::Process).unwrap();
    let mut state = log.state();
    for sql in [
        "DELETE FROM record",
        "UPDATE record SET text = 'x' WHERE seq = 1",
        "INSERT INTO record VALUES (4, 'x')",
        "INSERT INTO record VALUES (0, 'x')",
        "INSERT OR REPLACE INTO record VALUES (2, 'x')",
        "INSERT INTO record VALUES (3, NULL)",
        "INSERT INTO record VALUES (3, x'00')",
    ] {
        assert!(state.connection().execute(sql, []).is_err(), "{sql}");
    }
}

#[test]
fn foreign_file_is_not_opened_and_stays_unchanged() {
    let (_folder, path) = file();
    let theirs = path.with_extension("theirs");
    Connection::open(&theirs).unwrap().execute_batch("PRAGMA application_id = 7; CREATE TABLE t (x)").unwrap();
    for bytes in [b"some text".to_vec(), vec![0; 4096], fs::read(&theirs).unwrap()] {
        fs::write(&path, &bytes).unwrap();
        assert!(matches!(SqliteLog::open(&path, Settings::default()), Err(StoreError::NotOurs(_))));
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}

#[test]
fn a_file_of_a_newer_version_is_refused_and_left_as_it_is() {
    let (_folder, path) = file();
    drop(open(&path));
    let mut bytes = fs::read(&path).unwrap();
    bytes[63] = migration::FORMAT as u8 + 1;
    fs::write(&path, &bytes).unwrap();
    let error = SqliteLog::open(&path, Settings::default()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { .. }) && error.to_string().contains("newer"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_folder_that_does_not_exist_is_an_error_with_its_name() {
    let (_folder, path) = file();
    let error = SqliteLog::open(&path.join("store"), Settings::default()).unwrap_err();
    assert!(error.to_string().contains("store"), "{error}");
}

#[test]
fn long_reads_and_appends_do_not_wait_for_each_other() {
    let (_folder, path) = file();
    let log = std::sync::Arc::new(open(&path));
    log.append(0, &texts(&["a", "b"]), &[], Durability::Process).unwrap();
    let (done, ended) = std::sync::mpsc::channel();
    let appending = log.state();
    let reading = std::sync::Arc::clone(&log);
    std::thread::spawn(move || done.send(numbers(&reading.for_readers().read_back(u64::MAX, 10).unwrap())).unwrap());
    let read = ended.recv_timeout(Duration::from_secs(60)).expect("the read does not wait for the append");
    drop(appending);
    assert_eq!(read, [2, 1]);
    log.append(2, &texts(&["c"]), &[], Durability::Process).unwrap();
    assert_eq!(log.for_readers().last().unwrap().unwrap().seq, 3);
    let refused = log.for_readers().append(3, &texts(&["d"]), &[], Durability::Process);
    assert!(refused.is_err(), "a reader appends nothing");
    assert!(log.settle().unwrap(), "a reader that does not read keeps nobody from settling");
    let memory = SqliteLog::in_memory().unwrap();
    memory.append(0, &texts(&["a"]), &[], Durability::Process).unwrap();
    assert_eq!(memory.for_readers().last().unwrap().unwrap().seq, 1);
}

#[test]
fn settling_leaves_everything_in_the_file_alone() {
    let (_folder, path) = file();
    let log = open(&path);
    log.append(0, &texts(&["a"]), &[], Durability::Process).unwrap();
    let wal = connection::log_of(&path);
    assert!(fs::metadata(&wal).unwrap().len() > 0);
    assert!(log.settle().unwrap());
    assert_eq!(fs::metadata(&wal).unwrap().len(), 0);
    let copy = path.with_extension("copy");
    fs::copy(&path, &copy).unwrap();
    assert_eq!(open(&copy).last().unwrap().unwrap().text, "a");
}

#[test]
fn settling_is_not_possible_while_another_host_reads() {
    let (_folder, path) = file();
    let settings = Settings { busy_timeout: Duration::from_millis(20), ..Settings::default() };
    let (log, other) = (SqliteLog::open(&path, settings).unwrap(), open(&path));
    log.append(0, &texts(&["a"]), &[], Durability::Process).unwrap();
    other.state().connection().execute_batch("BEGIN; SELECT count(*) FROM record").unwrap();
    log.append(1, &texts(&["b"]), &[], Durability::Process).unwrap();
    assert!(!log.settle().unwrap());
}

#[cfg(unix)]
#[test]
fn the_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = file();
    let log = open(&path);
    log.append(0, &texts(&["a"]), &[], Durability::Process).unwrap();
    for file in [path.clone(), connection::log_of(&path)] {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
}

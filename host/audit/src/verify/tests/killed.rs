//! A host that is killed loses no entry that it reported as written.

use super::{open, sound};
use crate::store::Durability;
use crate::testing::entry;
use crate::{Head, append, verify_file};
use std::path::Path;

/// Set in the process that is killed: the store that it appends to.
const CHILD: &str = "CLAUDE_ADMIN_TEST_APPEND_TO";

#[test]
#[ignore = "runs in a process of its own, as the one that is killed"]
fn a_host_that_appends_until_it_is_killed() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let log = open(Path::new(&path));
    for number in 0.. {
        let head = append(&log, &[entry(number)], Durability::Process).unwrap();
        println!("head={head}");
    }
}

#[test]
fn no_record_is_lost_when_a_host_is_killed() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut last: Option<Head> = None;
    for round in 1..=5 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "--ignored"])
            .arg(format!("{}::a_host_that_appends_until_it_is_killed", module_path!().split_once("::").unwrap().1))
            .env(CHILD, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Killed at any point after this number of appends.
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let heads = lines.by_ref().filter_map(|line| line.split_once("head=").map(|(_, head)| head.to_owned()));
        let at_kill = heads.take(37 * round).last();
        child.kill().unwrap();
        child.wait().unwrap();
        last = at_kill.map(|head| head.parse().unwrap());
        // The transaction that it was writing might exist in part. The entries that it reported as written exist.
        let report = verify_file(&path, last.as_ref());
        assert!(report.problems.iter().all(|problem| problem.what.contains("interrupted write")), "{report}");
        let log = open(&path);
        append(&log, &[entry(1)], Durability::Process).unwrap();
        sound(&path, last.as_ref());
    }
    assert!(last.is_some_and(|head| head.seq > 37 * 15));
}

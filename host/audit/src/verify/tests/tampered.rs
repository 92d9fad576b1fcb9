//! Every change of an entry is found, and the report names the entry.

use super::{open, store};
use crate::store::Log;
use crate::store::testing::{Value, tamper};
use crate::{Entry, Head, seal, verify, verify_file};
use std::fs;
use std::path::Path;

/// One way to tamper with the entries of a store. Returns whether this shows without a published head.
fn tamper_somehow(path: &Path, random: &mut fastrand::Rng, texts: &[String]) -> bool {
    let count = texts.len();
    let at = random.usize(..count);
    let seq = at as i64 + 1;
    let last = count as i64;
    match random.u32(..8) {
        // An entry is removed, and the gap stays. For the last entry, this is a truncated tail.
        0 => {
            tamper(path, &[("DELETE FROM record WHERE seq = ?1", &[&seq])]);
            seq < last
        }
        // An entry is removed, and the gap is closed.
        1 => {
            tamper(
                path,
                &[
                    ("DELETE FROM record WHERE seq = ?1", &[&seq]),
                    ("UPDATE record SET seq = -seq WHERE seq > ?1", &[&seq]),
                    ("UPDATE record SET seq = -seq - 1 WHERE seq < 0", &[]),
                ],
            );
            seq < last
        }
        // Two entries are exchanged.
        2 => {
            let other = (at + 1 + random.usize(..count - 1)) % count;
            tamper(
                path,
                &[
                    ("UPDATE record SET text = ?1 WHERE seq = ?2", &[&texts[other], &seq]),
                    ("UPDATE record SET text = ?1 WHERE seq = ?2", &[&texts[at], &(other as i64 + 1)]),
                ],
            );
            true
        }
        // An entry occurs a second time, at the end.
        3 => {
            tamper(path, &[("INSERT INTO record VALUES (?1, ?2)", &[&(last + 1), &texts[at]])]);
            true
        }
        // One byte is changed.
        4 => {
            let mut text = texts[at].clone();
            let places: Vec<usize> =
                (0..text.len()).filter(|at| text.as_bytes()[*at].is_ascii_alphanumeric()).collect();
            let place = places[random.usize(..places.len())];
            let with = if &text[place..=place] == "7" { "8" } else { "7" };
            text.replace_range(place..=place, with);
            tamper(path, &[("UPDATE record SET text = ?1 WHERE seq = ?2", &[&text, &seq])]);
            true
        }
        // The same content has another form.
        5 => {
            let text = texts[at].replacen(',', ", ", 1);
            tamper(path, &[("UPDATE record SET text = ?1 WHERE seq = ?2", &[&text, &seq])]);
            true
        }
        // The tail is removed.
        6 => {
            tamper(path, &[("DELETE FROM record WHERE seq >= ?1", &[&seq])]);
            false
        }
        // The log is rewritten from here on, with one changed entry and a correct chain.
        _ => {
            let before = at.checked_sub(1).map(|before| Head::of(seq as u64 - 1, &texts[before]).unwrap());
            let mut entries: Vec<Entry> = texts[at..].iter().map(|text| Entry::from_record(text).unwrap()).collect();
            entries[0].time_ms += 1;
            let (resealed, _) = seal(&entries, before.as_ref()).unwrap();
            let values: Vec<(i64, String)> = (seq..).zip(resealed).collect();
            let values: Vec<[&dyn Value; 2]> = values.iter().map(|(seq, text)| [text as _, seq as _]).collect();
            let update = "UPDATE record SET text = ?1 WHERE seq = ?2";
            tamper(path, &values.iter().map(|values| (update, values.as_slice())).collect::<Vec<_>>());
            false
        }
    }
}

#[test]
fn every_change_of_entries_by_sql_is_detected() {
    let (_folder, path, head) = store(60);
    let original = fs::read(&path).unwrap();
    let texts: Vec<String> = open(&path).read(0, 100).unwrap().into_iter().map(|record| record.text).collect();
    let mut random = fastrand::Rng::with_seed(5);
    for round in 0..300 {
        fs::write(&path, &original).unwrap();
        let shows = tamper_somehow(&path, &mut random, &texts);
        let report = verify_file(&path, Some(&head));
        assert!(!report.is_sound(), "round {round}");
        // Also through the log only: another kind of store has no file whose form shows the change.
        let log = open(&path);
        let report = verify(&log, Some(&head));
        assert!(!report.is_sound(), "round {round}");
        assert!(verify(&log, None).is_sound() != shows, "round {round}");
    }
}

#[test]
fn changed_entry_is_named() {
    let (_folder, path, _) = store(60);
    let mut bytes = fs::read(&path).unwrap();
    let needle = b"\"correlation_uid\":\"op-3\"";
    let at = bytes.windows(needle.len()).position(|window| window == needle).unwrap();
    bytes[at + 20] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let report = verify_file(&path, None);
    assert_eq!(report.problems.len(), 1, "{report}");
    assert!(report.problems[0].to_string().contains("it was changed"), "{report}");
    let seq = report.problems[0].seq.unwrap();
    let record = open(&path).read(seq - 1, 1).unwrap();
    assert!(!record[0].text.contains(std::str::from_utf8(needle).unwrap()));
}

#[test]
fn all_problems_are_listed_up_to_a_number() {
    let (_folder, path, _) = store(300);
    tamper(&path, &[("UPDATE record SET text = replace(text, 'API', 'api') WHERE seq % 2 = 0", &[])]);
    let report = verify(&open(&path), None);
    assert_eq!(report.problems.len(), 100);
    assert!(report.more > 0);
    let seqs: Vec<u64> = report.problems.iter().filter_map(|problem| problem.seq).collect();
    assert!(seqs.is_sorted() && seqs.iter().all(|seq| seq % 2 == 0), "{seqs:?}");
}

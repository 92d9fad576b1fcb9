//! The state that a host derives from the audit log: operations, the latest time, and the first entry to read.

use super::logs::Watched;
use super::{cancelled, received, requested};
use crate::operation::{Clock, Ledger, Operation, Projection};
use claude_admin_audit::store::{Durability, Hosts, Log, SqliteLog};
use claude_admin_audit::{Entry, Event, verify};
use claude_admin_chat::identity::{Place, Principal};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

#[test]
fn search_for_an_operation_reads_no_more_than_it_may() {
    let folder = tempfile::tempdir().unwrap();
    let open =
        || SqliteLog::open(&folder.path().join("store.db"), claude_admin_audit::store::Settings::default()).unwrap();
    let ledger = Ledger::open(Box::new(open()), Hosts::in_memory(), Clock::system()).unwrap();
    for number in 0..600 {
        ledger.record(Durability::Process, vec![received(&format!("operation-{number}"), "y")]).unwrap();
    }
    for (most, read) in [(10, 10), (300, 300), (usize::MAX, 600)] {
        let log = Watched::new(open());
        assert!(Projection::search(&log, "no-such-operation", most).unwrap().is_none());
        assert_eq!(log.read.load(Ordering::Relaxed), read, "{most}");
    }
}

#[test]
fn latest_time_does_not_decrease_when_the_clock_goes_back() {
    let folder = tempfile::tempdir().unwrap();
    let now = Arc::new(AtomicI64::new(1_000_000_000));
    let open = || {
        let log =
            SqliteLog::open(&folder.path().join("store.db"), claude_admin_audit::store::Settings::default()).unwrap();
        let now = Arc::clone(&now);
        Ledger::open(Box::new(log), Hosts::in_memory(), Clock::new(move || now.load(Ordering::Relaxed))).unwrap()
    };
    let record = |ledger: &Ledger, name: &str| {
        ledger.record(Durability::Process, vec![received(name, "x")]).unwrap();
    };
    let ledger = open();
    record(&ledger, "first");
    now.fetch_add(3_600_000, Ordering::Relaxed);
    record(&ledger, "ahead");
    now.fetch_sub(3_600_000, Ordering::Relaxed);
    record(&ledger, "back");
    for ledger in [ledger, open()] {
        assert_eq!(ledger.inner.state().projection.latest_ms(0), 1_003_600_000);
    }
    let last = ledger_entry(&folder.path().join("store.db"));
    assert_eq!((last.time_ms, last.latest_ms), (1_000_000_000, Some(1_003_600_000)));
}

/// A pending request does not change, even in a long log, and a host that starts does not read the whole log.
#[test]
fn host_start_reads_only_entries_since_the_carried_requests() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let open = |path: &std::path::Path| SqliteLog::open(path, claude_admin_audit::store::Settings::default()).unwrap();
    let ledger = Ledger::open(Box::new(open(&path)), Hosts::in_memory(), Clock::system()).unwrap();
    let ids = ["first", "second", "third"];
    for id in ids {
        ledger.record(Durability::Process, vec![received(id, "x"), requested(id, "user_1")]).unwrap();
    }
    let approved = Event::Decided { decision: claude_admin_chat::Choice::Approve, reason: Some("fine".to_owned()) };
    let bob = Principal::http("bob").unwrap();
    let approved = Entry { operation: Some("second".to_owned()), ..Entry::by(&bob, &Place::http(), approved) };
    ledger.record(Durability::Process, vec![approved]).unwrap();
    let state = |ledger: &Ledger| -> Vec<Operation> {
        let operations = ledger.inner.state();
        ids.iter()
            .map(|id| Operation { first_seq: 0, ..operations.projection.operation(id).unwrap().clone() })
            .collect()
    };
    let before = state(&ledger);
    assert_eq!(before[1].decisions.len(), 1);
    for number in 0..30 {
        let entries = (0..100).map(|entry| received(&format!("read-{number}-{entry}"), "x")).collect();
        ledger.record(Durability::Process, entries).unwrap();
    }
    assert_eq!(state(&ledger), before);
    let last = ledger_entry(&path);
    let records = ledger.log().last().unwrap().unwrap().seq;
    let open_from = last.open_from.unwrap();
    assert!(records > 3000 && open_from > records - 1300, "{open_from} of {records}");
    drop(ledger);
    // A host that starts reads no earlier entry, and gets the same state.
    let log = Watched::new(open(&path));
    let again = Ledger::open(Box::new(log), Hosts::in_memory(), Clock::system()).unwrap();
    assert_eq!(state(&again), before);
    assert!(again.inner.state().projection.last_seq() == records);
    // A request that ended is not carried further.
    for id in ids {
        again.record(Durability::Process, vec![cancelled(id)]).unwrap();
    }
    again.record(Durability::Process, vec![received("end", "x")]).unwrap();
    assert_eq!(ledger_entry(&path).open_from, Some(again.log().last().unwrap().unwrap().seq));
    assert!(verify(again.log(), None).is_sound());
}

#[test]
fn carried_operations_together_write_less_than_other_entries() {
    let mut projection = Projection::default();
    let large = "x".repeat(1 << 20);
    for number in 0..8 {
        projection.apply(number + 1, &requested(&format!("operation{number}"), &large));
    }
    let (mut seq, mut carried, mut other) = (8, 0, 0);
    while seq < 100_000 {
        if let Some(entry) = projection.carried() {
            let Event::Carried { state } = &entry.event else { panic!("{entry:?}") };
            carried += state.len();
            seq += 1;
            projection.apply(seq, &entry);
            projection.open_from();
        }
        seq += 1;
        other += 512;
        projection.apply(seq, &received("another", "x"));
    }
    assert!(carried > 0 && carried < other, "{carried} bytes of carried operations, {other} of other entries");
}

fn ledger_entry(store: &std::path::Path) -> Entry {
    let log = SqliteLog::open(store, claude_admin_audit::store::Settings::default()).unwrap();
    Entry::from_record(&log.last().unwrap().unwrap().text).unwrap()
}

#[test]
fn operations_that_ended_use_a_bounded_amount_of_memory() {
    let mut projection = Projection::default();
    let large = "x".repeat(2 << 20);
    for number in 0_u64..40 {
        let id = format!("operation{number}");
        projection.apply(2 * number + 1, &requested(&id, &large));
        projection.apply(2 * number + 2, &cancelled(&id));
    }
    let bytes: usize = projection.operations().map(|operation| operation.bytes).sum();
    assert!((4 << 20..=32 << 20).contains(&bytes), "{bytes} bytes");
    assert!(projection.operation("operation39").is_some() && projection.operation("operation0").is_none());
    // An operation that is larger than the memory for ended ones is still in memory when it ends.
    projection.apply(81, &requested("huge", &"x".repeat(40 << 20)));
    projection.apply(82, &cancelled("huge"));
    assert_eq!(projection.operations().count(), 1);
}

#[test]
fn open_from_is_the_first_pending_request_or_the_next_entry() {
    let mut projection = Projection::default();
    projection.apply(1, &received("first", "x"));
    assert_eq!(projection.open_from(), 2);
    for (seq, id) in [(2, "first"), (3, "second"), (4, "third")] {
        projection.apply(seq, &requested(id, "user_1"));
        assert_eq!(projection.open_from(), 2);
    }
    projection.apply(5, &cancelled("second"));
    assert_eq!(projection.open_from(), 2);
    projection.apply(6, &cancelled("first"));
    assert_eq!(projection.open_from(), 4);
    assert_eq!(projection.pending_of(&Principal::local("ada").unwrap(), 1).0, 1);
    projection.apply(7, &cancelled("third"));
    assert_eq!(projection.open_from(), 8);
}

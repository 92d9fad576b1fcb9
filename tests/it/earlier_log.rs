//! An audit log that version 0.1.0 wrote, before causes were codes: it is read, verified and continued.
//!
//! `tests/data/audit-log-0.1.0.db.zlib` has every kind of entry of that version. Two requests in it are pending.

use crate::support;
use claude_admin::audit::{Cause, Entry, Event, verify_file};
use claude_admin::command::Markup;
use claude_admin::decision::approval::NoObserver;
use claude_admin::decision::operation::{Clock, NotClaimed, RequestKey};
use claude_admin::identity::{Place, Principal};
use claude_admin::service::{Input, Outcome, Reply, Request, Service};
use claude_admin::store::{Hosts, Settings, SqliteLog, StoreError, StoredRecord};
use claude_admin_simulator::RunningSimulator;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const LOG: &[u8] = include_bytes!("../data/audit-log-0.1.0.db.zlib");
/// A minute after its last entry, so the pending requests in it have not expired.
const NOW_MS: i64 = 1_795_968_930_000;
const RECORDS: u64 = 92;

fn unpacked(folder: &Path) -> PathBuf {
    let path = folder.join("audit.db");
    std::fs::write(&path, miniz_oxide::inflate::decompress_to_vec_zlib(LOG).unwrap()).unwrap();
    path
}

fn records(path: &Path) -> Vec<StoredRecord> {
    use claude_admin::store::Log;
    SqliteLog::open(path, Settings::default()).unwrap().read(0, 10_000).unwrap()
}

async fn host(path: &Path) -> (RunningSimulator, Service) {
    let simulator = support::simulator().await;
    let plugin = support::plugin(&simulator).await;
    let service = support::host_on_at(path, plugin, Arc::new(NoObserver), Clock::new(|| NOW_MS));
    (simulator, service)
}

async fn ask(service: &Service, who: &str, line: &str) -> Reply {
    let input = Input::Text { line: line.to_owned(), markup: Markup::None };
    let (principal, place) = (Principal::http(who).unwrap(), Place::http());
    service.handle(Request { principal, place, input, delivery: None, format: None }).await
}

#[test]
fn log_of_an_earlier_version_is_read_and_valid() {
    let folder = tempfile::tempdir().unwrap();
    let path = unpacked(folder.path());
    let mut kinds = BTreeSet::new();
    let records = records(&path);
    assert_eq!(records.len() as u64, RECORDS);
    for record in &records {
        let entry = Entry::from_record(&record.text).unwrap_or_else(|error| panic!("{}: {error}", record.seq));
        kinds.insert(entry.event.kind());
        // Its sentences stay what they were.
        match &entry.event {
            Event::Denied { reason, .. } => assert!(matches!(reason, Cause::Sentence(_)), "{reason:?}"),
            Event::Outcome { cause: Some(cause), .. } => assert!(matches!(cause, Cause::Sentence(_)), "{cause:?}"),
            _ => {}
        }
    }
    let missing: Vec<&str> = Event::KINDS.into_iter().filter(|kind| !kinds.contains(kind)).collect();
    assert_eq!(
        missing,
        ["carried", "approved-alone", "undelivered", "expired", "content-read", "notifying", "notified"],
        "kinds that the log has none of"
    );
    let report = verify_file(&path, None);
    assert!(report.is_sound(), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn log_of_an_earlier_version_is_continued() {
    let folder = tempfile::tempdir().unwrap();
    let path = unpacked(folder.path());
    let (simulator, service) = host(&path).await;
    // The requests that were pending then are pending now.
    let pending = ask(&service, "bob", "pending").await;
    let waiting: Vec<(String, String)> = pending
        .data
        .as_ref()
        .unwrap()
        .as_array()
        .unwrap()
        .iter()
        .map(|operation| {
            (
                operation["operation_id"].as_str().unwrap().to_owned(),
                operation["plan"]["steps"][0]["action"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    assert_eq!(waiting.len(), 2, "{pending:?}");
    let (create, _) = waiting.iter().find(|(_, action)| action == "workspaces.create").unwrap();
    let reply = ask(&service, "ada", &format!("confirm {create}.1")).await;
    support::says(&reply, Outcome::Done, &[]);
    assert!(support::writes(&simulator).contains(&"POST /v1/organizations/workspaces".to_owned()));
    // An operation that ended then is shown with the texts of that time.
    let gone = records(&path).iter().find_map(|record| {
        let entry = Entry::from_record(&record.text).unwrap();
        matches!(&entry.event, Event::Outcome { result, .. } if result == "not_found" && entry.plan_hash.is_some())
            .then_some(entry.operation)
    });
    let status = ask(&service, "ada", &format!("status {}", gone.flatten().unwrap())).await;
    support::says(&status, Outcome::Done, &["is gone", "Nothing was changed."]);
    service.finish().await;
    drop(service);
    let report = verify_file(&path, None);
    assert!(report.is_sound() && report.records > RECORDS, "{report:?}");
    for record in records(&path) {
        Entry::from_record(&record.text).unwrap_or_else(|error| panic!("{}: {error}", record.seq));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn request_in_a_log_of_an_earlier_version_is_not_accepted_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = unpacked(folder.path());
    let delivery = records(&path).iter().find_map(|record| match Entry::from_record(&record.text).unwrap() {
        Entry { event: Event::Received { delivery: Some(delivery), .. }, operation, .. } => Some((delivery, operation)),
        _ => None,
    });
    let (delivery, operation) = delivery.unwrap();
    let (key, content) = delivery.split_once(' ').unwrap();
    let (_simulator, service) = host(&path).await;
    let key = RequestKey { key: key.to_owned(), content: content.to_owned(), earliest_ms: None };
    match service.ledger().claim(key, "new").await.unwrap() {
        Err(NotClaimed::Before(first)) => assert_eq!((Some(first.operation), first.is_same), (operation, true)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn log_that_a_host_of_an_earlier_version_uses_is_not_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let path = unpacked(folder.path());
    let before = std::fs::read(&path).unwrap();
    let running = Hosts::of(&path.canonicalize().unwrap()).join().unwrap();
    let error = SqliteLog::open(&path, Settings::default()).err();
    assert!(matches!(error, Some(StoreError::InUse(_))), "{error:?}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    drop(running);
    assert!(SqliteLog::open(&path, Settings::default()).is_ok());
}

//! Concurrent changes, claims, receipts and reads of one audit log.

mod logs;
mod projected;

use super::*;
use crate::operation::{FirstDelivery, NotClaimed, Receipt, RequestKey};
use claude_admin_audit::store::SqliteLog;
use claude_admin_audit::verify;
use claude_admin_chat::identity::{Place, Principal};
use logs::{UNWANTED, Watched};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ThreadId;
use std::time::Duration;

fn ledger() -> (Ledger, Arc<AtomicUsize>) {
    let log = Watched { delay: Duration::from_millis(20), ..Watched::new(SqliteLog::in_memory().unwrap()) };
    let transactions = Arc::clone(&log.transactions);
    (Ledger::open(Box::new(log), Hosts::in_memory(), Clock::system()).unwrap(), transactions)
}

fn received(operation: &str, text: &str) -> Entry {
    let event = Event::Received { delivery: None, text: Some(text.to_owned()) };
    Entry {
        operation: Some(operation.to_owned()),
        ..Entry::by(&Principal::local("ada").unwrap(), &Place::terminal(), event)
    }
}

async fn at_once<T: Send + 'static>(
    futures: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = futures.into_iter().map(tokio::spawn).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_appends_share_transactions_and_form_one_chain() {
    let (ledger, transactions) = ledger();
    let appends = (0..40).map(|number| {
        let ledger = ledger.clone();
        async move {
            let entry = received(&format!("operation{number}"), "x");
            ledger.append(Durability::Process, vec![entry.clone(), entry]).await
        }
    });
    assert!(at_once(appends).await.into_iter().all(|appended| appended.is_ok()));
    let transactions = transactions.load(Ordering::Relaxed);
    assert!(transactions < 20, "{transactions} transactions");
    assert_eq!(ledger.log().read(0, 100).unwrap().len(), 80);
    let report = verify(ledger.log(), None);
    assert!(report.problems.is_empty(), "{report:?}");
    assert_eq!(ledger.head().await.unwrap().unwrap().seq, 80);
}

/// A key of a request.
fn key(key: &str, content: &str) -> RequestKey {
    RequestKey { key: key.to_owned(), content: content.to_owned(), earliest_ms: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_deliveries_of_one_request_one_is_accepted() {
    let (ledger, _) = ledger();
    let same = (0..20).map(|number| {
        let ledger = ledger.clone();
        async move { ledger.claim(key("the same", "x"), &format!("operation{number}")).await.unwrap() }
    });
    let (accepted, before): (Vec<_>, Vec<_>) = at_once(same).await.into_iter().partition(Result::is_ok);
    assert_eq!((accepted.len(), before.len()), (1, 19));
    let other = ledger.claim(key("the same", "y"), "later").await.unwrap();
    assert!(matches!(other, Err(NotClaimed::Before(FirstDelivery { is_same: false, .. }))), "{other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn key_is_used_up_only_with_the_first_entry() {
    let (ledger, _) = ledger();
    let accept = |operation: &str, text: &str| {
        let (ledger, entry, operation) = (ledger.clone(), received(operation, text), operation.to_owned());
        async move { ledger.accept(key("the same", "x"), &operation, entry).await }
    };
    accept("first", UNWANTED).await.unwrap_err();
    assert_eq!(ledger.log().last().unwrap(), None);
    let again = (0..20).map(|number| accept(&format!("operation{number}"), "x"));
    let accepted =
        at_once(again.collect::<Vec<_>>()).await.into_iter().filter(|accepted| matches!(accepted, Ok(Ok(()))));
    assert_eq!(accepted.count(), 1);
    assert_eq!(ledger.log().last().unwrap().unwrap().seq, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn end_of_an_earlier_request_is_found_until_it_is_an_operation() {
    let (ledger, _) = ledger();
    let ada = Principal::local("ada").unwrap();
    let of = |id: &str, event| Entry { operation: Some(id.to_owned()), ..Entry::by(&ada, &Place::terminal(), event) };
    let outcome = |result: &str| Event::Outcome {
        result: result.to_owned(),
        changed: None,
        status: None,
        requests: Vec::new(),
        cause: None,
    };
    let denied = || Event::Denied { reason: Code::new("already-decided").into(), count: 1 };
    for (id, entries, expected) in [
        ("received00", vec![received("received00", "x")], None),
        ("outcome000", vec![received("outcome000", "x"), of("outcome000", outcome("usage"))], Some("usage")),
        ("denied0000", vec![received("denied0000", "x"), of("denied0000", denied())], Some("denied")),
        // A denied decision about an operation is not the result of the request that became the operation.
        (
            "operation0",
            vec![received("operation0", "x"), requested("operation0", "x"), of("operation0", denied())],
            None,
        ),
    ] {
        ledger.append(Durability::Process, entries).await.unwrap();
        assert_eq!(ledger.ended(id, &ada).await.unwrap().as_deref(), expected, "{id}");
    }
    assert_eq!(ledger.ended("never00000", &ada).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn receipt_is_recorded_before_the_next_entry_or_on_drop() {
    let (ledger, _) = ledger();
    let receipt = || Receipt::new(ledger.clone(), Some(received("operation", "x")));
    let kinds = || {
        let records = ledger.log().read(0, 100).unwrap();
        let entries = records.iter().map(|record| Entry::from_record(&record.text).unwrap().event.kind());
        entries.collect::<Vec<_>>()
    };
    receipt().replace();
    assert!(kinds().is_empty());
    let first = receipt();
    let entries = first.before(vec![cancelled("operation")]);
    ledger.append(Durability::Process, entries).await.unwrap();
    first.record().await.unwrap();
    drop(first);
    assert_eq!(kinds(), ["received", "decided"]);
    drop(receipt());
    while kinds().len() < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(kinds()[2], "received");
}

#[tokio::test(flavor = "multi_thread")]
async fn entry_that_cannot_be_written_fails_no_concurrent_append() {
    let (ledger, _) = ledger();
    let appends = (0..20).map(|number| {
        let ledger = ledger.clone();
        async move {
            // The JSON of the audit log does not allow a number as large as this.
            let opened = Event::Opened { version: "1".to_owned(), sqlite: 1, dropped_bytes: u64::MAX };
            let entry = if number == 7 { Entry::of_host(opened) } else { received(&format!("operation{number}"), "x") };
            (number, ledger.append(Durability::Process, vec![entry]).await.is_ok())
        }
    });
    for (number, appended) in at_once(appends).await {
        assert_eq!(appended, number != 7, "{number}");
    }
    assert_eq!(ledger.log().read(0, 100).unwrap().len(), 19);
}

#[tokio::test(flavor = "multi_thread")]
async fn store_failure_fails_its_appends_and_not_the_next_one() {
    let (ledger, _) = ledger();
    let appends = (0..20).map(|number| {
        let ledger = ledger.clone();
        async move {
            let entry = received(&format!("operation{number}"), UNWANTED);
            ledger.append(Durability::Process, vec![entry]).await
        }
    });
    for appended in at_once(appends).await {
        let error = appended.expect_err("the store fails").to_string();
        assert!(error.starts_with("the audit log cannot be used"), "{error}");
    }
    assert!(ledger.append(Durability::Process, vec![received("operation", "x")]).await.is_ok());
    assert_eq!(ledger.log().read(0, 100).unwrap().len(), 1);
}

#[tokio::test]
async fn a_change_that_breaks_off_holds_up_no_other() {
    let (ledger, _) = ledger();
    let breaks = |_: &Projection, _: i64| -> Result<Vec<Entry>, ()> { panic!("as a bug would") };
    let broken = ledger.commit(Durability::Process, breaks, |_, _| ()).await;
    assert!(matches!(broken, Err(CommitError::Ledger(LedgerError::Stopping))), "whoever waits is told");
    assert!(ledger.append(Durability::Process, vec![received("7qk2abcd", "x")]).await.is_ok(), "the next one is made");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_thread_makes_what_many_wait_for() {
    let threads = Arc::<Mutex<HashSet<ThreadId>>>::default();
    let (ledger, _) = ledger();
    let all: Vec<_> = (0..200)
        .map(|number| {
            let (ledger, threads) = (ledger.clone(), Arc::clone(&threads));
            tokio::spawn(async move {
                let entry = received(&format!("operation{number}"), "x");
                let decide = move |_: &Projection, _: i64| {
                    threads.lock().unwrap().insert(std::thread::current().id());
                    Ok::<_, ()>(vec![entry.clone()])
                };
                ledger.commit(Durability::Process, decide, |_, _| ()).await.unwrap();
            })
        })
        .collect();
    for one in all {
        one.await.unwrap();
    }
    // A thread that has no more changes can be followed by another one.
    assert!(threads.lock().unwrap().len() < 10, "{threads:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn long_reads_of_one_person_come_one_after_the_other() {
    let (ledger, _) = ledger();
    let (ada, bob) = (Principal::local("ada").unwrap(), Principal::local("bob").unwrap());
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let (began, begun) = tokio::sync::oneshot::channel();
    let first = {
        let (ledger, ada) = (ledger.clone(), ada.clone());
        let read = move |_: &dyn Log| {
            began.send(()).unwrap();
            ended.recv().unwrap();
        };
        tokio::spawn(async move { ledger.read_for(&ada, read).await })
    };
    begun.await.unwrap();
    // The caller of a read can stop waiting: the read continues, and still counts as the one of that person.
    first.abort();
    let is_second = Arc::new(AtomicUsize::new(0));
    let second = {
        let (ledger, ada, is_second) = (ledger.clone(), ada.clone(), Arc::clone(&is_second));
        tokio::spawn(async move { ledger.read_for(&ada, move |_| is_second.fetch_add(1, Ordering::AcqRel)).await })
    };
    for _ in 0..10 {
        ledger.read_for(&bob, |_| ()).await.unwrap();
    }
    assert_eq!(is_second.load(Ordering::Acquire), 0, "the second read of the same person waits");
    end.send(()).unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(is_second.load(Ordering::Acquire), 1);
}

/// A request of a write with a text in it.
fn requested(operation: &str, text: &str) -> Entry {
    let catalog = claude_admin_catalog::testing::catalog();
    let action = catalog.action("users.update").unwrap();
    let arguments = [("user-id", text), ("role", "user")].map(|(name, value)| (name.to_owned(), value.into()));
    let invocation = claude_admin_chat::command::Invocation {
        action: Arc::clone(action),
        arguments: arguments.into_iter().collect(),
    };
    let ada = Principal::local("ada").unwrap();
    let before = crate::plan::Before::Nothing;
    let pending = crate::operation::Pending {
        version: 1,
        requester: ada.clone(),
        person: None,
        place: Place::terminal(),
        plan: crate::plan::Plan::of(crate::plan::Step::new(catalog, &invocation, Vec::new(), before)),
        requirements: crate::policy::Requirements::floor(action.risks()),
        reason: None,
    };
    let event = Event::Requested {
        pending: serde_json::to_string(&pending).unwrap(),
        plan_hash: pending.plan.hash(),
        policy_hash: String::new(),
        expires_ms: 1 << 52,
    };
    Entry { operation: Some(operation.to_owned()), ..Entry::by(&ada, &Place::terminal(), event) }
}

fn cancelled(operation: &str) -> Entry {
    let event = Event::Decided { decision: claude_admin_chat::Choice::Cancel, reason: None };
    let ada = Principal::local("ada").unwrap();
    Entry { operation: Some(operation.to_owned()), ..Entry::by(&ada, &Place::terminal(), event) }
}

#[test]
fn requests_in_one_batch_are_counted_one_after_the_other() {
    let (ledger, transactions) = ledger();
    let request = |operation: &str| {
        let entry = requested(operation, "x");
        let decide = move |projection: &Projection, now: i64| match projection
            .pending_of(&Principal::local("ada").unwrap(), now)
        {
            (0, _) => Ok(vec![entry.clone()]),
            _ => Err(()),
        };
        change(Durability::Process, decide, |_, _| ())
    };
    let ((first, mut first_end), (second, mut second_end)) = (request("one"), request("two"));
    ledger.inner.make(vec![first, second]);
    let first = first_end.try_recv().unwrap();
    assert!(first.is_ok(), "{:?}", first.err());
    assert!(matches!(second_end.try_recv().unwrap(), Err(CommitError::Refused(()))));
    assert_eq!(transactions.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn result_of_a_request_without_its_first_entry_is_unknown() {
    let (ledger, _) = ledger();
    let ada = Principal::local("ada").unwrap();
    let denied = |operation: &str| Entry {
        operation: Some(operation.to_owned()),
        ..Entry::by(&ada, &Place::terminal(), Event::Denied { reason: Code::new("x").into(), count: 1 })
    };
    ledger.append(Durability::Process, vec![denied("a"), received("b", "x"), denied("b")]).await.unwrap();
    assert_eq!(ledger.ended("a", &ada).await.unwrap(), None, "it can have become an operation");
    assert_eq!(ledger.ended("b", &ada).await.unwrap().as_deref(), Some("denied"));
}

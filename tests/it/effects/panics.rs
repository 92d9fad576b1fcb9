//! A panic in the host: the response has an ID, and the audit log has the outcome.

use super::{READ, WRITE, agreed};
use crate::support::{self, type_in};
use claude_admin::decision::approval::{Observer, Stage};
use claude_admin::decision::operation::{Clock, State};
use claude_admin::identity::Place;
use claude_admin::service::{Input, Outcome, Part, PartSink, Reply, Request, Service};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Panics once, at a step.
#[derive(Debug)]
struct PanicAt(Stage, AtomicBool);

impl Observer for PanicAt {
    fn reached(&self, step: Stage) {
        assert!(step != self.0 || self.1.swap(true, Ordering::Relaxed), "on purpose");
    }
}

/// A panic is printed, so the tests of it say where it comes from.
async fn panics_at(step: Stage) -> (Service, Reply) {
    let simulator = support::simulator().await;
    let plugin = support::plugin(&simulator).await;
    let decider = support::decider(plugin.catalog(), support::OPEN_POLICY, &[], Clock::system());
    let ledger = support::ledger(Clock::system());
    let service = Service::new(plugin, decider, ledger, Arc::new(PanicAt(step, AtomicBool::new(false))));
    let reply = type_in(&service, WRITE).await;
    (service, reply)
}

#[tokio::test(flavor = "multi_thread")]
async fn panic_in_a_write_leaves_an_id_and_an_outcome() {
    for (step, outcome, changed) in [
        (Stage::Planned, Outcome::Failed, "no"),
        (Stage::Decided, Outcome::Failed, "no"),
        (Stage::Intent, Outcome::Unknown, "unknown"),
        (Stage::Answered, Outcome::Unknown, "unknown"),
    ] {
        let (service, reply) = panics_at(step).await;
        assert!(!reply.operation.is_empty(), "{step:?}");
        assert_eq!(agreed(&service, &reply, &format!("{step:?}")), (outcome, changed.to_owned()), "{step:?}");
    }
    // An entry that is already on disk does not change.
    let (service, reply) = panics_at(Stage::Ended).await;
    assert_eq!(agreed(&service, &reply, "recorded"), (Outcome::Done, "yes".to_owned()));
    let operation = reply.operation.clone();
    let state = service.ledger().look(move |projection| projection.operation(&operation).unwrap().state.clone()).await;
    assert!(matches!(state.unwrap(), State::Ended { result, .. } if result == "done"));
}

struct PanicSink;

impl PartSink for PanicSink {
    fn take(&self, _: Part<'_>) -> ControlFlow<()> {
        assert!(std::hint::black_box(false), "on purpose");
        ControlFlow::Continue(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn panic_in_a_read_leaves_an_id_and_an_outcome() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    // The pages are as large as they can be, so a list of several pages is long.
    let input =
        Input::Text { line: "users list --limit 5 --all".to_owned(), markup: claude_admin::command::Markup::None };
    let request = Request { principal: support::ada(), place: Place::terminal(), input, delivery: None, format: None };
    let reply = service.handle_in_parts(request, &PanicSink).await;
    assert!(!reply.operation.is_empty());
    assert_eq!(agreed(&service, &reply, "read"), (Outcome::Failed, "no".to_owned()));
    assert_eq!(type_in(&service, READ).await.outcome, Outcome::Done, "the next command works");
}

//! Secret arguments: they are sent to the API, and no reply, plan or log shows them.

use super::super::raw_upstream::{RawUpstream, response};
use super::{ALONE, APPROVED, AUDITORS, Asker, KEY, credentials, example, run, shown};
use crate::support::{self, limits, log_of, says, text};
use claude_admin::audit::Event;
use claude_admin::command::{Format, Options};
use claude_admin::identity::{Place, Principal};
use claude_admin::sandbox::Plugin;
use claude_admin::service::{Input, Outcome, Reply, Service};
use serde_json::{Value, json};
use std::sync::Arc;

const HIDDEN: &str = "hunter2-of-the-receiver";

/// A value for an argument that is a secret.
fn with_secret(types: &claude_admin_catalog::Types, input: &claude_admin_catalog::Input) -> Value {
    if types.map_value(&input.ty).is_some() {
        return json!({ "x-receiver-key": HIDDEN });
    }
    // A union: the case that the example has.
    json!({ "grant_type": "refresh_token", "refresh_token": HIDDEN })
}

#[tokio::test(flavor = "multi_thread")]
async fn secret_argument_is_sent_but_never_shown_or_logged() {
    let mut sent = 0;
    for (policy, at_once) in [(ALONE, true), (ALONE, false), (APPROVED, false)] {
        let (simulator, service) = support::host(policy, &AUDITORS).await;
        let catalog = service.catalog().clone();
        for action in &catalog.actions {
            for input in action.inputs.iter().filter(|input| input.has_secret(&catalog.types)) {
                assert_eq!(
                    input.place,
                    claude_admin_catalog::Place::Body,
                    "{}: a path or a query is logged",
                    action.id
                );
                let (id, mut arguments) = example(&catalog, action);
                arguments.insert(input.name.clone(), with_secret(&catalog.types, input));
                let (principal, place) = (Principal::http("bot").unwrap(), Place::http());
                let asker = Asker { service: &service, principal, place, format: Some(Format::Json) };
                let dry = Options { dry_run: true, ..Options::default() };
                let planned =
                    asker.ask(Input::Operation { id: id.clone(), arguments: arguments.clone(), options: dry }).await;
                assert_eq!(planned.outcome, Outcome::Done, "{}", text(&planned));
                assert!(shown(&planned).contains("[redacted]"), "{}", shown(&planned));
                let (reply, others) = run(&asker, &id, &arguments, at_once).await;
                for reply in others.iter().chain([&reply, &planned]) {
                    assert!(!shown(reply).contains(HIDDEN), "{}: {}", action.id, shown(reply));
                }
                let asked = simulator.requests().iter().filter(|request| request.method != "GET").count();
                assert!(asked > sent || reply.outcome == Outcome::Failed, "{}: {}", action.id, text(&reply));
                sent = asked;
            }
        }
        assert!(!log_of(&service).contains(HIDDEN));
        sent = 0;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secret_argument_that_was_typed_wrongly_is_not_recorded() {
    let (_simulator, service) = support::host(ALONE, &[]).await;
    let (principal, place) = (Principal::local("ada").unwrap(), Place::terminal());
    let asker = Asker { service: &service, principal, place, format: Some(Format::Json) };
    for line in [
        format!("telemetry create https://otel.example.com/v1 all --headers x-key={HIDDEN} --dry-run"),
        format!("telemetry create https://otel.example.com/v1 all --headers {HIDDEN}"),
        format!("telemetry create https://otel.example.com/v1 all --header x-key={HIDDEN} --frobnicate"),
        format!("telemetri create https://otel.example.com/v1 all --headers x-key={HIDDEN}"),
        format!("can-i telemetry create https://otel.example.com/v1 all --headers x-key={HIDDEN}"),
        format!("oauth exchange refresh_token:{HIDDEN} --dry-run"),
        format!("oauth exchange refresh_token:{HIDDEN} --frobnicate"),
    ] {
        asker.type_in(line.clone()).await;
        assert!(!log_of(&service).contains(HIDDEN), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_is_bound_to_its_secret_and_forgets_it_with_the_host() {
    let simulator = support::simulator().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.db");
    let plugin = support::plugin(&simulator).await;
    let steps = || Arc::new(claude_admin::decision::approval::NoObserver);
    let first = support::host_on(&path, Arc::clone(&plugin), steps());
    let (principal, place) = (Principal::http("bot").unwrap(), Place::http());
    let line = |value: &str| format!("telemetry create https://otel.example.com/v1 all --headers x-key={value}");
    let asker =
        Asker { service: &first, principal: principal.clone(), place: place.clone(), format: Some(Format::Json) };
    let hash = |reply: &Reply| reply.data.as_ref().unwrap()["plan_hash"].clone();
    let (one, same, other) = (
        asker.type_in(format!("{} --dry-run", line("one"))).await,
        asker.type_in(format!("{} --dry-run", line("one"))).await,
        asker.type_in(format!("{} --dry-run", line("two"))).await,
    );
    assert_eq!(hash(&one), hash(&same));
    assert_ne!(hash(&one), hash(&other), "the plan is about the value");
    let id = asker.type_in(line(HIDDEN)).await.operation;
    first.finish().await;
    drop(first);
    let second = support::host_on(&path, plugin, steps());
    let asker = Asker { service: &second, principal, place, format: Some(Format::Json) };
    // A digest from another process cannot be compared. Here both hosts are in one process, and the value is no longer
    // in memory.
    let reply = asker.type_in(format!("confirm {id}.1")).await;
    says(&reply, Outcome::Failed, &["are never stored", "This command changed nothing.", "send the command again"]);
    assert_eq!(support::writes(&simulator), Vec::<String>::new());
    assert!(!matches!(reply.outcome, Outcome::Done));
    let found = claude_admin::audit::search(
        second.ledger().log(),
        &claude_admin::audit::Filter { operation: Some(id), ..Default::default() },
        100,
    );
    assert!(found.unwrap().found.iter().all(|found| !matches!(found.entry.event, Event::Intent { .. })));
}

/// A service whose API returns the body of each request in every part of its response, and the credential in its
/// headers.
async fn echoing(status: u16) -> (RawUpstream, Service) {
    let upstream = RawUpstream::start(move |request, _| {
        let body = request.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let word = if body.contains(HIDDEN) { HIDDEN } else { "nothing" };
        let error = (status >= 400).then(|| {
            json!({ "type": format!("bad_{word}"), "message": format!("cannot use {body}"), "details": { "error_code": word } })
        });
        // A token is a secret for the requester, who can receive it. A scope is not a secret.
        let answer = json!({
            "error": error, "request_id": word, "access_token": "the-new-token", "token_type": "Bearer", "expires_in": 60,
            "scope": word, "refresh_token": word,
        });
        response(status, &format!("request-id: req_{word}_{KEY}\r\n"), &answer.to_string())
    })
    .await;
    // A write is sent although its target cannot be read.
    let policy = "permit(principal, action, resource) unless { action in Action::\"read\" };";
    let sandbox = support::sandbox(&upstream.url(), credentials(), limits());
    let service = support::service_with(Plugin::embedded(&sandbox).unwrap(), policy, &[]);
    (upstream, service)
}

#[tokio::test(flavor = "multi_thread")]
async fn secret_argument_returned_by_the_api_is_redacted() {
    let (_upstream, service) = echoing(400).await;
    let catalog = service.catalog().clone();
    for action in &catalog.actions {
        for input in action.inputs.iter().filter(|input| input.has_secret(&catalog.types)) {
            for at_once in [true, false] {
                let (id, mut arguments) = example(&catalog, action);
                arguments.insert(input.name.clone(), with_secret(&catalog.types, input));
                let asker = Asker {
                    service: &service,
                    principal: support::ada(),
                    place: Place::http(),
                    format: Some(Format::Json),
                };
                let (reply, others) = run(&asker, &id, &arguments, at_once).await;
                let status = asker.type_in(format!("status {}", reply.operation)).await;
                for shown in others.iter().chain([&reply, &status]).map(shown) {
                    assert!(!shown.contains(HIDDEN), "{id}: {shown}");
                }
                assert_eq!(reply.sent.len(), 1, "{id}: {}", shown(&reply));
                for sent in &reply.sent {
                    assert!(!format!("{} {:?}", sent.target, sent.request_id).contains(HIDDEN), "{id}: {sent:?}");
                    assert!(!format!("{:?}", sent.request_id).contains(KEY), "{id}: {sent:?}");
                }
            }
        }
    }
    let log = log_of(&service);
    assert!(!log.contains(HIDDEN) && log.contains("[redacted]"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn secret_argument_in_an_answer_stays_in_its_secret_fields_only() {
    let (_upstream, service) = echoing(200).await;
    let action = service.catalog().action("oauth.exchange").unwrap();
    let (id, mut arguments) = example(service.catalog(), action);
    let input = action.inputs.iter().find(|input| input.has_secret(&service.catalog().types)).unwrap();
    arguments.insert(input.name.clone(), with_secret(&service.catalog().types, input));
    let asker =
        Asker { service: &service, principal: support::ada(), place: Place::http(), format: Some(Format::Json) };
    let (reply, _) = run(&asker, &id, &arguments, true).await;
    assert_eq!(reply.outcome, Outcome::Done, "{}", text(&reply));
    let whole = reply.to_json_with_secrets();
    assert_eq!((&whole["refresh_token"], &whole["scope"]), (&json!(HIDDEN), &json!("[redacted]")), "{whole}");
    assert!(!reply.to_json().to_string().contains(HIDDEN) && !text(&reply).contains(HIDDEN));
    assert!(!log_of(&service).contains(HIDDEN));
}

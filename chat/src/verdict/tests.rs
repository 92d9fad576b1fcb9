//! Tests of verdicts: every status, body and error code, and the texts, JSON and exit codes derived from them.

use super::*;
use crate::{Outcome, document};
use claude_admin_catalog::Method;
use claude_admin_catalog::testing::catalog;
use serde_json::json;

const SENTENCES: [Verdict; 5] =
    [Verdict::NotSent, Verdict::Unchanged, Verdict::Changed, Verdict::Probable, Verdict::Unknown];

/// Every body that a response can have. The codes are those of an action, one that it does not declare, and none.
fn bodies(action: &Action) -> Vec<Body> {
    let declared = action.codes.iter().map(|code| Some(code.code.clone()));
    let codes = declared.chain([None, Some("new_code".to_owned())]);
    let errors = codes.map(|code| Body::Error(ErrorBody { kind: "some_error".to_owned(), code }));
    errors.chain([Body::Json, Body::Page, Body::Empty, Body::Other, Body::Incomplete]).collect()
}

/// Statuses of every kind, including those that a rule names.
fn some_statuses() -> impl Iterator<Item = u16> {
    (100..=599).filter(|status| (400..=430).contains(status) || [0, 1, 4, 29, 51, 99].contains(&(status % 100)))
}

fn exchanges(action: &Action, statuses: impl Iterator<Item = u16>) -> Vec<Exchange> {
    let answered =
        statuses.flat_map(|status| bodies(action).into_iter().map(move |body| Exchange::Answered { status, body }));
    [Exchange::NotSent, Exchange::Unreached, Exchange::Unanswered].into_iter().chain(answered).collect()
}

/// The rule in another form: the conditions under which a write certainly changed nothing.
fn is_decided_refusal(action: &Action, exchange: &Exchange) -> bool {
    let Exchange::Answered { status, body: Body::Error(error) } = exchange else { return false };
    if (200..300).contains(status) {
        return false;
    }
    match error.code.as_deref().map(|code| action.code(code)) {
        Some(Some(declared)) => declared.effect == CodeEffect::Unchanged,
        Some(None) => [400, 401, 402, 403, 404, 413, 422, 429].contains(status),
        None => [400, 401, 402, 403, 404, 409, 413, 422, 429].contains(status),
    }
}

fn error_of(exchange: &Exchange) -> Option<Value> {
    Some(match exchange {
        Exchange::Answered { status: 200..=299, body: Body::Json } => return None,
        Exchange::Answered { status, body: Body::Error(error) } => {
            json!({ "api": { "status": status, "kind": error.kind, "code": error.code, "message": "m" } })
        }
        Exchange::Answered { status: status @ 200..=299, body: _ } => {
            json!({ "decode": { "status": status, "path": "", "expected": "JSON, but the body is an HTML page" } })
        }
        Exchange::Answered { status, body: _ } => {
            json!({ "api": { "status": status, "kind": "", "message": "m" } })
        }
        Exchange::Unreached => json!({ "transport": { "problem": "dns" } }),
        Exchange::Unanswered => json!({ "transport": { "problem": "timeout" } }),
        Exchange::NotSent => json!({ "invalid_argument": { "name": "n", "problem": "p" } }),
    })
}

#[test]
fn unchanged_is_said_of_a_write_only_after_a_refusal() {
    for action in catalog().actions.iter().filter(|action| action.writes() && !action.codes.is_empty()) {
        for exchange in exchanges(action, 100..=599) {
            for report in [Report::Success, Report::Unreadable, Report::Failure] {
                let verdict = Verdict::of(action, &exchange, report);
                let certain = match exchange {
                    Exchange::NotSent | Exchange::Unreached => true,
                    _ => is_decided_refusal(action, &exchange),
                };
                assert_eq!(verdict.changed() == Changed::No, certain, "{} {exchange:?} {report:?}", action.id);
                let success = matches!(exchange, Exchange::Answered { status: 200..=299, .. });
                let declared = matches!(&exchange, Exchange::Answered { body: Body::Error(error), .. }
                    if error.code.as_deref().and_then(|code| action.code(code)).is_some_and(|code| code.effect == CodeEffect::Changed));
                assert!(verdict != Verdict::Changed || success || declared, "{} {exchange:?}", action.id);
                assert!(verdict != Verdict::Changed || !success || report == Report::Success, "{exchange:?}");
            }
        }
    }
}

#[test]
fn read_changes_nothing_whatever_comes_back() {
    for action in catalog().actions.iter().filter(|action| !action.writes()).take(5) {
        for exchange in exchanges(action, 100..=599) {
            let verdict = Verdict::of(action, &exchange, Report::Failure);
            assert_eq!(verdict, Verdict::of_reads(exchange != Exchange::NotSent), "{exchange:?}");
        }
    }
}

#[test]
fn text_json_and_exit_code_agree_on_every_exchange() {
    let delete = catalog().actions.iter().find(|action| action.http.method == Method::Delete);
    let read = catalog().actions.iter().find(|action| !action.writes());
    let coded = catalog().actions.iter().filter(|action| !action.codes.is_empty());
    for action in coded.chain(delete).chain(read) {
        for exchange in exchanges(action, some_statuses()) {
            let error = error_of(&exchange);
            let report = error.as_ref().map_or(Report::Success, Report::of_error);
            assert!(error.as_ref().is_none_or(|error| exchange.agrees_with(error)), "{exchange:?} {error:?}");
            let verdict = Verdict::of(action, &exchange, report);
            let outcome = Outcome::of(action, verdict, error.as_ref());
            assert_eq!(outcome == Outcome::Unknown, verdict.is_uncertain(), "{exchange:?}");
            assert_eq!(outcome == Outcome::Partial, verdict == Verdict::Changed && error.is_some(), "{exchange:?}");
            assert_eq!(outcome.exit_code() == 0, outcome == Outcome::Done);
            assert!(outcome != Outcome::Done || action.writes() == (verdict == Verdict::Changed), "{exchange:?}");
            let Some(error) = error else { continue };
            let document = document::failure(catalog(), &error, action, verdict, "api.example");
            let text = document.notices();
            for sentence in SENTENCES {
                assert_eq!(text.contains(sentence.sentence()), sentence == verdict, "{exchange:?}: {text}");
            }
            let answer = crate::Answer {
                operation: None,
                outcome,
                verdict,
                data: None,
                document: &document,
                cause: Some(&error),
            };
            let json = answer.envelope(None, answer.to_json());
            assert_eq!(json["changed"], verdict.changed().as_str());
            assert_eq!(json["error"]["changed"], verdict.changed().as_str());
            assert_eq!(json["outcome"], outcome.as_str());
            let retried = wait_before_retry(verdict, Some(&json!({ "api": { "retry_after": 7 } })));
            assert_eq!(retried.is_some(), verdict.changed() == Changed::No, "an unknown write is not repeated");
        }
    }
}

#[test]
fn declared_code_counts_more_than_its_status() {
    for (id, status, code, changed) in [
        ("workspaces.create", 503, "workspace_created_incomplete", Changed::Yes),
        ("workspaces.update", 503, "change_outcome_unknown", Changed::Unknown),
        ("workspaces.update", 409, "workspace_changed_concurrently", Changed::Unknown),
        ("workspaces.update", 409, "storage_changed_concurrently", Changed::Unknown),
        ("workspaces.update", 503, "authorization_check_unavailable", Changed::No),
        ("workspaces.archive", 409, "storage_attached_during_archive", Changed::Yes),
        ("plugins.create", 503, "registration_pending", Changed::Yes),
        ("tag-channels.create", 400, "slack_channel_set_up_settings_refused", Changed::Yes),
        ("tag-channels.create", 404, "slack_channel_set_up_environment_not_found", Changed::Yes),
        ("tag-channels.create", 409, "slack_channel_set_up_settings_conflict", Changed::Yes),
        ("tag-channels.update", 409, "slack_channel_set_up_settings_conflict", Changed::No),
        ("users.update", 409, "a_code_of_tomorrow", Changed::Unknown),
        ("users.update", 400, "a_code_of_tomorrow", Changed::No),
    ] {
        let action = catalog().action(id).unwrap();
        let error = json!({ "api": { "status": status, "kind": "x_error", "code": code, "message": "" } });
        let verdict = Verdict::of(action, &Exchange::described_by(&error), Report::Failure);
        assert_eq!(verdict.changed(), changed, "{id} {code}");
    }
}

#[test]
fn report_that_is_not_what_came_back_is_found_out() {
    let error = |status: u16, kind: &str, code: Option<&str>| json!({ "api": { "status": status, "kind": kind, "code": code, "message": "" } });
    let came = |status, body| Exchange::Answered { status, body };
    let own = |code: Option<&str>| Body::Error(ErrorBody { kind: "k".to_owned(), code: code.map(str::to_owned) });
    for (exchange, told, agrees) in [
        (came(400, own(None)), error(400, "k", None), true),
        (came(400, own(Some("c"))), error(400, "k", Some("c")), true),
        (came(400, own(Some("c"))), error(400, "k", None), false),
        (came(400, own(None)), error(404, "k", None), false),
        (came(400, own(None)), error(400, "not_found_error", None), false),
        (came(404, Body::Page), error(404, "not_found_error", None), false),
        (came(404, Body::Page), error(404, "", None), true),
        (came(200, Body::Json), error(404, "k", None), false),
        (Exchange::Unanswered, error(404, "k", None), false),
        (Exchange::NotSent, error(404, "k", None), false),
        (Exchange::NotSent, json!({ "denied": "x" }), true),
        (came(200, Body::Json), json!({ "decode": { "status": 200, "path": "a", "expected": "b" } }), true),
        (came(500, Body::Json), json!({ "decode": { "status": 200, "path": "a", "expected": "b" } }), false),
    ] {
        assert_eq!(exchange.agrees_with(&told), agrees, "{exchange:?} {told}");
    }
}

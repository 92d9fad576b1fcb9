//! Whether anything was changed: text, JSON, exit code and audit log are consistent for every response.

mod panics;
mod upstream;

use super::{hostile, server::Server, server::TOKEN};
use crate::support::{self, text, type_in};
use claude_admin::audit::{Event, Filter, search};
use claude_admin::sandbox::Limits;
use claude_admin::service::{Outcome, Reply, Service};
use claude_admin_simulator::Fault;
use serde_json::{Value, json};
use std::time::Duration;
use upstream::{Upstream, response};

const WRITE: &str = "invites create grace@example.com developer --yes";
const PLANNED: &str = "workspaces update wrkspc_1 --name Lab --yes";
const READ: &str = "users list";
const SENTENCES: [&str; 5] = [
    "Nothing was sent.",
    "Nothing was changed.",
    "A change was made.",
    "The change was probably made; this is not certain.",
    "It is not known whether anything was changed.",
];
const PAGE: &str = "<!DOCTYPE html><title>Just a moment...</title>";

fn api_error(code: Option<&str>) -> String {
    let mut error = json!({ "type": "error", "error": { "type": "some_error", "message": "no" } });
    if let Some(code) = code {
        error["error"]["details"] = json!({ "error_code": code, "workspace_id": "wrkspc_1" });
    }
    error.to_string()
}

fn workspace() -> String {
    json!({
        "id": "wrkspc_1", "type": "workspace", "name": "Old", "created_at": "2026-01-01T00:00:00Z", "archived_at": null,
        "display_color": "#6C5BB9", "tags": {}, "external_key_id": null, "user_profile_id": null, "compartment_id": "cmp_1",
        "data_residency": {
            "workspace_geo": "us", "allowed_inference_geos": "unrestricted", "default_inference_geo": "global",
        },
    })
    .to_string()
}

/// The last outcome that is recorded of a command.
fn recorded(service: &Service, operation: &str) -> (String, Option<String>) {
    let filter = Filter { operation: Some(operation.to_owned()), ..Filter::default() };
    let found = search(service.ledger().log(), &filter, 100).unwrap().found;
    let outcome = found.into_iter().find_map(|recorded| match recorded.entry.event {
        Event::Outcome { result, changed, .. } => Some((result, changed.map(|changed| changed.as_str().to_owned()))),
        _ => None,
    });
    outcome.unwrap_or_else(|| panic!("no outcome of {operation} is recorded"))
}

/// Checks that everything that is said of a reply says the same, and returns it.
fn agreed(service: &Service, reply: &Reply, what: &str) -> (Outcome, String) {
    let envelope = reply.envelope(reply.to_json());
    let (text, outcome) = (text(reply), reply.outcome);
    let changed = envelope["changed"].as_str().unwrap().to_owned();
    let what = format!("{what}: {outcome:?} {changed}: {text}");
    assert_eq!(envelope["outcome"], outcome.as_str(), "{what}");
    assert_eq!(reply.verdict.changed().as_str(), changed, "{what}");
    assert_eq!(recorded(service, &reply.operation), (outcome.as_str().to_owned(), Some(changed.clone())), "{what}");
    if let Some(error) = envelope.get("error") {
        assert_eq!((&error["changed"], &error["outcome"]), (&envelope["changed"], &envelope["outcome"]), "{what}");
    }
    assert_eq!(changed == "unknown", outcome == Outcome::Unknown, "{what}");
    assert_eq!(outcome.exit_code() == 0, outcome == Outcome::Done, "{what}");
    let said: Vec<&str> = SENTENCES.into_iter().filter(|sentence| text.contains(sentence)).collect();
    if outcome == Outcome::Done && said.is_empty() {
        return (outcome, changed);
    }
    let fitting: &[&str] = match changed.as_str() {
        "no" => &SENTENCES[..2],
        "yes" => &SENTENCES[2..3],
        _ => &SENTENCES[3..],
    };
    assert!(said.len() == 1 && fitting.contains(&said[0]), "{what}");
    (outcome, changed)
}

async fn ends(service: &Service, line: &str, what: &str) -> (Outcome, String) {
    let reply = type_in(service, line).await;
    agreed(service, &reply, &format!("{line} {what}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn write_is_unchanged_only_after_a_refusal_of_the_api() {
    let upstream = Upstream::start().await;
    let service = upstream.service();
    for status in 100..=599_u16 {
        let refusal = [400, 401, 402, 403, 404, 409, 413, 422, 429].contains(&status);
        let mut bodies = vec![(api_error(None), refusal)];
        if refusal || status % 50 == 0 || [201, 204, 304, 408, 425, 499, 503, 529].contains(&status) {
            bodies.extend([
                (api_error(Some("a_code_of_tomorrow")), refusal && status != 409),
                (PAGE.to_owned(), false),
                (r#"{"message":"Forbidden"}"#.to_owned(), false),
                ("Bad gateway".to_owned(), false),
                (String::new(), false),
            ]);
        }
        for (body, unchanged) in bodies {
            upstream.write(response(status, &body));
            let (_, changed) = ends(&service, WRITE, &format!("{status} {body}")).await;
            assert_eq!(changed, if unchanged { "no" } else { "unknown" }, "{status} {body}");
            assert_eq!(upstream.writes(), 1, "{status}: a write is sent once");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn write_without_a_whole_response_is_unknown() {
    let upstream = Upstream::start().await;
    let service = upstream.service();
    let refusal = response(400, &api_error(None));
    for (what, response) in [
        ("nothing", String::new()),
        ("half a head", "HTTP/1.1 400 Bad".to_owned()),
        ("half a body", refusal[..refusal.len() - 5].to_owned()),
        ("no HTTP", "SSH-2.0-OpenSSH_9.9\r\n".to_owned()),
        (
            "a switch of protocols",
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n".to_owned(),
        ),
        ("information only", "HTTP/1.1 103 Early Hints\r\n\r\n".to_owned()),
        ("half a success", "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"id\":".to_owned()),
    ] {
        upstream.write(response);
        assert_eq!(ends(&service, WRITE, what).await, (Outcome::Unknown, "unknown".to_owned()), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_read_for_a_plan_or_a_lookup_changes_nothing() {
    let upstream = Upstream::start().await;
    let service = upstream.service();
    upstream.write(response(200, "{}"));
    let statuses = [101, 200, 204, 301, 307, 400, 401, 403, 404, 408, 409, 425, 429, 499, 500, 502, 503, 529];
    let mut responses = vec![String::new(), "HTTP/1.1 500 Err".to_owned()];
    for status in statuses {
        responses.extend([api_error(None), PAGE.to_owned(), String::new()].map(|body| response(status, &body)));
    }
    for response in responses {
        upstream.get(response.clone());
        for line in [PLANNED, READ, "invites delete invite_1 --dry-run", "users update ada@example.com developer --yes"]
        {
            let (outcome, changed) = ends(&service, line, &response).await;
            assert_eq!(changed, "no", "{line} {response}");
            assert_ne!(outcome, Outcome::Unknown, "{line} {response}");
        }
    }
    assert_eq!(upstream.writes(), 0, "no write was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn page_of_a_proxy_removes_nothing() {
    let upstream = Upstream::start().await;
    let service = upstream.service();
    upstream.get(response(404, PAGE));
    let (outcome, _) = ends(&service, "invites delete invite_1 --yes", "plan").await;
    assert_eq!(outcome, Outcome::Failed);
    let own = json!({ "type": "error", "error": { "type": "not_found_error", "message": "no" } }).to_string();
    upstream.get(response(404, &own));
    let gone = ends(&service, "invites delete invite_1 --yes", "plan").await;
    assert_eq!(gone, (Outcome::Done, "no".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn declared_code_says_what_was_changed() {
    let upstream = Upstream::start().await;
    let service = upstream.service();
    upstream.get(response(200, &workspace()));
    for (line, status, code, outcome, changed, words) in [
        ("workspaces create Lab --yes", 503, "workspace_created_incomplete", Outcome::Partial, "yes", "wrkspc_1"),
        (PLANNED, 503, "change_outcome_unknown", Outcome::Unknown, "unknown", "Run the same command again"),
        (PLANNED, 409, "workspace_changed_concurrently", Outcome::Unknown, "unknown", "Show the workspace"),
        (PLANNED, 503, "authorization_check_unavailable", Outcome::Failed, "no", "Wait and run the command again"),
    ] {
        upstream.write(response(status, &api_error(Some(code))));
        let reply = type_in(&service, line).await;
        assert_eq!(agreed(&service, &reply, code), (outcome, changed.to_owned()), "{code}");
        assert!(text(&reply).contains(words) && text(&reply).contains(code), "{}", text(&reply));
    }
    upstream.write(response(409, &api_error(Some("storage_attached_during_archive"))));
    let asked = type_in(&service, "workspaces archive wrkspc_1 --reason closed").await;
    let reply = support::type_as(&service, &support::bob(), &format!("approve {}", asked.operation)).await;
    assert_eq!(reply.outcome, Outcome::Partial, "{}", text(&reply));
    assert_eq!(reply.envelope(reply.to_json())["changed"], "yes");
    assert!(text(&reply).contains("The workspace is archived"), "{}", text(&reply));
    assert_eq!(recorded(&service, &asked.operation), ("partial".to_owned(), Some("yes".to_owned())));
    let status = type_in(&service, &format!("status {}", asked.operation)).await;
    assert_eq!(status.data.as_ref().unwrap()["changed"], "yes");
    assert!(!text(&status).contains("Nothing was changed"), "{}", text(&status));
}

#[tokio::test(flavor = "multi_thread")]
async fn status_of_an_unknown_write_says_what_its_target_shows() {
    let upstream = Upstream::start().await;
    let service = upstream.service();
    upstream.get(response(200, &workspace()));
    upstream.write(response(502, PAGE));
    let reply = type_in(&service, PLANNED).await;
    assert_eq!(agreed(&service, &reply, "write"), (Outcome::Unknown, "unknown".to_owned()));
    let line = format!("status {}", reply.operation);
    let unchanged = type_in(&service, &line).await;
    assert!(text(&unchanged).contains("probably not made"), "{}", text(&unchanged));
    upstream.get(response(200, &workspace().replace("Old", "Lab")));
    let made = type_in(&service, &line).await;
    assert!(text(&made).contains("The change was probably made; this is not certain."), "{}", text(&made));
    for reply in [unchanged, made] {
        assert!(text(&reply).contains("It is not known whether anything was changed."), "{}", text(&reply));
        assert!(!text(&reply).contains("Nothing was changed"), "{}", text(&reply));
        assert_eq!(reply.data.as_ref().unwrap()["changed"], "unknown");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn false_result_of_a_component_is_ignored() {
    let simulator = support::simulator().await;
    let limits = Limits { wasm_time: Duration::from_millis(500), ..hostile::tight() };
    let service = support::service_with(hostile::load(&simulator, limits), support::OPEN_POLICY, &[]);
    for (line, sent, outcome, changed) in [
        ("hostile claim silent-ok --yes", 0, Outcome::Failed, "no"),
        ("hostile claim silent-refused --yes", 0, Outcome::Failed, "no"),
        ("hostile claim silent-other --yes", 0, Outcome::Failed, "no"),
        ("hostile claim silent-crash --yes", 0, Outcome::Failed, "no"),
        ("hostile claim sent-ok --yes", 1, Outcome::Done, "yes"),
        ("hostile claim sent-refused --yes", 1, Outcome::Unknown, "unknown"),
        ("hostile claim sent-forbidden --yes", 1, Outcome::Unknown, "unknown"),
        ("hostile claim sent-blocked --yes", 1, Outcome::Unknown, "unknown"),
        ("hostile claim sent-other --yes", 1, Outcome::Unknown, "unknown"),
        ("hostile claim sent-crash --yes", 1, Outcome::Unknown, "unknown"),
        ("hostile claim sent-spin --yes", 1, Outcome::Unknown, "unknown"),
        ("hostile claim twice-ok --yes", 1, Outcome::Unknown, "unknown"),
    ] {
        simulator.clear_requests();
        let (found, said) = ends(&service, line, "lies").await;
        assert_eq!((found, said.as_str()), (outcome, changed), "{line}");
        assert_eq!(support::writes(&simulator).len(), sent, "{line}");
    }
    // The API rejects the request, and the component reports success.
    let refused = json!({ "effect": { "status": { "code": 400 } } });
    simulator.inject(serde_json::from_value::<Fault>(refused).unwrap());
    assert_eq!(ends(&service, "hostile claim sent-ok --yes", "refused").await, (Outcome::Failed, "no".to_owned()));
    // The API does not say what it did, and the component says that the member does not exist.
    let broken = json!({ "effect": { "status": { "code": 500 } } });
    simulator.inject(serde_json::from_value::<Fault>(broken).unwrap());
    for (target, sent, outcome, changed) in
        [("silent", 0, Outcome::Failed, "no"), (support::MEMBER, 1, Outcome::Unknown, "unknown")]
    {
        simulator.clear_requests();
        let asked = type_in(&service, &format!("hostile claim-gone {target} --reason x")).await;
        let reply = support::type_as(&service, &support::bob(), &format!("approve {}", asked.operation)).await;
        assert_eq!(agreed(&service, &reply, target), (outcome, changed.to_owned()), "{target}");
        assert_eq!(support::writes(&simulator).len(), sent, "{target}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_removal_ends_alike_by_id_and_address() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    for target in ["user_01GoneGoneGoneGoneGoneGo", "gone@example.com"] {
        let reply = type_in(&service, &format!("users remove {target} --reason left")).await;
        let ended = agreed(&service, &reply, target);
        assert_eq!(ended, (Outcome::Done, "no".to_owned()), "{}", text(&reply));
        assert!(text(&reply).contains("Nothing was changed."), "{}", text(&reply));
        assert_eq!(reply.to_json()["changed"], "no", "a program can tell it from a removal");
    }
    assert!(support::writes(&simulator).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn wait_of_the_api_reaches_clients_of_the_http_api() {
    let server = Server::start().await;
    let ask = |line: &'static str| {
        let body = json!({ "command": line }).to_string();
        server.send(
            http::Request::post(format!("http://{}/v1/commands", server.address))
                .header("authorization", format!("Bearer {TOKEN}"))
                .body(http_body_util::Full::from(body))
                .unwrap(),
        )
    };
    let inject = |fault: Value| server.simulator.inject(serde_json::from_value::<Fault>(fault).unwrap());
    inject(json!({ "effect": { "status": { "code": 429, "retry_after": 3600 } } }));
    let limited = ask("users list").await;
    assert_eq!((limited.status.as_u16(), limited.headers["retry-after"].to_str().unwrap()), (429, "3600"));
    assert!(limited.body.contains("Try again in 3600 seconds"), "{}", limited.body);
    // A write that might have been done is not to be sent again.
    inject(json!({ "method": "POST", "effect": { "status": { "code": 529, "retry_after": 3 } } }));
    let unknown = ask("invites create grace@example.com developer --yes").await;
    let answer: Value = serde_json::from_str(&unknown.body).unwrap();
    assert_eq!((unknown.status.as_u16(), &answer["changed"]), (502, &json!("unknown")));
    assert!(!unknown.headers.contains_key("retry-after"), "{:?}", unknown.headers);
}

/// The files of a folder and of those in it.
fn sources(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn sentences_about_changes_are_written_in_one_file() {
    let mut files = Vec::new();
    for folder in ["chat/src", "gateway/src", "host"] {
        sources(&support::workspace().join(folder), &mut files);
    }
    let others = [claude_admin_chat::NO_CHANGES_YET, claude_admin_chat::CHANGED_NOTHING];
    let mut found = Vec::new();
    // The demo and tests say what they expect.
    for file in files
        .iter()
        .filter(|file| !file.ends_with("verdict.rs") && !file.ends_with("demo/tour.rs") && !file.ends_with("tests.rs"))
    {
        let text = std::fs::read_to_string(file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let written = SENTENCES.iter().chain(&others).find(|sentence| line.contains(**sentence));
            found.extend(written.map(|sentence| format!("{}: {sentence}", file.display())));
        }
    }
    assert!(found.is_empty(), "take the sentence from `Verdict`: {found:#?}");
}

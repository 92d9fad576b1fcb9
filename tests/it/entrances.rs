//! Every entrance for text from outside: the same text has the same result at each of them, no secret is in a response,
//! a log or the audit log, and each recorded entry can be read again.

use super::server::{SECRET, Server, TOKEN, form, now};
use crate::support::{self, log_of};
use claude_admin::audit::Entry;
use claude_admin::command::Markup;
use claude_admin::frontend::{mcp, slack::sign};
use claude_admin::identity::{Place, Principal};
use claude_admin::service::{Input, Outcome, Request, Service};
use claude_admin_chat::is_hidden;
use http::StatusCode;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};

/// A secret, and its end, which no output can contain.
const KEY: &str = "sk-ant-admin01-LEAKED";
const TAIL: &str = "LEAKED";

/// The secret as it is, and in every disguise: each kind of hidden character at several places, wide letters, other
/// dashes.
fn disguises() -> Vec<String> {
    // There are thousands of tags, of which some are enough.
    let tags = |c: &char| u32::from(*c) < 0xE0000 || u32::from(*c) % 61 == 1;
    // Every character is tried where secrets are looked for; here, one of each kind.
    let hidden = (char::MIN..=char::MAX).filter(|c| is_hidden(*c)).filter(tags).step_by(5);
    let mut all: Vec<String> = hidden
        .enumerate()
        .map(|(number, c)| {
            let mut key = KEY.to_owned();
            key.insert([1, 2, 3, 6, 7, 10][number % 6], c);
            key
        })
        .collect();
    all.extend(
        [KEY, "ｓk-ant-admin01-LEAKED", "sk‑ant–admin01-LEAKED", "s\u{301}k-ant-admin01-LEAKED"].map(str::to_owned),
    );
    all
}

/// The log of the host.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A client of the Model Context Protocol.
struct Model {
    lines: tokio::io::Lines<BufReader<DuplexStream>>,
    writer: DuplexStream,
    number: u64,
}

impl Model {
    async fn start(service: Arc<Service>) -> Self {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let (answers, reader) = tokio::io::duplex(1 << 20);
        let principal = Principal::local("ada").unwrap();
        tokio::spawn(mcp::serve(service, principal, theirs, answers));
        let mut model = Self { lines: BufReader::new(reader).lines(), writer: ours, number: 0 };
        let hello =
            json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
        model.ask("initialize", hello).await;
        model.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        model
    }

    async fn say(&mut self, message: &Value) {
        self.writer.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    async fn ask(&mut self, method: &str, params: Value) -> String {
        self.number += 1;
        let request = json!({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params});
        self.say(&request).await;
        self.lines.next_line().await.unwrap().unwrap()
    }

    async fn call(&mut self, name: &str, arguments: Value) -> String {
        self.ask("tools/call", json!({"name": name, "arguments": arguments})).await
    }
}

/// A body in which the secret is written with an escape of JSON.
fn escaped(body: &str) -> String {
    body.replacen("sk", "\\u0073k", 1).replacen("-ant", "\\u002dant", 1)
}

/// Gives a text to every entrance, in every position. Returns all responses.
async fn give(server: &Server, model: &mut Model, text: &str) -> Vec<String> {
    let mut answers = Vec::new();
    let bodies = [
        json!({"command": format!("workspaces create {text} --dry-run")}),
        json!({"command": text}),
        json!({"command": "whoami", text: 1}),
        json!({"op": "workspaces.create", "args": {"name": text}, "dry_run": true}),
        json!({"op": "workspaces.create", "args": {text: "x"}, "dry_run": true}),
        json!({"op": "workspaces.create", "args": {"name": "x", "tags": {text: "x", "a": [text]}}, "dry_run": true}),
        json!({"op": text, "args": {}}),
        json!({"op": "users.list", "output": text}),
        json!({"op": "users.list", "reason": text}),
        json!({"op": "managed-settings.update-default", "args": {"settings": {"a": [{"b": text}]}}, "dry_run": true}),
        json!([text]),
        json!({"command": {"a": text}}),
    ];
    for body in bodies {
        let body = body.to_string();
        answers.push(server.http(Some(TOKEN), &body).await.body);
        answers.push(server.http(Some(TOKEN), &escaped(&body)).await.body);
    }
    let percent: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
    answers.push(server.http_to(&format!("/v1/actions/{percent}"), "{}", &[]).await.body);
    answers.push(server.operation(TOKEN, &percent).await.body);
    answers.push(server.operation(TOKEN, &format!("x?wait={percent}")).await.body);
    let ascii: String = text.chars().filter(|c| matches!(c, ' '..='~')).collect();
    answers.push(server.http_to("/v1/commands", "{}", &[("idempotency-key", &ascii)]).await.body);
    let bearer = format!("Bearer {ascii}");
    answers.push(server.http_with("/v1/commands", "{}", &[("authorization", &bearer)]).await.body);

    let typed = format!("workspaces create {text} --dry-run");
    let forms = [
        form("WRITER", &typed, &[]),
        form(text, "whoami", &[]),
        form("WRITER", "whoami", &[(text, "x"), (text, "y")]),
        form("WRITER", "whoami", &[]).replace("team_id=T1", &format!("team_id={percent}")),
        form("WRITER", "whoami", &[]).replace("channel_id=C1", &format!("channel_id={percent}")),
        form("WRITER", "whoami", &[]).replace("api_app_id=A1", &format!("api_app_id={percent}")),
        form("WRITER", "whoami", &[("trigger_id", text)]),
    ];
    for form in forms {
        answers.push(server.post_signed(&form, now()).await.body);
    }
    let click = |user: Value, value: &str| {
        json!({
            "type": "block_actions", "api_app_id": "A1", "user": user, "team": {"id": "T1"}, "channel": {"id": "C1"},
            "actions": [{"action_id": value, "value": value, "action_ts": fastrand::u64(..).to_string()}],
        })
    };
    for payload in [click(json!({"id": text}), "x"), click(json!(text), "x"), click(json!({"id": "U1"}), text)] {
        let mut body = form_urlencoded::Serializer::new(String::new());
        let body = body.append_pair("payload", &payload.to_string()).finish();
        let (at, path) = (now(), "/slack/interactions");
        let (signature, time) = (sign(SECRET.as_bytes(), at, body.as_bytes()), at.to_string());
        let headers = [("x-slack-request-timestamp", time.as_str()), ("x-slack-signature", signature.as_str())];
        answers.push(server.post_slack_to(path, &body, &headers).await.body);
    }

    for words in
        [vec!["workspaces", "create", text, "--dry-run"], vec![text], vec!["users", "list", "--frobnicate", text]]
    {
        let input = Input::Words(words.into_iter().map(str::to_owned).collect());
        let (principal, place) = (Principal::local("ada").unwrap(), Place::terminal());
        let reply = server.service.handle(Request { principal, place, input, delivery: None, format: None }).await;
        answers.push(format!("{} {}", support::text(&reply), reply.to_json()));
    }

    answers.push(model.call("workspaces_create", json!({"name": text, "dry_run": true})).await);
    answers.push(model.call("workspaces_create", json!({text: "x"})).await);
    answers.push(model.call(text, json!({})).await);
    answers.push(model.call("status", json!({text: "x"})).await);
    answers.push(model.call("status", json!({"operation": text})).await);
    answers
}

#[tokio::test]
async fn secret_in_any_disguise_is_in_no_answer_and_no_log() {
    let logged = Logged::default();
    let writer = logged.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    // With a single dispatcher, a callsite asks the thread that comes first, which can be that of another test without
    // one.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let server = Server::start().await;
    let mut model = Model::start(Arc::clone(&server.service)).await;
    for text in disguises() {
        for answer in give(&server, &mut model, &text).await {
            assert!(!answer.contains(TAIL), "{text:?}: {answer}");
        }
    }
    // Texts of the upstream are shown and recorded too.
    for text in [KEY, "s\u{200B}k-ant-admin01-LEAKED"] {
        let effect = json!({"status": {"code": 400, "message": format!("bad key {text}")}});
        server.simulator.inject(serde_json::from_value(json!({"times": 1, "effect": effect})).unwrap());
        let answer = server.http(Some(TOKEN), r#"{"command": "users list"}"#).await;
        assert!(answer.body.contains("bad key [redacted]") && !answer.body.contains(TAIL), "{}", answer.body);
    }
    assert!(!log_of(&server.service).contains(TAIL));
    let logged = String::from_utf8(logged.0.lock().unwrap().clone()).unwrap();
    let line = logged.lines().find(|line| line.contains(TAIL) && line.contains("claude_admin"));
    assert_eq!(line, None);
    let is_of_the_host = |line: &str| line.contains("claude_admin::service") && line.contains("received");
    assert!(logged.lines().any(is_of_the_host), "the log is looked at");
    server.stop().await;
}

/// Identities that no text form reads back, or that are secrets.
const BAD_IDS: [&str; 9] = ["U/x", "U A", "", "U*", "U:1", "U\u{200B}1", "xoxb-1-LEAKED", "é", "U\n1"];

#[tokio::test]
async fn unparsable_identity_is_invalid_and_nothing_is_recorded() {
    let server = Server::start().await;
    let long = "U".repeat(300);
    for bad in BAD_IDS.into_iter().chain([long.as_str()]) {
        let before = log_of(&server.service);
        let encoded: String = bad.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for field in ["user_id=WRITER", "team_id=T1", "channel_id=C1"] {
            let name = field.split('=').next().unwrap();
            // A command can come without a channel.
            if bad.is_empty() && name == "channel_id" {
                continue;
            }
            let body = form("WRITER", "whoami", &[]).replace(field, &format!("{name}={encoded}"));
            let answer = server.post_signed(&body, now()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name} {bad:?}: {}", answer.body);
        }
        for (pointer, value) in [("/user/id", bad), ("/user/team_id", bad), ("/channel/id", bad)] {
            let mut payload = json!({
                "type": "block_actions", "api_app_id": "A1", "user": {"id": "U1", "team_id": "T1"}, "team": {"id": "T1"},
                "channel": {"id": "C1"}, "actions": [{"action_id": "claude-admin:approve", "value": "x", "action_ts": "1"}],
            });
            *payload.pointer_mut(pointer).unwrap() = json!(value);
            payload["nonce"] = json!(fastrand::u64(..));
            let mut body = form_urlencoded::Serializer::new(String::new());
            let body = body.append_pair("payload", &payload.to_string()).finish();
            let answer = server.post_signed_to("/slack/interactions", &body, now()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{pointer} {bad:?}: {}", answer.body);
        }
        assert_eq!(log_of(&server.service), before, "{bad:?} is recorded");
        assert!(Principal::http(bad).is_err() && Principal::local(bad).is_err());
    }
    server.stop().await;
}

#[tokio::test]
async fn nesting_that_cannot_be_read_back_is_denied_at_every_entrance() {
    let server = Server::start().await;
    let mut model = Model::start(Arc::clone(&server.service)).await;
    let nested = |levels: usize| (1..levels).fold(json!({"a": 1}), |inner, _| json!({ "a": inner }));
    for levels in [60, 65, 100, 120] {
        let settings = nested(levels);
        let op = "managed-settings.update-default";
        let body = json!({"op": op, "args": {"settings": settings}, "yes": true, "reason": "x"}).to_string();
        let answer = server.http(Some(TOKEN), &body).await;
        let typed = format!("managed-settings update-default --settings '{settings}' --yes --reason x");
        let line = server.http(Some(TOKEN), &json!({ "command": typed }).to_string()).await;
        let tool = model.call("managed-settings_update-default", json!({"settings": settings, "reason": "x"})).await;
        if levels > 64 {
            for (status, body) in [(answer.status, &answer.body), (line.status, &line.body)] {
                assert_eq!(status, StatusCode::BAD_REQUEST, "{levels}: {body}");
                assert!(body.contains("nested more than 64 levels deep"), "{levels}: {body}");
            }
            assert!(tool.contains("nested more than 64 levels deep") || tool.contains("error"), "{tool}");
        } else {
            assert_ne!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
        }
    }
    for line in log_of(&server.service).lines() {
        let entry = Entry::from_record(line).unwrap();
        if let claude_admin::audit::Event::Requested { pending, .. } = &entry.event {
            serde_json::from_str::<claude_admin::decision::operation::Pending>(pending).expect("it is read again");
        }
    }
    server.stop().await;
}

/// Whether an entrance accepts a name, and the value that it uses.
async fn verdicts(server: &Server, model: &mut Model, name: &str) -> Vec<(&'static str, Result<String, Outcome>)> {
    let taken =
        |value: &Value| value.pointer("/plan/steps/0/arguments/name").and_then(Value::as_str).map(str::to_owned);
    let read = |body: &str| {
        let value: Value = serde_json::from_str(body).unwrap();
        taken(&value["result"]).ok_or(Outcome::Usage)
    };
    let typed = json!({"command": format!("workspaces create \"{name}\" --dry-run")}).to_string();
    let typed = server.http(Some(TOKEN), &typed).await;
    let operation = json!({"op": "workspaces.create", "args": {"name": name}, "dry_run": true}).to_string();
    let operation = server.http(Some(TOKEN), &operation).await;
    let words = ["workspaces", "create", name, "--dry-run"].map(str::to_owned).to_vec();
    let line = format!("workspaces create \"{name}\" --dry-run");
    let mut replies = Vec::new();
    for (what, input) in [("words", Input::Words(words)), ("slack", Input::Text { line, markup: Markup::Slack })] {
        let (principal, place) = (Principal::http("ci").unwrap(), Place::terminal());
        let reply = server.service.handle(Request { principal, place, input, delivery: None, format: None }).await;
        replies.push((what, reply.data.as_ref().and_then(taken).ok_or(reply.outcome)));
    }
    let tool: Value =
        serde_json::from_str(&model.call("workspaces_create", json!({"name": name, "dry_run": true})).await).unwrap();
    let tool = taken(&tool["result"]["structuredContent"]["result"]).ok_or(Outcome::Usage);
    replies.extend([("typed", read(&typed.body)), ("operation", read(&operation.body)), ("tool", tool)]);
    replies
}

#[tokio::test]
async fn name_has_one_verdict_at_every_entrance() {
    let server = Server::start().await;
    let mut model = Model::start(Arc::clone(&server.service)).await;
    for (name, expected) in [
        ("Production", Some("Production")),
        ("🧑‍💻", Some("🧑‍💻")),
        ("❤️‍🔥 1️⃣", Some("❤️‍🔥 1️⃣")),
        ("می‌خواهم", Some("می‌خواهم")),
        ("Zoe\u{301}", Some("Zo\u{e9}")),
        ("a\u{A0}b", Some("a b")),
        ("R&D", Some("R&D")),
        ("a\u{200B}b", None),
        ("a\u{202E}b", None),
        ("a\u{FE0F}b", None),
        ("a\u{200D}b", None),
        ("a\u{2028}b", None),
        ("a\u{3164}b", None),
        ("a\u{E0041}b", None),
        ("a\u{1B}[31mb", None),
        ("a\nb", None),
    ] {
        for (entrance, verdict) in verdicts(&server, &mut model, name).await {
            // The principal of the tool cannot create objects, so only the errors about the text are compared.
            if entrance == "tool" && expected.is_some() {
                continue;
            }
            let expected = expected.map(str::to_owned).ok_or(Outcome::Usage);
            assert_eq!(verdict, expected, "{name:?} at {entrance}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn smart_punctuation_means_the_same_at_every_entrance() {
    let server = Server::start().await;
    let reason = |reply: &claude_admin::service::Reply| reply.error.as_ref().map(|error| error["waiting"].to_string());
    for line in [
        "users remove user_01fTPAarejCcux4jybAuxoiu —reason=“left”",
        "users remove user_01fTPAarejCcux4jybAuxoiu —reason “left”",
        "users remove user_01fTPAarejCcux4jybAuxoiu ––reason=‘left’",
        "users remove user_01fTPAarejCcux4jybAuxoiu --reason=„left”",
        "users remove user_01fTPAarejCcux4jybAuxoiu --reason=«left»",
        "users remove user_01fTPAarejCcux4jybAuxoiu --reason=left",
    ] {
        let words = line.split(' ').map(str::to_owned).collect();
        for input in [
            Input::Text { line: line.to_owned(), markup: Markup::None },
            Input::Text { line: line.to_owned(), markup: Markup::Slack },
            Input::Words(words),
        ] {
            let (principal, place) = (Principal::http("ci").unwrap(), Place::terminal());
            let reply = server.service.handle(Request { principal, place, input, delivery: None, format: None }).await;
            assert_eq!(reply.outcome, Outcome::Waiting, "{line}: {}", support::text(&reply));
            assert!(reason(&reply).is_some());
            assert!(
                support::text(&reply).contains("Reason      left\n") || support::text(&reply).contains("left"),
                "{line}"
            );
            let id = reply.operation.clone();
            let (principal, place) = (Principal::http("ci").unwrap(), Place::terminal());
            let input = Input::Text { line: format!("status {id}"), markup: Markup::None };
            let status = server.service.handle(Request { principal, place, input, delivery: None, format: None }).await;
            assert_eq!(status.data.as_ref().unwrap()["reason"], "left", "{line}");
        }
    }
    // A body with a byte order mark is the body.
    let body = format!("\u{FEFF}{}", json!({"command": "whoami"}));
    assert_eq!(server.http(Some(TOKEN), &body).await.status, StatusCode::OK);
    server.stop().await;
}

//! Secrets: only the requester receives a response that contains a secret, and a secret argument is recorded nowhere.

mod arguments;

use super::raw_upstream::{RawUpstream, response};
use super::server::{Server, TOKEN};
use crate::support::{self, bob, limits, log_of, says, text, type_as, type_in, until};
use claude_admin::command::{self, Command, Format, Invocation, Markup, Options, Reason};
use claude_admin::egress::Credentials;
use claude_admin::identity::{Place, Principal};
use claude_admin::service::{Input, Outcome, Reply, Request, Service};
use claude_admin_catalog::{Action, Catalog};
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// All users can run everything, without approvals.
const ALONE: &str = r#"@id("all") permit(principal, action, resource);"#;
/// All users can run everything; every write requires an auditor.
const APPROVED: &str = r#"@id("all") @approvals("1") @from("auditors") permit(principal, action, resource);"#;
const AUDITORS: [(&str, &[&str]); 1] = [("auditors", &["http:auditor"])];

fn places() -> [(Principal, Place); 4] {
    [
        (Principal::http("bot").unwrap(), Place::http()),
        (Principal::local("ada").unwrap(), Place::terminal()),
        (Principal::slack("T1", "U1").unwrap(), Place::slack("T1", Some("C1")).unwrap()),
        (Principal::local("ada").unwrap(), Place::mcp()),
    ]
}

const FORMATS: [Option<Format>; 5] =
    [None, Some(Format::Text), Some(Format::Json), Some(Format::Csv), Some(Format::Markdown)];

/// An example of an action as an operation.
fn example(catalog: &Catalog, action: &Action) -> (String, Map<String, Value>) {
    match command::parse(catalog, &action.examples[0], Markup::None, support::now()) {
        Ok(Command::Run(draft, _)) => {
            let Invocation { action, arguments } = draft.invocation;
            (action.id.clone(), arguments.into_iter().collect())
        }
        other => panic!("{other:?}"),
    }
}

struct Asker<'s> {
    service: &'s Service,
    principal: Principal,
    place: Place,
    format: Option<Format>,
}

impl Asker<'_> {
    async fn ask(&self, input: Input) -> Reply {
        let (principal, place, format) = (self.principal.clone(), self.place.clone(), self.format);
        self.service.handle(Request { principal, place, input, delivery: None, format }).await
    }

    async fn type_in(&self, line: String) -> Reply {
        self.ask(Input::Text { line, markup: Markup::None }).await
    }
}

/// The secrets in a response.
fn secrets(catalog: &Catalog, action: &Action, reply: &Reply) -> Vec<String> {
    fn differing(whole: &Value, without: &Value, found: &mut Vec<String>) {
        match (whole, without) {
            (Value::Object(whole), Value::Object(without)) => {
                whole.iter().for_each(|(name, value)| differing(value, &without[name], found));
            }
            (Value::String(secret), shown) if secret != shown => found.push(secret.clone()),
            _ => {}
        }
    }
    let whole = reply.to_json_with_secrets();
    let without = claude_admin::document::without_secrets(&catalog.types, action, &whole).into_owned();
    let mut found = Vec::new();
    differing(&whole, &without, &mut found);
    // A text that only says that the value is not shown is not a secret.
    found.retain(|secret| !secret.contains("(not shown)"));
    found
}

/// All output of a reply, in every format.
fn shown(reply: &Reply) -> String {
    let card = reply.card.as_ref().map(claude_admin::render::text).unwrap_or_default();
    format!("{} {card} {} {:?}", text(reply), reply.to_json_with_secrets(), reply.command)
}

/// Runs an action in one way. Returns the last reply to its requester, and all replies to other users.
async fn run(asker: &Asker<'_>, id: &str, arguments: &Map<String, Value>, at_once: bool) -> (Reply, Vec<Reply>) {
    let reason = Some(Reason::new("a test").unwrap());
    let options = Options { yes: at_once, reason, ..Options::default() };
    let (id, arguments) = (id.to_owned(), arguments.clone());
    let mut reply = asker.ask(Input::Operation { id, arguments, options }).await;
    let mut others = Vec::new();
    if reply.outcome == Outcome::Waiting {
        let id = reply.operation.clone();
        let (principal, place) = (Principal::http("auditor").unwrap(), Place::http());
        let auditor = Asker { service: asker.service, principal, place, format: Some(Format::Json) };
        others.push(auditor.type_in(format!("approve {id}.1")).await);
        reply = asker.type_in(format!("confirm {id}.1")).await;
        others.push(auditor.type_in(format!("confirm {id}.1")).await);
        others.push(auditor.type_in(format!("status {id}")).await);
        others.push(asker.type_in(format!("status {id}")).await);
    }
    (reply, others)
}

#[tokio::test(flavor = "multi_thread")]
async fn secret_reaches_exactly_its_requester_or_no_request_is_sent() {
    let mut delivered = 0;
    for (policy, at_once) in [(ALONE, true), (ALONE, false), (APPROVED, true)] {
        let (simulator, service) = support::host(policy, &AUDITORS).await;
        let catalog = service.catalog().clone();
        for action in catalog.actions.iter().filter(|action| action.sensitive) {
            for (principal, place) in places() {
                for format in FORMATS {
                    let (id, arguments) = example(&catalog, action);
                    let before = simulator.requests().len();
                    let asker = Asker { service: &service, principal: principal.clone(), place: place.clone(), format };
                    let (reply, others) = run(&asker, &id, &arguments, at_once).await;
                    let what = format!("{} in {place} as {format:?}: {}", action.id, text(&reply));
                    let found = secrets(&catalog, action, &reply);
                    if found.is_empty() {
                        let ended = matches!(reply.outcome, Outcome::Denied);
                        assert!(ended && text(&reply).contains("Nothing was sent."), "{what}");
                        assert_eq!(simulator.requests().len(), before, "{what}");
                        assert!(text(&reply).contains("json"), "it names what can carry it: {what}");
                        continue;
                    }
                    delivered += 1;
                    reply.secret.as_ref().unwrap().delivered();
                    let log = log_of(&service);
                    for secret in found {
                        assert!(others.iter().all(|other| !shown(other).contains(&secret)), "{what}");
                        assert!(!log.contains(&secret), "{what}");
                        assert!(!text(&reply).contains(&secret), "only JSON has it: {what}");
                    }
                }
            }
        }
    }
    assert!(delivered > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn secret_that_was_not_delivered_is_reported_as_lost() {
    let (_simulator, service) = support::host(ALONE, &[]).await;
    let (principal, place) = (Principal::http("bot").unwrap(), Place::http());
    let asker = Asker { service: &service, principal, place, format: Some(Format::Json) };
    let line = "webhooks create external_key.failed https://hooks.example.com/claude --yes";
    let reply = asker.type_in(line.to_owned()).await;
    assert!(reply.secret.is_some());
    let id = reply.operation.clone();
    let status = asker.type_in(format!("status {id}")).await;
    says(&status, Outcome::Done, &["It was sent once, to http:bot", "webhooks rotate-secret"]);
    drop(reply);
    service.finish().await;
    let status = asker.type_in(format!("status {id}")).await;
    says(&status, Outcome::Done, &["It is lost", "webhooks rotate-secret"]);
    assert_eq!(status.data.as_ref().unwrap()["secret"]["lost"], true);
    assert!(log_of(&service).contains(r#""kind":"undelivered""#));
}

#[tokio::test(flavor = "multi_thread")]
async fn secret_for_a_disconnected_client_is_recorded_as_undelivered() {
    let server = Server::start().await;
    // Over HTTP, a connected client gets the secret once, and `status` never shows it.
    let body = json!({"command": "webhooks create external_key.failed https://hooks.example.com/a --yes"}).to_string();
    let answer = server.http(Some(TOKEN), &body).await.json();
    let secret = answer["result"]["signing_secret"].as_str().unwrap().to_owned();
    let status = json!({"command": format!("status {}", answer["operation_id"].as_str().unwrap())}).to_string();
    let status = server.http(Some(TOKEN), &status).await;
    assert!(!status.body.contains(&secret));
    assert_eq!(status.json()["result"]["secret"]["lost"], false, "{}", status.body);

    // Without a delay, the response could be written before the host detects that the client has disconnected.
    server.simulator.inject(serde_json::from_value(json!({"method": "POST", "delay_ms": 2000})).unwrap());
    let body = json!({"command": "webhooks create external_key.failed https://hooks.example.com/b --yes"}).to_string();
    let head = format!(
        "POST /v1/commands HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // A connection that ends before its request was read causes no write at all. So the client disconnects after the
    // write.
    until("the second write", async || support::writes(&server.simulator).len() == 2).await;
    drop(stream);
    until("the loss is recorded", async || log_of(&server.service).contains(r#""kind":"undelivered""#)).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn approver_never_receives_a_secret_and_the_requester_confirms() {
    let (simulator, service) = support::host(APPROVED, &AUDITORS).await;
    let (principal, place) = (Principal::http("bot").unwrap(), Place::http());
    let asker = Asker { service: &service, principal, place, format: Some(Format::Json) };
    let auditor = Asker {
        service: &service,
        principal: Principal::http("auditor").unwrap(),
        place: Place::http(),
        format: Some(Format::Json),
    };
    let line = "webhooks create external_key.failed https://hooks.example.com/claude --reason x";
    let id = asker.type_in(line.to_owned()).await.operation;
    let approved = auditor.type_in(format!("approve {id}.1")).await;
    says(&approved, Outcome::Waiting, &["http:bot can `confirm"]);
    assert_eq!(support::writes(&simulator), Vec::<String>::new(), "an approval does not run it");
    let done = asker.type_in(format!("confirm {id}.1")).await;
    assert!(done.to_json_with_secrets()["signing_secret"].as_str().unwrap().starts_with("whsec_"));
    says(&auditor.type_in(format!("status {id}")).await, Outcome::Done, &["http:bot", "no copy is stored"]);
}

const KEY: &str = "sk-ant-admin01-simulator-0000000000000000";

fn credentials() -> Credentials {
    let key = || Some(SecretString::from(KEY));
    Credentials::new(key(), Some(SecretString::from("simulator-oauth-token-0000"))).with_scoped_key(key())
}

#[tokio::test(flavor = "multi_thread")]
async fn error_of_a_confidential_action_reaches_its_requester_only() {
    const WORDS: &str = "the-words-of-a-colleague";
    let body = json!({ "error": { "type": WORDS, "message": format!("cannot show `{WORDS} and more`") } }).to_string();
    let upstream = RawUpstream::start(move |_, _| response(400, "request-id: req_1\r\n", &body)).await;
    let service = support::service_at(&upstream.url(), credentials(), limits());
    for action in service.catalog().actions.iter().filter(|action| action.is_confidential()) {
        let planned = type_in(&service, &format!("{} --reason audit", action.examples[0])).await;
        says(&planned, Outcome::Waiting, &[]);
        let approved = type_as(&service, &bob(), &format!("approve {}", planned.operation)).await;
        let result = type_in(&service, &format!("confirm {}", planned.operation)).await;
        let status = type_as(&service, &bob(), &format!("status {}", planned.operation)).await;
        assert!(text(&result).contains(WORDS), "{}: {}", action.id, text(&result));
        let card = result.card.as_ref().map(claude_admin::render::text).unwrap_or_default();
        for shown in [shown(&approved), shown(&status), card] {
            assert!(!shown.contains(WORDS), "{}: {shown}", action.id);
        }
    }
    let log = log_of(&service);
    assert!(!log.contains(WORDS) && log.contains("status 400"), "{}", log.len());
}

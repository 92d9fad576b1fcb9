//! The HTTP API: commands as JSON, for programs.

use super::connections::unsent;
use super::idempotency;
use crate::Choice;
use crate::command::{self, Command, Format, HostCommand, Markup, Options, Reason};
use crate::decision::operation::RequestKey;
use crate::identity::{Place, Principal};
use crate::render;
use crate::sandbox::LimitKind;
use crate::service::{Input, Kept, OperationStatus, Outcome, Parsed, Reply, Request, Service, WithSecrets};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use claude_admin_chat::strict_json::Object;
use claude_admin_chat::{Verdict, outside_text, strict_json};
use http_body_util::{BodyExt, Full};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// The maximum of `wait`.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A program that can call the HTTP API.
#[derive(Debug)]
pub struct Client {
    /// Its principal (`http:NAME`).
    pub principal: Principal,
    /// Its bearer token.
    pub token: SecretString,
}

/// The HTTP frontend.
#[derive(Debug)]
pub struct Http {
    service: Arc<Service>,
    clients: Vec<Client>,
}

/// The body of a request: a typed command, or an action with its arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    command: Option<String>,
    op: Option<String>,
    #[serde(default, deserialize_with = "strict_json::distinct_keys")]
    args: Map<String, Value>,
    rows: Option<Vec<Object>>,
    yes: Option<bool>,
    #[serde(default)]
    dry_run: bool,
    reason: Option<String>,
    version: Option<u32>,
    #[serde(default)]
    all: bool,
    output: Option<String>,
}

/// The properties of a request that are known before it is handled.
struct Foreseen {
    /// Whether it can be a write, or a decision: neither should run twice.
    may_change: bool,
    /// The operation that it decides about, and the decision.
    decision: Option<(String, Choice)>,
    /// The requested format of the response.
    format: Option<Format>,
}

impl Http {
    /// Creates a frontend that authenticates requests by bearer token.
    #[must_use]
    pub fn new(service: Arc<Service>, clients: Vec<Client>) -> Self {
        Self { service, clients }
    }

    /// Handles `POST /v1/commands`.
    pub async fn command(&self, headers: &HeaderMap, body: &[u8]) -> Response {
        self.answer(headers, body, None).await
    }

    /// Handles `POST /v1/actions/ID`: as [`Self::command`], but the path names the action.
    pub async fn action(&self, id: String, headers: &HeaderMap, body: &[u8]) -> Response {
        let body = if body.trim_ascii().is_empty() { b"{}" } else { body };
        self.answer(headers, body, Some(id)).await
    }

    /// Handles `GET /v1/operations/ID`: as the command `status ID`. With `wait=30s` in the query, it first waits until the
    /// operation ended, or until its requester must confirm it.
    pub async fn operation(
        &self,
        id: String,
        query: Option<&str>,
        headers: &HeaderMap,
        stopping: &AtomicBool,
    ) -> Response {
        let client = match self.authenticated(headers).await {
            Ok(client) => client,
            Err(response) => return response,
        };
        let wait = match query.map(wait_of).transpose() {
            Ok(wait) => wait,
            Err(problem) => return bad_request(&problem),
        };
        // An error quotes the ID.
        if let Err(error) = command::refuse_secrets(&id) {
            return bad_request(&error.to_string());
        }
        if let Some(wait) = wait
            && let Err(too_many) = self.service.wait_for(&client.principal, &id, wait, stopping).await
        {
            return respond(*too_many, Format::Json);
        }
        let command = Command::Host(HostCommand::Status(Some(id.clone())));
        let parsed = Parsed::new(format!("status {id}"), command);
        respond(self.ask(&client.principal, Input::Parsed(parsed), None, Format::Json).await, Format::Json)
    }

    /// The client of a request, or the response to a request without a valid token.
    async fn authenticated(&self, headers: &HeaderMap) -> Result<&Client, Response> {
        if let Some(client) = self.client(headers) {
            return Ok(client);
        }
        self.service.refused("invalid-token").await;
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
        let problem =
            problem("unauthorized", "Send `Authorization: Bearer TOKEN` with a token from the configuration.");
        Err((StatusCode::UNAUTHORIZED, challenge, axum_json(&problem)).into_response())
    }

    async fn answer(&self, headers: &HeaderMap, body: &[u8], action: Option<String>) -> Response {
        let client = match self.authenticated(headers).await {
            Ok(client) => client,
            Err(response) => return response,
        };
        let body = match outside_text::text(body) {
            Ok(body) => body,
            Err(error) => {
                return bad_request(&format!("The body cannot be read: {error}. {}", Verdict::NotSent.sentence()));
            }
        };
        // Check before parsing, because a parse error quotes the invalid part of the body.
        if let Err(error) = command::refuse_secrets(&body) {
            return bad_request(&error.to_string());
        }
        let mut call: Call = match strict_json::object(&body) {
            Ok(call) => call,
            Err(error) => return bad_request(&format!("The body is not a command: {error}. {EXAMPLE}")),
        };
        if action.is_some() && (call.command.is_some() || call.op.is_some()) {
            return bad_request("The path names the action: remove `command` and `op` from the body.");
        }
        call.op = call.op.or(action);
        let key = match idempotency::key(headers) {
            Ok(key) => key,
            Err(problem) => return bad_request(problem),
        };
        let format = match call.output.as_deref().map(str::parse::<Format>) {
            None => None,
            Some(Ok(format)) => Some(format),
            Some(Err(())) => return bad_request(&format!("`output` must be one of {}.", Format::NAMES.join(", "))),
        };
        let reason = match call.reason.as_deref().map(Reason::new).transpose() {
            Ok(reason) => reason,
            Err(error) => return bad_request(&error.to_string()),
        };
        if call.version == Some(0) {
            return bad_request("`version` must be 1 or more.");
        }
        let yes = call.yes.unwrap_or_default();
        let fields = Options { yes, all: call.all, dry_run: call.dry_run, ..Options::default() };
        let (mut parsed, content, may_change_if_invalid) = match (call.command, call.op) {
            (Some(_), None) if reason.is_some() => {
                return bad_request("With `command`, write the reason in the command: `--reason \"…\"`.");
            }
            (Some(command), None) if call.args.is_empty() && call.rows.is_none() => {
                // A command that was copied from a response can have its backquotes.
                let line = command.trim().trim_matches('`').to_owned();
                let text = idempotency::with_flags(&line, call.version, &fields);
                let content = idempotency::of_command(&text);
                (self.service.parse_line(line, Markup::None).recorded_as(text), content, true)
            }
            (None, Some(_)) if call.version.is_some() => {
                return bad_request("`version` is allowed only with a `command` that decides about a pending request.");
            }
            (None, Some(id)) if call.rows.is_some() => {
                let (rows, options) = (call.rows.unwrap_or_default(), Options { reason, ..fields.clone() });
                let content = idempotency::of_rows(&id, &call.args, &rows, &options);
                (self.service.parse_rows(&id, &call.args, rows, options), content, !call.dry_run)
            }
            (None, Some(id)) => {
                let options = Options { reason, ..fields.clone() };
                let content = idempotency::of_operation(&id, &call.args, &options);
                let action = self.service.catalog().action(&id);
                let may_change = !call.dry_run && action.is_none_or(|action| action.writes());
                (self.service.parse_action(id, call.args, options), content, may_change)
            }
            _ => return bad_request(&format!("Give either `command`, or `op` with `args`. {EXAMPLE}")),
        };
        if let Err(problem) = with_fields(&mut parsed, &fields, call.yes, call.version) {
            return bad_request(problem);
        }
        let Foreseen { may_change, decision, format: asked } = self.foresee(&parsed, may_change_if_invalid);
        // A read runs again, so a client that missed the response gets it.
        let delivery = key.filter(|_| may_change).map(|key| idempotency::request_key(&client.principal, key, &content));
        let input = Input::Parsed(parsed);
        // The format in the command takes precedence over the format in the body.
        let format = asked.or(format).unwrap_or(Format::Json);
        let reply = self.ask(&client.principal, input, delivery, format).await;
        let Some(first) = reply.duplicate_of.clone() else { return respond(reply, format) };
        // Release the memory of this reply: the next request is a separate command.
        drop(reply);
        if !first.is_same {
            return (StatusCode::UNPROCESSABLE_ENTITY, axum_json(&problem("refused", &idempotency::another_request())))
                .into_response();
        }
        // A decision is not an operation: the response has the status of the operation that it decides about.
        let mut response = match decision {
            Some((id, choice)) => self.how_it_stands(&client.principal, &id, Some(choice), format).await,
            None => match self.service.ledger().ended(&first.operation, &client.principal).await {
                Ok(Some(ended)) => how_it_ended(&first.operation, &ended),
                Ok(None) | Err(_) => self.how_it_stands(&client.principal, &first.operation, None, format).await,
            },
        };
        response.headers_mut().insert(idempotency::REPLAYED, HeaderValue::from_static("true"));
        response
    }

    /// Returns the current status of the first request with the same key. That request began an operation or decided
    /// about one.
    async fn how_it_stands(
        &self,
        client: &Principal,
        operation: &str,
        decision: Option<Choice>,
        format: Format,
    ) -> Response {
        let command = Command::Host(HostCommand::Status(Some(operation.to_owned())));
        let parsed = Parsed::new(format!("status {operation}"), command);
        let mut status = self.ask(client, Input::Parsed(parsed), None, format).await;
        if status.outcome == Outcome::NotFound && decision.is_none() {
            return (StatusCode::CONFLICT, axum_json(&problem("conflict", &idempotency::no_known_status(operation))))
                .into_response();
        }
        if let Some(OperationStatus { state, changed }) = &status.status {
            status.outcome = idempotency::outcome_of(state, decision);
            status.verdict = changed.map_or(Verdict::Unknown, Verdict::from);
        }
        respond(status, format)
    }

    async fn ask(&self, client: &Principal, input: Input, delivery: Option<RequestKey>, format: Format) -> Reply {
        let request =
            Request { principal: client.clone(), place: Place::http(), input, delivery, format: Some(format) };
        Arc::clone(&self.service).handle_to_the_end(request).await
    }

    /// An invalid request does not run, but a later request with the same key is recognized, if it can be a write.
    fn foresee(&self, parsed: &Parsed, may_change_if_invalid: bool) -> Foreseen {
        let (mut decision, mut format) = (None, None);
        let may_change = match parsed.command.as_deref() {
            Ok(Command::Run(draft, options)) => {
                format = options.format;
                !options.dry_run && draft.invocation.action.writes()
            }
            Ok(Command::RunSeveral(_, options) | Command::Playbook(_, options)) => {
                format = options.format;
                !options.dry_run
            }
            Ok(Command::Host(HostCommand::Decide { operation, choice, .. })) => {
                decision = Some((operation.clone(), *choice));
                true
            }
            Ok(Command::Host(_) | Command::Help(_)) => false,
            Err(_) => may_change_if_invalid,
        };
        Foreseen { may_change, decision, format }
    }

    /// Compares digests, so the time of a comparison does not reveal the length or the content of a token.
    fn client(&self, headers: &HeaderMap) -> Option<&Client> {
        let (scheme, given) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let given = Sha256::digest(given.as_bytes());
        self.clients.iter().find(|client| {
            let known = Sha256::digest(client.token.expose_secret().as_bytes());
            bool::from(known.ct_eq(&given))
        })
    }
}

/// The time in a query, `wait=30s`.
fn wait_of(query: &str) -> Result<Duration, String> {
    let most = LONGEST_WAIT.as_secs();
    let seconds = query.strip_prefix("wait=").and_then(|wait| wait.strip_suffix('s').unwrap_or(wait).parse().ok());
    let seconds = seconds.filter(|seconds| *seconds <= most);
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| format!("The query can only be `wait=Ns`, with 0 to {most} seconds."))
}

/// Adds the fields of a request to a typed command.
///
/// # Errors
///
/// A field that the command does not have.
fn with_fields(
    parsed: &mut Parsed,
    fields: &Options,
    yes: Option<bool>,
    version: Option<u32>,
) -> Result<(), &'static str> {
    let Ok(command) = &mut parsed.command else { return Ok(()) };
    match &mut **command {
        Command::Run(_, options)
        | Command::RunSeveral(_, options)
        | Command::Playbook(_, options)
        | Command::Host(HostCommand::CanI { options, .. }) => {
            if yes == Some(false) && options.yes {
                return Err("`yes` is false, but the command has --yes. Remove one of the two.");
            }
            options.yes |= fields.yes;
            options.all |= fields.all;
            options.dry_run |= fields.dry_run;
        }
        Command::Host(_) if fields.yes || fields.all || fields.dry_run => {
            return Err("`yes`, `all` and `dry_run` are allowed only with an action.");
        }
        // Help is about every form of an action.
        Command::Host(_) | Command::Help(_) => {}
    }
    match (&mut **command, version) {
        (_, None) => Ok(()),
        (Command::Host(HostCommand::Decide { version: Some(_), .. }), Some(_)) => {
            Err("The version of the plan is given twice: in `command` and in `version`. Remove one of the two.")
        }
        (Command::Host(HostCommand::Decide { version, .. }), given) => {
            *version = given;
            Ok(())
        }
        _ => Err("`version` is allowed only with `confirm`, `approve`, `deny` and `cancel`."),
    }
}

/// Returns the result of a request that led to no pending or running operation: for example, the object to remove does
/// not exist, or the request was invalid.
fn how_it_ended(operation: &str, ended: &str) -> Response {
    let outcome = idempotency::outcome_of(ended, None);
    let text = format!(
        "A request with this `Idempotency-Key` was already received and ended as `{}`. {} To send the request again, use a \
         new key.",
        outcome.as_str(),
        Verdict::Unchanged.sentence()
    );
    let body = match outcome {
        Outcome::Done => {
            json!({
                "operation_id": operation, "command": null, "outcome": "done",
                "changed": Verdict::Unchanged.changed(), "message": text, "result": {},
            })
        }
        outcome => problem(outcome.as_str(), &text),
    };
    let status = StatusCode::from_u16(outcome.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, axum_json(&body)).into_response()
}

const EXAMPLE: &str = r#"Write {"command": "users list"} or {"op": "users.list", "args": {"limit": 5}}."#;

/// Writes a reply as a response. Until its text is sent, it counts as used memory and as a command of its requester.
fn respond(reply: Reply, format: Format) -> Response {
    let status = StatusCode::from_u16(reply.outcome.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (kept, wait) = (reply.kept(), retry_after(&reply));
    let (content_type, text, secret) = match written(reply, format, &kept) {
        Ok(written) => written,
        Err(limit) => return text_too_large(limit),
    };
    let length = text.len();
    kept.only(length);
    // A secret counts as delivered when the connection takes its frame. If the frame is dropped before, the secret is
    // lost.
    let body = Full::new(unsent(text.into_bytes().into_boxed_slice(), kept)).map_frame(move |frame| {
        if let Some(secret) = &secret {
            secret.delivered();
        }
        frame
    });
    let headers = [(header::CONTENT_TYPE, content_type.to_owned()), (header::CONTENT_LENGTH, length.to_string())];
    let mut response = (status, headers, Body::new(body)).into_response();
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The text of a reply, with its content type and its secret. The rest of the reply is dropped.
fn written(
    reply: Reply,
    format: Format,
    kept: &Kept,
) -> Result<(&'static str, String, Option<WithSecrets>), LimitKind> {
    let content_type = match format {
        // In CSV, a program would read an error as a row.
        Format::Csv if reply.outcome.is_answer() => "text/csv; charset=utf-8",
        Format::Json | Format::Csv => {
            let secret = reply.secret.clone();
            return Ok(("application/json", reply.into_envelope().to_string(), secret));
        }
        Format::Markdown => "text/markdown; charset=utf-8",
        Format::Text => {
            // The memory of the result does not include the width of columns. The result of a write must be delivered.
            let is_read = reply.sent.iter().all(|sent| sent.method == "GET");
            kept.take(render::text_size(&reply.document)).or_else(|limit| if is_read { Err(limit) } else { Ok(()) })?;
            "text/plain; charset=utf-8"
        }
    };
    Ok((content_type, render::reply(&reply, format), None))
}

/// The seconds after which the same command can be sent again, if they are known.
fn retry_after(reply: &Reply) -> Option<u64> {
    // This host cannot predict when its commands end.
    let is_own_limit = || {
        let error = reply.error.as_ref().filter(|_| reply.outcome == Outcome::RateLimited)?;
        error.get("host").map(|_| 1)
    };
    reply.retry_after().or_else(is_own_limit)
}

/// The response to a read whose text needs too much memory.
fn text_too_large(limit: LimitKind) -> Response {
    let outcome = if limit == LimitKind::Answers { Outcome::RateLimited } else { Outcome::Failed };
    let status = StatusCode::from_u16(outcome.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let text = format!(
        "The aligned text of the result needs more than its {limit}. {} Use `\"output\": \"json\"` or `\"csv\"`, or request \
         less data.",
        Verdict::Unchanged.sentence()
    );
    (status, axum_json(&problem(outcome.as_str(), &text))).into_response()
}

fn bad_request(message: &str) -> Response {
    (StatusCode::BAD_REQUEST, axum_json(&problem("usage", message))).into_response()
}

fn problem(outcome: &str, message: &str) -> Value {
    let changed = Verdict::NotSent.changed();
    json!({"outcome": outcome, "changed": changed, "error": {"outcome": outcome, "changed": changed, "message": message}})
}

fn axum_json(value: &Value) -> ([(HeaderName, &'static str); 1], String) {
    json_text(value.to_string())
}

fn json_text(text: String) -> ([(HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, "application/json")], text)
}

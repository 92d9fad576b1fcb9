//! The HTTP API: commands as JSON, for programs.

use super::connections::unsent;
use super::idempotency;
use crate::Choice;
use crate::command::{self, Command, Format, HostCommand, Markup, Options, Reason};
use crate::decision::operation::RequestKey;
use crate::identity::{Place, Principal};
use crate::render;
use crate::sandbox::LimitKind;
use crate::service::{Input, Kept, Outcome, Reply, Request, Service, WithSecrets};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use claude_admin_catalog::Action;
use claude_admin_chat::{Verdict, outside_text, strict_json};
use http_body_util::{BodyExt, Full};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// A program that may call the HTTP API.
#[derive(Debug)]
pub struct Client {
    /// Who it is (`http:NAME`).
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

/// What a program posts: a typed command, or an operation with its arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    command: Option<String>,
    op: Option<String>,
    #[serde(default, deserialize_with = "strict_json::distinct_keys")]
    args: Map<String, Value>,
    yes: Option<bool>,
    #[serde(default)]
    dry_run: bool,
    reason: Option<String>,
    version: Option<u32>,
    #[serde(default)]
    all: bool,
    output: Option<String>,
}

/// What can be known of a request before it is handled.
struct Foreseen {
    /// Whether there is anything that should not be done twice.
    may_change: bool,
    /// The operation that it decides about, and how.
    decision: Option<(String, Choice)>,
    /// How it asks for its answer to be written.
    format: Option<Format>,
}

impl Http {
    /// Puts the service behind bearer tokens.
    #[must_use]
    pub fn new(service: Arc<Service>, clients: Vec<Client>) -> Self {
        Self { service, clients }
    }

    /// Answers `POST /v1/commands`.
    pub async fn command(&self, headers: &HeaderMap, body: &[u8]) -> Response {
        self.answer(headers, body, None).await
    }

    /// Answers `POST /v1/actions/ID`: the same, where the path names the action.
    pub async fn action(&self, id: String, headers: &HeaderMap, body: &[u8]) -> Response {
        let body = if body.trim_ascii().is_empty() { b"{}" } else { body };
        self.answer(headers, body, Some(id)).await
    }

    async fn answer(&self, headers: &HeaderMap, body: &[u8], action: Option<String>) -> Response {
        let Some(client) = self.client(headers) else {
            self.service.refused("invalid-token").await;
            let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
            let problem =
                problem("unauthorized", "Send `Authorization: Bearer TOKEN` with a token of the configuration.");
            return (StatusCode::UNAUTHORIZED, challenge, axum_json(&problem)).into_response();
        };
        let body = match outside_text::text(body) {
            Ok(body) => body,
            Err(error) => {
                return bad_request(&format!("The body cannot be read: {error}. {}", Verdict::NotSent.sentence()));
            }
        };
        // Checked before it is read: an error quotes what is wrong with the body.
        if let Err(error) = command::refuse_secrets(&body) {
            return bad_request(&error.to_string());
        }
        let mut call: Call = match strict_json::object(&body) {
            Ok(call) => call,
            Err(error) => return bad_request(&format!("The body is not a command: {error}. {EXAMPLE}")),
        };
        if action.is_some() && (call.command.is_some() || call.op.is_some()) {
            return bad_request("The path names the action: leave `command` and `op` out of the body.");
        }
        call.op = call.op.or(action);
        let key = match idempotency::key(headers) {
            Ok(key) => key,
            Err(problem) => return bad_request(problem),
        };
        let format = match call.output.as_deref().map(str::parse::<Format>) {
            None => None,
            Some(Ok(format)) => Some(format),
            Some(Err(())) => return bad_request(&format!("`output` is one of {}.", Format::NAMES.join(", "))),
        };
        let reason = match call.reason.as_deref().map(Reason::new).transpose() {
            Ok(reason) => reason,
            Err(error) => return bad_request(&error.to_string()),
        };
        let yes = call.yes.unwrap_or_default();
        if call.yes == Some(false) && call.command.as_ref().is_some_and(|command| self.says_yes(command)) {
            return bad_request("`yes` is false, and the command says --yes. Leave one of the two out.");
        }
        let input = match (call.command, call.op) {
            (Some(_), None) if reason.is_some() => {
                return bad_request("With `command`, the reason stands in it: `--reason \"…\"`.");
            }
            (Some(command), None) if call.version.is_some() && !self.decides(&command) => {
                return bad_request("`version` belongs to `confirm`, `approve`, `deny` and `cancel` alone.");
            }
            (None, Some(_)) if call.version.is_some() => {
                return bad_request("`version` belongs to a `command` that decides about what waits.");
            }
            (Some(command), None) if call.args.is_empty() => {
                // What is copied out of an answer brings its marks along.
                let mut line = command.trim().trim_matches('`').to_owned();
                line.push_str(&call.version.map(|version| format!(" --version {version}")).unwrap_or_default());
                line.push_str(if yes { " --yes" } else { "" });
                line.push_str(if call.all { " --all" } else { "" });
                line.push_str(if call.dry_run { " --dry-run" } else { "" });
                Input::Text { line, markup: Markup::None }
            }
            (None, Some(id)) => Input::Operation {
                id,
                arguments: call.args,
                options: Options { yes, all: call.all, dry_run: call.dry_run, reason, ..Options::default() },
            },
            _ => return bad_request(&format!("Give either `command`, or `op` with `args`. {EXAMPLE}")),
        };
        let Foreseen { may_change, decision, format: asked } = self.foresee(&input);
        // A read is simply read again, so that whoever missed the answer gets it.
        let delivery = key.filter(|_| may_change).map(|key| idempotency::request_key(&client.principal, key, &input));
        // A command says itself how it wants its answer, before the body does.
        let format = asked.or(format).unwrap_or(Format::Json);
        let reply = self.ask(&client.principal, input, delivery, format).await;
        let Some(first) = reply.duplicate_of.clone() else { return respond(reply, format) };
        // What is asked next is another command.
        drop(reply);
        if !first.is_same {
            return (StatusCode::UNPROCESSABLE_ENTITY, axum_json(&problem("refused", &idempotency::another_request())))
                .into_response();
        }
        // A decision is no operation of its own: what counts is how that stands which it is about.
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

    /// Answers as the first request with the same key would be answered now: one that began an operation, or decided about it.
    async fn how_it_stands(
        &self,
        client: &Principal,
        operation: &str,
        decision: Option<Choice>,
        format: Format,
    ) -> Response {
        let line = format!("status {operation}");
        let mut status = self.ask(client, Input::Text { line, markup: Markup::None }, None, format).await;
        if status.outcome == Outcome::NotFound && decision.is_none() {
            return (StatusCode::CONFLICT, axum_json(&problem("conflict", &idempotency::nothing_came_of_it())))
                .into_response();
        }
        let state = status.data.as_ref().and_then(|data| data["state"].as_str());
        if let Some(state) = state.filter(|_| status.outcome == Outcome::Done) {
            status.outcome = idempotency::outcome_of(state, decision);
            status.verdict = idempotency::verdict_of(status.data.as_ref());
        }
        respond(status, format)
    }

    async fn ask(&self, client: &Principal, input: Input, delivery: Option<RequestKey>, format: Format) -> Reply {
        let request =
            Request { principal: client.clone(), place: Place::http(), input, delivery, format: Some(format) };
        Arc::clone(&self.service).handle_to_the_end(request).await
    }

    fn parsed(&self, line: &str, markup: Markup) -> Option<Command> {
        command::parse(self.service.catalog(), line, markup, Timestamp::now()).ok()
    }

    /// Whether a command that somebody typed is confirmed in itself.
    fn says_yes(&self, line: &str) -> bool {
        matches!(self.parsed(line, Markup::None), Some(Command::Run(_, options)) if options.yes)
    }

    /// Whether a command line decides about what waits.
    fn decides(&self, line: &str) -> bool {
        matches!(self.parsed(line, Markup::None), Some(Command::Host(HostCommand::Decide { .. })))
    }

    fn foresee(&self, input: &Input) -> Foreseen {
        let writes = |id: &str, options: &Options| {
            !options.dry_run && self.service.catalog().action(id).is_none_or(Action::writes)
        };
        let (mut decision, mut format) = (None, None);
        let may_change = match input {
            Input::Operation { id, options, .. } => writes(id, options),
            Input::Text { line, markup } => match self.parsed(line, *markup) {
                Some(Command::Run(draft, options)) => {
                    format = options.format;
                    writes(&draft.invocation.action, &options)
                }
                Some(Command::Host(HostCommand::Decide { operation, choice, .. })) => {
                    decision = Some((operation, choice));
                    true
                }
                Some(Command::Host(_) | Command::Help(_)) => false,
                None => true,
            },
            Input::Words(_) | Input::Vote(_) => true,
        };
        Foreseen { may_change, decision, format }
    }

    /// Compares digests, so that neither length nor content of a token shows in the time it takes.
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

/// Says how a request ended that came to nothing that waits or runs: what was to be removed is not there, or it was not
/// understood.
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

/// Answers with a reply. Until its text is sent, it counts as used memory and as a command of its requester.
fn respond(reply: Reply, format: Format) -> Response {
    let status = StatusCode::from_u16(reply.outcome.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (kept, wait) = (reply.kept(), retry_after(&reply));
    let (content_type, text, secret) = match written(reply, format, &kept) {
        Ok(written) => written,
        Err(limit) => return text_too_large(limit),
    };
    let length = text.len();
    kept.only(length);
    // Taken by the connection, a secret is on its way; dropped before, it is lost.
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

/// The text of a reply, with its type and the secret that is in it. Nothing else of the reply is left.
fn written(
    reply: Reply,
    format: Format,
    kept: &Kept,
) -> Result<(&'static str, String, Option<WithSecrets>), LimitKind> {
    let content_type = match format {
        // Among rows, a program would take an error for one of them.
        Format::Csv if reply.outcome.is_answer() => "text/csv; charset=utf-8",
        Format::Json | Format::Csv => {
            let secret = reply.secret.clone();
            return Ok(("application/json", reply.into_envelope().to_string(), secret));
        }
        Format::Markdown => "text/markdown; charset=utf-8",
        Format::Text => {
            // The memory of the result does not tell how wide columns are. What a write returns must be delivered.
            let is_read = reply.sent.iter().all(|sent| sent.method == "GET");
            kept.take(render::text_size(&reply.document)).or_else(|limit| if is_read { Err(limit) } else { Ok(()) })?;
            "text/plain; charset=utf-8"
        }
    };
    Ok((content_type, render::reply(&reply, format), None))
}

/// The seconds after which the same command can be sent again, where they are known.
fn retry_after(reply: &Reply) -> Option<u64> {
    // This host cannot know when its commands end.
    let is_own_limit = || {
        let error = reply.error.as_ref().filter(|_| reply.outcome == Outcome::RateLimited)?;
        error.get("host").map(|_| 1)
    };
    reply.retry_after().or_else(is_own_limit)
}

/// A read whose result is there, but whose text would need too much memory.
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

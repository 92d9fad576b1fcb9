//! The HTTP API: commands as JSON, for programs.

use crate::command::{self, Command, Format, Markup, Options, Reason};
use crate::identity::{Place, Principal};
use crate::render;
use crate::service::{Input, Outcome, Reply, Request, Service};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use claude_admin_catalog::Action;
use claude_admin_chat::strict_json;
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
    /// Its name, under which the policy knows it (`http:NAME`).
    pub name: String,
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
            self.service.refused("a request to the HTTP API without a valid token").await;
            let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
            let problem =
                problem("unauthorized", "Send `Authorization: Bearer TOKEN` with a token of the configuration.");
            return (StatusCode::UNAUTHORIZED, challenge, axum_json(&problem)).into_response();
        };
        // Checked before it is read: what is wrong with a body is quoted in the answer.
        if let Err(error) = command::refuse_secrets(&String::from_utf8_lossy(body)) {
            return bad_request(&error.to_string());
        }
        let mut call: Call = match strict_json::object(body) {
            Ok(call) => call,
            Err(error) => return bad_request(&format!("The body is not a command: {error}. {EXAMPLE}")),
        };
        if action.is_some() && (call.command.is_some() || call.op.is_some()) {
            return bad_request("The path names the action: leave `command` and `op` out of the body.");
        }
        call.op = call.op.or(action);
        let key = match idempotency_key(headers) {
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
            (Some(command), None) if call.version.is_some() && !decides(&command) => {
                return bad_request("`version` belongs to `confirm`, `approve`, `deny` and `cancel` alone.");
            }
            (None, Some(_)) if call.version.is_some() => {
                return bad_request("`version` belongs to a `command` that decides about what waits.");
            }
            (Some(command), None) if call.args.is_empty() => {
                let mut line = command;
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
        // A read is simply read again, so that whoever missed the answer gets it.
        let key = key.filter(|_| self.may_change_something(&input));
        let delivery = key.map(|key| delivery(&client.name, key, &input));
        let decided = decided(&input).map(str::to_owned);
        let reply = self.ask(&client.name, input, delivery).await;
        let format = format.or(reply.format).unwrap_or(Format::Json);
        match &reply.duplicate_of {
            None => respond(&reply, format),
            Some(first) if !first.is_same => {
                let message = "This `Idempotency-Key` was used for another request. Nothing was done. Take a new key.";
                (StatusCode::UNPROCESSABLE_ENTITY, axum_json(&problem("refused", message))).into_response()
            }
            Some(first) => {
                // A decision is no operation of its own: what counts is how that stands which it is about.
                let id = decided.unwrap_or_else(|| first.operation.clone());
                let mut response = self.how_it_stands(&client.name, &id, format).await;
                response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
                response
            }
        }
    }

    /// Answers as the first request with the same key would be answered now.
    async fn how_it_stands(&self, client: &str, operation: &str, format: Format) -> Response {
        let line = format!("status {operation}");
        let mut status = self.ask(client, Input::Text { line, markup: Markup::None }, None).await;
        if status.outcome == Outcome::NotFound {
            return (StatusCode::CONFLICT, axum_json(&problem("conflict", NOTHING_CAME_OF_IT))).into_response();
        }
        let state = status.data.as_ref().and_then(|data| data["state"].as_str());
        if let Some(state) = state.filter(|_| status.outcome == Outcome::Done) {
            status.outcome = outcome_of(state);
        }
        respond(&status, format)
    }

    async fn ask(&self, client: &str, input: Input, delivery: Option<String>) -> Reply {
        let request =
            Request { principal: Principal::http(client), place: Place::http(), input, delivery, format: None };
        Arc::clone(&self.service).handle_to_the_end(request).await
    }

    fn parsed(&self, line: &str, markup: Markup) -> Option<Command> {
        command::parse(self.service.catalog(), line, markup, Timestamp::now()).ok()
    }

    /// Whether a command that somebody typed is confirmed in itself.
    fn says_yes(&self, line: &str) -> bool {
        matches!(self.parsed(line, Markup::None), Some(Command::Run(_, options)) if options.yes)
    }

    /// Whether there is anything that should not be done twice.
    fn may_change_something(&self, input: &Input) -> bool {
        let writes = |id: &str, options: &Options| {
            !options.dry_run && self.service.catalog().action(id).is_none_or(Action::writes)
        };
        match input {
            Input::Operation { id, options, .. } => writes(id, options),
            Input::Text { line, markup } => match self.parsed(line, *markup) {
                Some(Command::Run(draft, options)) => writes(&draft.invocation.action, &options),
                Some(Command::Help(_)) => false,
                Some(Command::Host(_)) => decides(line),
                None => true,
            },
            Input::Words(_) | Input::Vote(_) => true,
        }
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

/// The header that marks the answer to a request that was received before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// What is said of a first request that is no operation.
const NOTHING_CAME_OF_IT: &str = "A request with this `Idempotency-Key` was received before, and is no operation: it was \
    not understood or not allowed, or it is just being read. Nothing was done by this one. Ask again in a moment to see \
    how it stands, or take a new key.";
/// The longest key.
const MAX_KEY_CHARS: usize = 255;

fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, &'static str> {
    let mut keys = headers.get_all("idempotency-key").iter();
    match (keys.next().map(HeaderValue::to_str), keys.next()) {
        (None, _) => Ok(None),
        (Some(Ok(key)), None) if !key.is_empty() && key.len() <= MAX_KEY_CHARS => Ok(Some(key)),
        _ => Err("`Idempotency-Key` is one header of 1 to 255 visible characters."),
    }
}

/// By what a second request is known: client and key, and what is asked for. Digests, since a key may hold anything.
fn delivery(client: &str, key: &str, input: &Input) -> String {
    let digest = |text: &str| format!("{:x}", Sha256::digest(text))[..32].to_owned();
    format!("http:{client}/{} {}", digest(key), digest(&format!("{input:?}")))
}

/// Whether a command line decides about what waits.
fn decides(line: &str) -> bool {
    line.split_whitespace().next().is_some_and(|word| command::is_decision(&word.to_lowercase()))
}

/// The operation that a command line decides about, without the version of its plan.
fn decided(input: &Input) -> Option<&str> {
    let Input::Text { line, .. } = input else { return None };
    let id = line.split_whitespace().nth(1).filter(|_| decides(line))?;
    Some(id.split_once('.').map_or(id, |(id, _)| id))
}

/// How a request ended that led to an operation in this state.
fn outcome_of(state: &str) -> Outcome {
    match state {
        "waiting" => Outcome::Waiting,
        "rejected" => Outcome::Denied,
        // It runs, was cancelled, or nobody settled it in time.
        state => Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == state).unwrap_or(Outcome::Conflict),
    }
}

const EXAMPLE: &str = r#"Write {"command": "users list"} or {"op": "users.list", "args": {"limit": 5}}."#;

fn respond(reply: &Reply, format: Format) -> Response {
    let status = StatusCode::from_u16(reply.outcome.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match format {
        Format::Json => (status, axum_json(&reply.envelope(reply.to_json_with_secrets()))).into_response(),
        Format::Csv => {
            (status, [(header::CONTENT_TYPE, "text/csv; charset=utf-8")], render::reply(reply, format)).into_response()
        }
        Format::Markdown => {
            (status, [(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], render::reply(reply, format))
                .into_response()
        }
        Format::Text => (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], render::reply(reply, format))
            .into_response(),
    }
}

fn bad_request(message: &str) -> Response {
    (StatusCode::BAD_REQUEST, axum_json(&problem("usage", message))).into_response()
}

fn problem(outcome: &str, message: &str) -> Value {
    json!({"outcome": outcome, "error": {"outcome": outcome, "message": message}})
}

fn axum_json(value: &Value) -> ([(HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string())
}

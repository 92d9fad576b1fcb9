//! The HTTP API: commands as JSON, for programs.

use crate::command::{self, Format, Markup, Options, Reason};
use crate::identity::{Place, Principal};
use crate::render;
use crate::service::{Input, Outcome, Reply, Request, Service};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fmt;
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
    #[serde(default, deserialize_with = "distinct_keys")]
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

/// Reads an object and refuses one that says a thing twice: two readers may take another one each.
fn distinct_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    struct Distinct;

    impl<'de> Visitor<'de> for Distinct {
        type Value = Map<String, Value>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object with the arguments")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut arguments = Map::new();
            while let Some((key, value)) = entries.next_entry::<String, Value>()? {
                if arguments.insert(key.clone(), value).is_some() {
                    return Err(A::Error::custom(format!("`{key}` is given twice")));
                }
            }
            Ok(arguments)
        }
    }

    deserializer.deserialize_map(Distinct)
}

impl Http {
    /// Puts the service behind bearer tokens.
    #[must_use]
    pub fn new(service: Arc<Service>, clients: Vec<Client>) -> Self {
        Self { service, clients }
    }

    /// Answers `POST /v1/commands`.
    pub async fn command(&self, headers: &HeaderMap, body: &[u8]) -> Response {
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
        let call: Call = match serde_json::from_slice(body) {
            Ok(call) => call,
            Err(error) => return bad_request(&format!("The body is not a command: {error}. {EXAMPLE}")),
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
        if call.yes == Some(false) && call.command.as_ref().is_some_and(|command| command.contains("--yes")) {
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
        let principal = Principal::http(&client.name);
        let request = Request { principal, place: Place::http(), input, delivery: None };
        let reply = Arc::clone(&self.service).handle_to_the_end(request).await;
        let format = format.or(reply.format).unwrap_or(Format::Json);
        respond(&reply, format)
    }

    /// Compares digests, so that neither length nor content of a token shows in the time it takes.
    fn client(&self, headers: &HeaderMap) -> Option<&Client> {
        let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        let given = Sha256::digest(given.as_bytes());
        self.clients.iter().find(|client| {
            let known = Sha256::digest(client.token.expose_secret().as_bytes());
            bool::from(known.ct_eq(&given))
        })
    }
}

/// Whether a command line decides about what waits.
fn decides(line: &str) -> bool {
    line.split_whitespace().next().is_some_and(|word| command::is_decision(&word.to_lowercase()))
}

const EXAMPLE: &str = r#"Write {"command": "users list"} or {"op": "users.list", "args": {"limit": 5}}."#;

fn respond(reply: &Reply, format: Format) -> Response {
    let status = match reply.outcome {
        Outcome::Done => StatusCode::OK,
        Outcome::Usage => StatusCode::BAD_REQUEST,
        Outcome::Denied => StatusCode::FORBIDDEN,
        Outcome::NotFound => StatusCode::NOT_FOUND,
        Outcome::Conflict => StatusCode::CONFLICT,
        Outcome::Refused => StatusCode::UNPROCESSABLE_ENTITY,
        Outcome::Waiting => StatusCode::ACCEPTED,
        Outcome::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Outcome::Failed | Outcome::Unknown | Outcome::Partial => StatusCode::BAD_GATEWAY,
    };
    match format {
        Format::Json => (status, axum_json(&envelope(reply))).into_response(),
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

/// The answer with what a program needs to know about it.
fn envelope(reply: &Reply) -> Value {
    let mut object = Map::new();
    object.insert("operation_id".to_owned(), Value::from(reply.operation.as_str()));
    object.insert("command".to_owned(), reply.command.clone().map_or(Value::Null, Value::from));
    object.insert("outcome".to_owned(), Value::from(reply.outcome.as_str()));
    match (reply.to_json_with_secrets(), reply.outcome) {
        (Value::Object(mut failed), outcome) if outcome != Outcome::Done => {
            object.extend(failed.shift_remove_entry("error"));
            if !failed.is_empty() {
                object.insert("result".to_owned(), Value::Object(failed));
            }
        }
        (result, _) => {
            object.insert("result".to_owned(), result);
        }
    }
    Value::Object(object)
}

fn bad_request(message: &str) -> Response {
    (StatusCode::BAD_REQUEST, axum_json(&problem("usage", message))).into_response()
}

fn problem(outcome: &str, message: &str) -> Value {
    json!({"outcome": outcome, "error": {"outcome": outcome, "message": message}})
}

fn axum_json(value: &Value) -> ([(header::HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string())
}

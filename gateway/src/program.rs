//! Commands of programs: `POST /v1/commands`, as in the host.

use crate::admin::Admin;
use crate::exchange::{Request, Response, catalog};
use crate::reply::{Audience, Reply};
use crate::run::run;
use crate::settings::{CLIENT, Settings};
use claude_admin_chat::Verdict;
use claude_admin_chat::command::{Command, Markup, Options, from_json, parse, refuse_secrets};
use claude_admin_chat::identity::Principal;
use claude_admin_chat::outside_text;
use claude_admin_chat::strict_json::{distinct_keys, object};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq;

const EXAMPLE: &str = r#"Write {"command": "users list"} or {"op": "users.list", "args": {"limit": 5}}."#;

/// The body of a request: a typed command, or an action with its arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    command: Option<String>,
    op: Option<String>,
    #[serde(default, deserialize_with = "distinct_keys")]
    args: Map<String, Value>,
    #[serde(default)]
    yes: bool,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    all: bool,
}

/// Handles a command of a program and returns the response.
pub(crate) fn answer(settings: &Settings, admin: &mut dyn Admin, request: &Request, now: Timestamp) -> Response {
    let Some(token) = &settings.http_token else {
        return Response::text(404, "CLAUDE_ADMIN_HTTP_TOKEN is not set for this gateway");
    };
    let given = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    if !given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(token.as_bytes()))) {
        let problem = problem("unauthorized", "Send `Authorization: Bearer TOKEN` with CLAUDE_ADMIN_HTTP_TOKEN.");
        return Response::json(401, &problem);
    }
    let Ok(principal) = Principal::http(CLIENT) else { return Response::text(500, "the gateway has no principal") };
    if !settings.allows(&principal) {
        return respond(&Reply::not_allowed(&principal.to_string()));
    }
    let body = match outside_text::text(&request.body) {
        Ok(body) => body,
        Err(error) => {
            return Response::json(400, &problem("usage", &format!("The body cannot be read: {error}.")));
        }
    };
    // Checked before the body is parsed, because a parse error quotes the invalid part of the body.
    if let Err(error) = refuse_secrets(&body) {
        return Response::json(400, &problem("usage", &error.to_string()));
    }
    let call: Call = match object(&body) {
        Ok(call) => call,
        Err(error) => {
            return Response::json(400, &problem("usage", &format!("The body is not a command: {error}. {EXAMPLE}")));
        }
    };
    let catalog = &match catalog() {
        Ok(catalog) => catalog,
        Err(response) => return response,
    };
    let command = match (call.command, call.op) {
        (Some(line), None) if call.args.is_empty() => parse(catalog, &line, Markup::None, now),
        (None, Some(id)) => {
            from_json(catalog, &id, &call.args, now).map(|draft| Command::Run(draft, Options::default()))
        }
        _ => {
            let message = format!("Give either `command`, or `op` with `args`. {EXAMPLE}");
            return Response::json(400, &problem("usage", &message));
        }
    };
    let reply = match command {
        Ok(mut command) => {
            if let Command::Run(_, options) = &mut command {
                options.yes |= call.yes;
                options.dry_run |= call.dry_run;
                options.all |= call.all;
            }
            run(catalog, settings, admin, command, Audience::Program, now)
        }
        Err(error) => Reply::not_understood(&error),
    };
    respond(&reply)
}

fn respond(reply: &Reply) -> Response {
    let response = Response::json(reply.outcome.http_status(), &reply.envelope());
    Response { retry_after: reply.retry_after(), ..response }
}

fn problem(outcome: &str, message: &str) -> Value {
    let (changed, nothing) = (Verdict::NotSent.changed().as_str(), Verdict::NotSent.sentence());
    let message = format!("{message} {nothing}");
    json!({"outcome": outcome, "changed": changed, "error": {"outcome": outcome, "changed": changed, "message": message}})
}

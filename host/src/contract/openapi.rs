//! The HTTP API as an OpenAPI document.

use super::{Direction, Schemas};
use crate::command::Format;
use crate::service::Outcome;
use claude_admin_catalog::{Action, Catalog, Type};
use claude_admin_chat::Changed;
use serde_json::{Map, Value, json};

const COMPONENTS: &str = "#/components/schemas/";

/// Writes the document: `POST /v1/commands` for whatever can be typed, and `POST /v1/actions/ID` for each action.
#[must_use]
pub fn openapi(catalog: &Catalog) -> Value {
    let mut given = Schemas::new(catalog, Direction::Given, "#/components/schemas/given.");
    let mut returned = Schemas::new(catalog, Direction::Returned, COMPONENTS);
    let mut paths = Map::from_iter([("/v1/commands".to_owned(), json!({ "post": commands() }))]);
    for action in &catalog.actions {
        let operation = operation(action, &mut given, &mut returned);
        paths.insert(format!("/v1/actions/{}", action.id), json!({ "post": operation }));
    }
    let error = catalog.types.iter().find(|(_, def)| def.interface == "types" && def.name == "error");
    let cause = error.map_or_else(|| json!({}), |(id, _)| returned.of(&Type::Named(id)));
    let mut schemas = Map::from_iter([
        ("Answer".to_owned(), answer(&json!({}))),
        ("Command".to_owned(), command()),
        ("DryRun".to_owned(), dry_run()),
        ("Failure".to_owned(), failure(&cause)),
        ("NothingSent".to_owned(), nothing_sent()),
        ("Record".to_owned(), record()),
        ("Told".to_owned(), told(&cause)),
    ]);
    schemas.extend(returned.into_definitions());
    schemas.extend(given.into_definitions().into_iter().map(|(name, schema)| (format!("given.{name}"), schema)));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "claude-admin",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Anthropic's Admin API behind a policy, approvals and an audit trail.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "http://127.0.0.1:8080", "description": "Where `claude-admin serve` listens unless told otherwise" }],
        "security": [{ "token": [] }],
        "tags": catalog.interfaces.iter().map(|interface| json!({
            "name": interface.name,
            "description": interface.docs.summary(),
        })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": "The token of a client in `[[http.clients]]`." },
            },
            "parameters": { "IdempotencyKey": idempotency_key() },
            "responses": responses(),
            "schemas": schemas,
        },
    })
}

fn commands() -> Value {
    json!({
        "operationId": "command",
        "summary": "Run a command, as people type it or as an action with its arguments.",
        "parameters": [{ "$ref": "#/components/parameters/IdempotencyKey" }],
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Command" } } },
        },
        "responses": with_success(&json!({ "$ref": "#/components/schemas/Answer" })),
    })
}

/// An answer that is no JSON, where that is asked for.
fn texts() -> impl Iterator<Item = (String, Value)> {
    let text = json!({ "schema": { "type": "string" } });
    ["text/csv", "text/markdown", "text/plain"].into_iter().map(move |name| (name.to_owned(), text.clone()))
}

fn operation(action: &Action, given: &mut Schemas<'_>, returned: &mut Schemas<'_>) -> Value {
    let (properties, required) = given.inputs(action);
    let none_required = required.is_empty();
    let arguments = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    let mut body = options(action);
    body.insert("args".to_owned(), arguments);
    let body = json!({
        "type": "object",
        "properties": body,
        "required": if none_required { vec![] } else { vec!["args"] },
        "additionalProperties": false,
    });
    let mut result = action.result.as_ref().map_or_else(|| json!({ "type": "null" }), |ty| returned.of(ty));
    if action.writes() {
        let mut any = vec![result];
        any.extend(
            ["DryRun", "NothingSent", "Record", "Told"].map(|name| json!({ "$ref": format!("{COMPONENTS}{name}") })),
        );
        result = json!({ "anyOf": any });
    }
    let mut operation = json!({
        "operationId": action.id,
        "tags": [action.interface],
        "summary": action.summary(),
        "description": action.docs.prose,
        "x-risk": action.risk.as_str(),
        "x-admin-api": action.http.to_string(),
        "parameters": [{ "$ref": "#/components/parameters/IdempotencyKey" }],
        "requestBody": { "required": !none_required, "content": { "application/json": { "schema": body } } },
        "responses": with_success(&answer(&result)),
    });
    if action.deprecated.is_some()
        && let Some(operation) = operation.as_object_mut()
    {
        operation.insert("deprecated".to_owned(), json!(true));
    }
    operation
}

/// What stands beside the arguments.
fn options(action: &Action) -> Map<String, Value> {
    let mut options = Map::new();
    let mut option = |name: &str, ty: &str, docs: &str| {
        options.insert(name.to_owned(), json!({ "type": ty, "description": docs }));
    };
    if action.paging.is_some() {
        option("all", "boolean", "Whether to read every page of the list.");
    }
    // The policy may ask for a reason, a confirmation or an approval of a read too.
    option("yes", "boolean", "Whether it is confirmed; without it, what has to be confirmed waits.");
    option("reason", "string", "Why it is wanted; it stays on record.");
    if action.writes() {
        option("dry_run", "boolean", "Whether to tell only what would be done.");
    }
    options.insert("output".to_owned(), output());
    options
}

fn output() -> Value {
    json!({ "type": "string", "enum": Format::NAMES, "description": "How to write the answer." })
}

fn command() -> Value {
    let text = |docs: &str| json!({ "type": "string", "description": docs });
    json!({
        "type": "object",
        "description": "Either `command`, or `op` with `args`.",
        "properties": {
            "command": text("A command as people type it, without the name of the program."),
            "op": text("The id of an action, such as `users.list`."),
            "args": { "type": "object", "description": "Its arguments." },
            "yes": { "type": "boolean", "description": "Whether a write is confirmed." },
            "dry_run": { "type": "boolean", "description": "Whether to tell only what would be done." },
            "reason": text("Why it is wanted; with `op` alone."),
            "version": { "type": "integer", "minimum": 1, "description": "The version of the plan that is decided on." },
            "all": { "type": "boolean", "description": "Whether to read every page of a list." },
            "output": output(),
        },
        "additionalProperties": false,
        "oneOf": [{ "required": ["command"] }, { "required": ["op"] }],
    })
}

fn answer(result: &Value) -> Value {
    json!({
        "type": "object",
        "properties": {
            "operation_id": { "type": "string", "description": "Under which it is on record." },
            "command": { "type": ["string", "null"], "description": "The command in its usual form." },
            "outcome": { "type": "string", "const": Outcome::Done.as_str() },
            "message": { "type": "string", "description": "What there is to say where there is no data." },
            "changed": changed(),
            "result": result,
        },
        "required": ["operation_id", "outcome", "changed", "result"],
    })
}

/// Whether the command changed something.
fn changed() -> Value {
    json!({
        "type": "string",
        "enum": Changed::ALL,
        "description": "Whether the command changed something. `unknown`: the write was sent, and its result is not known. \
            Do not send it again before you check the target.",
    })
}

fn dry_run() -> Value {
    json!({
        "type": "object",
        "description": "What would be done; nothing was.",
        "properties": {
            "dry_run": { "const": true },
            "question": { "type": "string", "description": "The question about this target that a decision answers." },
            "plan_hash": { "type": "string", "description": "By which the plan is known." },
            "plan": { "type": "object", "description": "Action, arguments, effect, risk, and what it would be done to." },
            "needs": { "type": "object", "description": "Who would have to confirm or approve it." },
            "can_be_approved": { "type": "boolean", "description": "Whether other users can give the required approvals." },
            "dependents": { "type": "array", "description": "What depends on the target, as far as you can read it." },
        },
        "required": ["dry_run", "plan_hash", "plan", "needs"],
    })
}

fn nothing_sent() -> Value {
    json!({
        "type": "object",
        "description": "A write that has nothing to change. Only its target was read; the write was not sent.",
        "properties": {
            "dry_run": { "type": "boolean" },
            "nothing_sent": { "type": "string", "description": "Why the write was not sent." },
            "plan_hash": { "type": "string", "description": "By which the plan is known." },
            "plan": { "type": "object", "description": "Action, arguments, effect, risk, and the target as it is." },
        },
        "required": ["dry_run", "nothing_sent", "plan_hash", "plan"],
    })
}

fn record() -> Value {
    json!({
        "type": "object",
        "description": "How an operation stands: what a request is answered with that was received before.",
        "properties": {
            "operation_id": { "type": "string" },
            "state": { "type": "string", "description": "How it stands or ended." },
            "changed": {
                "description": "Whether it changed something; null where that was not recorded.",
                "anyOf": [changed(), { "type": "null" }],
            },
            "plan": { "type": "object", "description": "Action, arguments, effect, risk, and what it is done to." },
        },
        "required": ["operation_id", "state", "plan"],
    })
}

fn told(cause: &Value) -> Value {
    json!({
        "type": "object",
        "description": "Where the API returns nothing: what was to be removed is not there, as `message` says.",
        "properties": {
            "changed": changed(),
            "cause": { "description": "What the API said to it.", "anyOf": [cause, { "type": "object" }] },
        },
        "additionalProperties": false,
    })
}

fn failure(cause: &Value) -> Value {
    let others: Vec<&str> =
        Outcome::ALL.into_iter().filter(|outcome| *outcome != Outcome::Done).map(Outcome::as_str).collect();
    json!({
        "type": "object",
        "properties": {
            "operation_id": { "type": "string", "description": "Under which it is on record." },
            "command": { "type": ["string", "null"], "description": "The command in its usual form." },
            "outcome": { "type": "string", "examples": others },
            "changed": changed(),
            "result": { "description": "What was read before the failure." },
            "error": {
                "type": "object",
                "properties": {
                    "outcome": { "type": "string" },
                    "changed": changed(),
                    "message": { "type": "string", "description": "What happened, whether anything changed, and what to try." },
                    "operation_id": { "type": "string" },
                    "cause": { "description": "The error as the API or the host has it.", "anyOf": [cause, { "type": "object" }] },
                },
                "required": ["outcome", "changed", "message"],
            },
        },
        "required": ["outcome", "changed", "error"],
    })
}

fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": "Makes it safe to send a write again: the same key with the same body is done once. A second request \
            is answered with how the first one stands by now, as its outcome and in its result. A key is remembered for ten \
            minutes. Reads are simply read again.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
    })
}

fn with_success(schema: &Value) -> Value {
    let mut all = Map::from_iter([("200".to_owned(), response("It was done.", schema))]);
    for (status, name, _) in FAILURES {
        all.insert(status.to_owned(), json!({ "$ref": format!("#/components/responses/{name}") }));
    }
    Value::Object(all)
}

fn response(description: &str, schema: &Value) -> Value {
    let json = ("application/json".to_owned(), json!({ "schema": schema }));
    json!({
        "description": description,
        "headers": {
            "idempotent-replayed": {
                "description": "`true` where the request was received before: the answer says how the first one stands.",
                "schema": { "type": "string", "const": "true" },
            },
            "retry-after": {
                "description": "Seconds after which the same request can be sent again. Only where nothing was changed.",
                "schema": { "type": "integer", "minimum": 0 },
            },
        },
        "content": std::iter::once(json).chain(texts()).collect::<Map<_, _>>(),
    })
}

/// Status, name and meaning of what is no success.
const FAILURES: [(&str, &str, &str); 10] = [
    ("202", "Waiting", "It waits for a confirmation, or for somebody else's approval."),
    ("400", "Usage", "It was not understood."),
    ("401", "Unauthorized", "The token is none of the configuration."),
    ("403", "Denied", "The policy does not allow it, or it cannot be approved or shown here."),
    ("404", "NotFound", "There is no such thing."),
    ("409", "Conflict", "It clashes with what is there, or with what somebody else does."),
    ("413", "TooLarge", "The body is larger than a mebibyte."),
    ("422", "Refused", "The API did not accept it or would not, or the key was used for another request."),
    ("429", "RateLimited", "A limit of the API or of this host was met; `retry-after` is there if the time is known."),
    (
        "502",
        "Failed",
        "The upstream, the network or the component failed, only a part was done, or nobody saw the end.",
    ),
];

fn responses() -> Value {
    let schema = json!({ "$ref": format!("{COMPONENTS}Failure") });
    let all = FAILURES.into_iter().map(|(status, name, description)| {
        // Whoever sends too much is cut off before there is anybody to answer.
        let whole =
            if status == "413" { json!({ "description": description }) } else { response(description, &schema) };
        (name.to_owned(), whole)
    });
    Value::Object(all.collect())
}

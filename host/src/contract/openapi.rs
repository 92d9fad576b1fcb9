//! The HTTP API as an OpenAPI document.

use super::tool::playbook_properties;
use super::{Direction, Schemas};
use crate::command::{Flag, Sender};
use crate::decision::approval::MAX_STEPS;
use crate::service::Outcome;
use claude_admin_catalog::{Action, Catalog, PlaybookForm, Type};
use claude_admin_chat::{Changed, Verdict};
use serde_json::{Map, Value, json};

const COMPONENTS: &str = "#/components/schemas/";

/// Writes the document: `POST /v1/commands` for typed commands, and `POST /v1/actions/ID` for each action.
#[must_use]
pub fn openapi(catalog: &Catalog) -> Value {
    let mut given = Schemas::new(catalog, Direction::Given, "#/components/schemas/given.");
    let mut returned = Schemas::new(catalog, Direction::Returned, COMPONENTS);
    let mut paths = Map::from_iter([
        ("/v1/commands".to_owned(), json!({ "post": commands() })),
        ("/v1/operations/{id}".to_owned(), json!({ "get": status() })),
    ]);
    for action in &catalog.actions {
        let operation = operation(action, &mut given, &mut returned);
        paths.insert(format!("/v1/actions/{}", action.id), json!({ "post": operation }));
    }
    for form in &catalog.playbooks {
        paths.insert(format!("/v1/actions/{}", form.id()), json!({ "post": playbook(form) }));
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
            "description": "Anthropic's Admin API with a policy, approvals and an audit log.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "http://127.0.0.1:8080", "description": "The default address of `claude-admin serve`" }],
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

fn status() -> Value {
    json!({
        "operationId": "operation",
        "summary": "Read the status of an operation, and wait for its end.",
        "parameters": [
            { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } },
            {
                "name": "wait", "in": "query", "required": false,
                "schema": { "type": "string", "pattern": "^([0-9]|[12][0-9]|30)s?$" },
                "description": "The longest time until the response, such as `30s`. The response comes earlier if the operation \
                    ended, or if its requester must confirm it.",
            },
        ],
        "responses": with_success(&answer(&json!({ "$ref": format!("{COMPONENTS}Record") }))),
    })
}

/// The content types of a response that is not JSON, if the request selects one.
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
    let mut body = Flag::schemas(Sender::Http, Some(action));
    body.insert("args".to_owned(), arguments);
    if action.writes() {
        body.insert("rows".to_owned(), rows());
    }
    let needs_args = !none_required && !action.writes();
    let body = json!({
        "type": "object",
        "properties": body,
        "required": if needs_args { vec!["args"] } else { vec![] },
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

/// A playbook. Its result is the proposal without steps, or the record of its steps.
fn playbook(form: &PlaybookForm) -> Value {
    let required: Vec<&str> = form.parameters.iter().filter(|one| one.required).map(|one| one.name.as_str()).collect();
    let mut body = Flag::schemas(Sender::Http, None);
    body.insert(
        "args".to_owned(),
        json!({
            "type": "object", "properties": playbook_properties(form), "required": required,
            "additionalProperties": false,
        }),
    );
    let body = json!({ "type": "object", "properties": body, "additionalProperties": false });
    json!({
        "operationId": form.id(),
        "tags": ["playbooks"],
        "summary": form.summary,
        "parameters": [{ "$ref": "#/components/parameters/IdempotencyKey" }],
        "requestBody": {
            "required": !required.is_empty(),
            "content": { "application/json": { "schema": body } },
        },
        "responses": with_success(&answer(&json!({ "type": "object" }))),
    })
}

/// The schema of the arguments of several commands.
fn rows() -> Value {
    json!({
        "type": "array",
        "items": { "type": "object" },
        "minItems": 1,
        "maxItems": MAX_STEPS,
        "description": "For several commands of the action in one request: the arguments of each, in addition to `args`.",
    })
}

fn command() -> Value {
    let text = |docs: &str| json!({ "type": "string", "description": docs });
    let mut properties = Map::from_iter([
        ("command".to_owned(), text("A command as people type it, without the name of the program.")),
        ("op".to_owned(), text("The ID of an action, such as `users.list`.")),
        ("args".to_owned(), json!({ "type": "object", "description": "The arguments of the action." })),
        ("rows".to_owned(), rows()),
        (
            "version".to_owned(),
            json!({ "type": "integer", "minimum": 1, "description": "The version of the plan that is decided on." }),
        ),
    ]);
    properties.extend(Flag::schemas(Sender::Http, None));
    let reason = "The reason for the action; only with `op`. In a `command`, write `--reason`.";
    properties.insert("reason".to_owned(), text(reason));
    json!({
        "type": "object",
        "description": "Either `command`, or `op` with `args`.",
        "properties": properties,
        "additionalProperties": false,
        "oneOf": [{ "required": ["command"] }, { "required": ["op"] }],
    })
}

fn answer(result: &Value) -> Value {
    json!({
        "type": "object",
        "properties": {
            "operation_id": { "type": "string", "description": "The ID of the operation in the audit log." },
            "command": { "type": ["string", "null"], "description": "The command in its canonical form." },
            "outcome": { "type": "string", "const": Outcome::Done.as_str() },
            "message": { "type": "string", "description": "The message of a result without data." },
            "changed": changed(),
            "result": result,
        },
        "required": ["operation_id", "outcome", "changed", "result"],
    })
}

/// The schema of `changed`: whether the command made a change.
fn changed() -> Value {
    json!({
        "type": "string",
        "enum": Changed::ALL,
        "description": "Whether the command made a change. `unknown`: the write was sent, and its result is not known. \
            Check the target before you send the write again.",
    })
}

fn dry_run() -> Value {
    json!({
        "type": "object",
        "description": format!("The plan of a dry run. {}", Verdict::Unchanged.sentence()),
        "properties": {
            "dry_run": { "const": true },
            "question": { "type": "string", "description": "The question about this target that is to be decided." },
            "plan_hash": { "type": "string", "description": "The hash that identifies the plan." },
            "plan": { "type": "object", "description": "`steps`: for each, action, arguments, effect, risk, and the target." },
            "needs": { "type": "object", "description": "The required confirmation or approvals." },
            "can_be_approved": { "type": "boolean", "description": "Whether other users can give the required approvals." },
            "dependents": {
                "type": "array",
                "description": "The objects that depend on the target, as far as you can read them.",
            },
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
            "plan_hash": { "type": "string", "description": "The hash that identifies the plan." },
            "plan": { "type": "object", "description": "`steps`: for each, action, arguments, effect, risk, and the current target." },
            "unneeded": { "type": "array", "description": "The commands, if there were several, each with the reason." },
        },
        "required": ["dry_run", "nothing_sent"],
    })
}

fn record() -> Value {
    json!({
        "type": "object",
        "description": "The status of an operation: the response to a request that was received before.",
        "properties": {
            "operation_id": { "type": "string" },
            "state": { "type": "string", "description": "The state of the operation, or its result if it ended." },
            "changed": {
                "description": "Whether the operation made a change; null if that was not recorded.",
                "anyOf": [changed(), { "type": "null" }],
            },
            "plan": { "type": "object", "description": "`steps`: for each, action, arguments, effect, risk, and the target." },
        },
        "required": ["operation_id", "state", "plan"],
    })
}

fn told(cause: &Value) -> Value {
    json!({
        "type": "object",
        "description": "For an action without a result: the object to remove does not exist, as `message` says.",
        "properties": {
            "changed": changed(),
            "cause": { "description": "The error that the API returned.", "anyOf": [cause, { "type": "object" }] },
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
            "operation_id": { "type": "string", "description": "The ID of the operation in the audit log." },
            "command": { "type": ["string", "null"], "description": "The command in its canonical form." },
            "outcome": { "type": "string", "examples": others },
            "changed": changed(),
            "result": { "description": "The data that was read before the failure." },
            "error": {
                "type": "object",
                "properties": {
                    "outcome": { "type": "string" },
                    "changed": changed(),
                    "message": {
                        "type": "string",
                        "description": "The error, whether anything was changed, and what to do.",
                    },
                    "operation_id": { "type": "string" },
                    "cause": {
                        "description": "The error of the API or of the host.",
                        "anyOf": [cause, { "type": "object" }],
                    },
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
        "description": "Makes it safe to send a write again: a write with the same key and the same body runs once. \
            The response to a second request has the current status of the first one, as outcome and in the result. \
            A key is stored for at least 10 minutes, and for the last 10,000 requests. A read runs again.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
    })
}

fn with_success(schema: &Value) -> Value {
    let mut all = Map::from_iter([("200".to_owned(), response("The command succeeded.", schema))]);
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
                "description": "`true` if the request was received before: the response has the status of the first.",
                "schema": { "type": "string", "const": "true" },
            },
            "retry-after": {
                "description": "Seconds after which the same request can be sent again. Only if nothing was changed.",
                "schema": { "type": "integer", "minimum": 0 },
            },
        },
        "content": std::iter::once(json).chain(texts()).collect::<Map<_, _>>(),
    })
}

/// Status, name and meaning of each response that is not a success.
const FAILURES: [(&str, &str, &str); 10] = [
    ("202", "Waiting", "The request is pending: it needs a confirmation, or the approval of another user."),
    ("400", "Usage", "The request or its command is invalid."),
    ("401", "Unauthorized", "The token does not match any token in the configuration."),
    ("403", "Denied", "The policy does not permit the command, or it cannot be approved or shown here."),
    ("404", "NotFound", "The object or the operation does not exist."),
    ("409", "Conflict", "The request conflicts with the current state, or with another request."),
    ("413", "TooLarge", "The body is larger than 1 MiB."),
    ("422", "Refused", "The API did not or would not accept the request, or the key was used for another request."),
    (
        "429",
        "RateLimited",
        "A limit of the API or of this host is reached. `retry-after` is present if the time is known.",
    ),
    (
        "502",
        "Failed",
        "The upstream, the network or the component failed, only a part was done, or the result is unknown.",
    ),
];

fn responses() -> Value {
    let schema = json!({ "$ref": format!("{COMPONENTS}Failure") });
    let all = FAILURES.into_iter().map(|(status, name, description)| {
        // The server closes the connection before the HTTP frontend can write a JSON response.
        let whole =
            if status == "413" { json!({ "description": description }) } else { response(description, &schema) };
        (name.to_owned(), whole)
    });
    Value::Object(all.collect())
}

//! The control port: reads the simulation, and makes changes for which the API has no operation.

use super::Shared;
use crate::clock::parse_duration;
use crate::{Fault, LoggedRequest};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::{StatusCode, header};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::net::TcpListener;

/// Serves the control port until the task ends.
pub(super) async fn serve(listener: TcpListener, shared: Shared) {
    let router = Router::new()
        .route("/state", get(state))
        .route("/clock", post(move_clock))
        .route("/faults", get(faults).post(inject).delete(clear_faults))
        .route("/requests", get(requests).delete(clear_requests))
        .route("/reset", post(reset))
        .fallback(async || problem(StatusCode::NOT_FOUND, "there is no such path on the control port"))
        .method_not_allowed_fallback(async || {
            problem(StatusCode::METHOD_NOT_ALLOWED, "this path of the control port has other methods")
        })
        .with_state(shared);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "the control port ended");
    }
}

async fn state(State(shared): State<Shared>) -> Response {
    reply(&state_of(&shared))
}

/// The state, which every change also returns.
fn state_of(shared: &Shared) -> Value {
    let exchange = shared.lock();
    let simulation = &exchange.simulation;
    json!({
        "clock": simulation.clock().now().to_string(),
        "seed": simulation.config().seed,
        "collections": simulation.counts().collect::<BTreeMap<_, _>>(),
        "faults": exchange.faults.iter().count(),
        "requests": exchange.log.count(),
    })
}

/// The target of a clock change: exactly one of the two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    /// A duration such as `21d`.
    advance: Option<String>,
    /// An instant such as `2026-12-24T00:00:00Z`.
    set: Option<Timestamp>,
}

async fn move_clock(State(shared): State<Shared>, body: Bytes) -> Response {
    let wanted: Move = match serde_json::from_slice(&body) {
        Ok(wanted) => wanted,
        Err(error) => return problem(StatusCode::BAD_REQUEST, error),
    };
    let moved = match (wanted.advance, wanted.set) {
        (Some(by), None) => parse_duration(&by).and_then(|by| shared.lock().simulation.clock_mut().advance(by)),
        (None, Some(instant)) => {
            shared.lock().simulation.clock_mut().set(instant);
            Ok(())
        }
        _ => return problem(StatusCode::BAD_REQUEST, "give either `advance` or `set`"),
    };
    match moved {
        Ok(()) => reply(&state_of(&shared)),
        Err(error) => problem(StatusCode::BAD_REQUEST, error),
    }
}

async fn faults(State(shared): State<Shared>) -> Response {
    let waiting: Vec<Fault> = shared.lock().faults.iter().cloned().collect();
    reply(&json!({ "faults": waiting }))
}

async fn inject(State(shared): State<Shared>, body: Bytes) -> Response {
    match serde_json::from_slice::<Fault>(&body) {
        Ok(fault) => {
            shared.lock().faults.inject(fault);
            reply(&state_of(&shared))
        }
        Err(error) => problem(StatusCode::BAD_REQUEST, error),
    }
}

async fn clear_faults(State(shared): State<Shared>) -> Response {
    shared.lock().faults.clear();
    reply(&state_of(&shared))
}

async fn requests(State(shared): State<Shared>) -> Response {
    let entries: Vec<LoggedRequest> = shared.lock().log.iter().cloned().collect();
    reply(&json!({ "requests": entries }))
}

async fn clear_requests(State(shared): State<Shared>) -> Response {
    shared.lock().log.clear();
    reply(&state_of(&shared))
}

async fn reset(State(shared): State<Shared>) -> Response {
    shared.lock().reset();
    reply(&state_of(&shared))
}

fn reply(body: &Value) -> Response {
    respond(StatusCode::OK, body)
}

fn problem(status: StatusCode, message: impl std::fmt::Display) -> Response {
    respond(status, &json!({ "error": message.to_string() }))
}

fn respond(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

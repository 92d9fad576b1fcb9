//! The HTTP server that the frontends share.

use super::Background;
use super::http::Http;
use super::slack::Slack;
use crate::contract;
use crate::service::Service;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The largest body that is read. Slack's are a few kilobytes.
const MAX_BODY_BYTES: usize = 1 << 20;

/// What a request may take beyond the call that it makes.
const MARGIN: Duration = Duration::from_secs(5);

/// The frontends of a host.
#[derive(Debug, Clone)]
pub struct Frontends {
    /// The service behind them.
    pub service: Arc<Service>,
    /// Slack, where it is configured.
    pub slack: Option<Arc<Slack>>,
    /// The HTTP API, where it has clients.
    pub http: Option<Arc<Http>>,
    /// Work that goes on after its request was answered.
    pub background: Background,
    /// Set while the host stops: it is not ready any more.
    pub stopping: Arc<AtomicBool>,
}

/// Serves until `stop` resolves; then takes nothing new and finishes what was begun. A connection on which nothing was asked
/// within the time that a call may take is cut.
///
/// # Errors
///
/// What the listener reports.
pub async fn serve(
    listener: TcpListener,
    frontends: Frontends,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let background = frontends.background.clone();
    // Whatever was asked before is answered by then: what is left is a client that does not say what it wants.
    let longest = frontends.service.plugin().sandbox().limits().wall_clock + MARGIN;
    let stopping = Arc::clone(&frontends.stopping);
    // It says nothing about the organization, and needs no token: whoever asks for it should not cost much.
    let document = Bytes::from(contract::openapi(frontends.service.catalog()).to_string());
    let openapi = ([(header::CONTENT_TYPE, "application/json")], document);
    let router = Router::new()
        .route("/slack/commands", post(slack_command))
        .route("/slack/interactions", post(slack_interaction))
        .route("/v1/commands", post(http_command))
        .route("/v1/actions/{id}", post(http_action))
        .route("/v1/openapi.json", get(|| async { openapi }))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(frontends);
    let asked = CancellationToken::new();
    let stopped = asked.clone();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
        stop.await;
        stopping.store(true, Ordering::Release);
        stopped.cancel();
    });
    let too_late = async {
        asked.cancelled().await;
        tokio::time::sleep(longest).await;
    };
    tokio::select! {
        served = serving.into_future() => served?,
        () = too_late => tracing::warn!("a client kept its connection open; it is cut"),
    }
    background.finish().await;
    Ok(())
}

async fn slack_command(State(frontends): State<Frontends>, headers: HeaderMap, body: Bytes) -> Response {
    match frontends.slack {
        Some(slack) => slack.command(&headers, body).await,
        None => (StatusCode::NOT_FOUND, "Slack is not configured on this host").into_response(),
    }
}

async fn slack_interaction(State(frontends): State<Frontends>, headers: HeaderMap, body: Bytes) -> Response {
    match frontends.slack {
        Some(slack) => slack.interaction(&headers, body).await,
        None => (StatusCode::NOT_FOUND, "Slack is not configured on this host").into_response(),
    }
}

async fn http_command(State(frontends): State<Frontends>, headers: HeaderMap, body: Bytes) -> Response {
    match &frontends.http {
        Some(http) => http.command(&headers, &body).await,
        None => (StatusCode::NOT_FOUND, "the HTTP API has no clients on this host").into_response(),
    }
}

async fn http_action(
    State(frontends): State<Frontends>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match &frontends.http {
        Some(http) => http.action(id, &headers, &body).await,
        None => (StatusCode::NOT_FOUND, "the HTTP API has no clients on this host").into_response(),
    }
}

/// A host without a credential answers, and can do nothing: it is not ready.
async fn ready(State(frontends): State<Frontends>) -> Response {
    let credentials = frontends.service.plugin().sandbox().egress().credentials();
    if frontends.stopping.load(Ordering::Acquire) {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping").into_response()
    } else if credentials.is_empty() {
        (StatusCode::SERVICE_UNAVAILABLE, "no credential for the Admin API").into_response()
    } else {
        (StatusCode::OK, "ready").into_response()
    }
}

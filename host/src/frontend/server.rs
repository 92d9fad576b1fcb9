//! The HTTP server that the frontends share.

use super::Background;
use super::connections::{self, ServerLimits};
use super::http::Http;
use super::slack::Slack;
use crate::contract;
use crate::service::Service;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::TcpListener;

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

/// The frontends that answer now. Requests that were received before a change are finished by those of before.
#[derive(Debug, Clone)]
pub struct LiveFrontends(Arc<RwLock<Current>>);

#[derive(Debug)]
struct Current {
    frontends: Frontends,
    /// The description of the HTTP API: it is asked for without a token, so it is not made for each request.
    openapi: Bytes,
}

impl From<Frontends> for LiveFrontends {
    fn from(frontends: Frontends) -> Self {
        Self(Arc::new(RwLock::new(Current::of(frontends))))
    }
}

impl Current {
    fn of(frontends: Frontends) -> Self {
        let openapi = Bytes::from(contract::openapi(frontends.service.catalog()).to_string());
        Self { frontends, openapi }
    }
}

impl LiveFrontends {
    /// The frontends that answer now.
    #[must_use]
    pub fn get(&self) -> Frontends {
        self.0.read().unwrap_or_else(PoisonError::into_inner).frontends.clone()
    }

    /// Lets other frontends answer from now on. Returns those of before.
    pub fn replace(&self, frontends: Frontends) -> Frontends {
        let next = Current::of(frontends);
        std::mem::replace(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner), next).frontends
    }

    fn openapi(&self) -> Bytes {
        self.0.read().unwrap_or_else(PoisonError::into_inner).openapi.clone()
    }
}

/// Serves until `stop` resolves; then accepts no more connections and finishes the requests that it received. A connection
/// that is still open after the longest time of a call is closed.
///
/// # Errors
///
/// What the listener reports.
pub async fn serve(
    listener: TcpListener,
    frontends: impl Into<LiveFrontends>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let live: LiveFrontends = frontends.into();
    let frontends = live.get();
    let (background, stopping) = (frontends.background.clone(), Arc::clone(&frontends.stopping));
    let current = live.clone();
    let limits = move || {
        let frontends = current.get();
        let limits = frontends.service.plugin().sandbox().limits();
        let longest = limits.queue.saturating_add(limits.wall_clock).saturating_add(MARGIN);
        ServerLimits { connections: limits.connections_at_once(), request: limits.request, longest }
    };
    let router = Router::new()
        .route("/slack/commands", post(slack_command))
        .route("/slack/interactions", post(slack_interaction))
        .route("/v1/commands", post(http_command))
        .route("/v1/actions/{id}", post(http_action))
        .route("/v1/openapi.json", get(openapi))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .with_state(live);
    let stop = async move {
        stop.await;
        stopping.store(true, Ordering::Release);
    };
    connections::serve(listener, router, limits, stop).await?;
    background.finish().await;
    Ok(())
}

async fn openapi(State(live): State<LiveFrontends>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], live.openapi()).into_response()
}

async fn slack_command(State(live): State<LiveFrontends>, headers: HeaderMap, body: Bytes) -> Response {
    match live.get().slack {
        Some(slack) => slack.command(&headers, body).await,
        None => (StatusCode::NOT_FOUND, "Slack is not configured on this host").into_response(),
    }
}

async fn slack_interaction(State(live): State<LiveFrontends>, headers: HeaderMap, body: Bytes) -> Response {
    match live.get().slack {
        Some(slack) => slack.interaction(&headers, body).await,
        None => (StatusCode::NOT_FOUND, "Slack is not configured on this host").into_response(),
    }
}

async fn http_command(State(live): State<LiveFrontends>, headers: HeaderMap, body: Bytes) -> Response {
    match live.get().http {
        Some(http) => http.command(&headers, &body).await,
        None => (StatusCode::NOT_FOUND, "the HTTP API has no clients on this host").into_response(),
    }
}

async fn http_action(
    State(live): State<LiveFrontends>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match live.get().http {
        Some(http) => http.action(id, &headers, &body).await,
        None => (StatusCode::NOT_FOUND, "the HTTP API has no clients on this host").into_response(),
    }
}

/// A host that cannot use the API is not ready: without a credential, or with one that the API does not accept. What the
/// last response said counts for a minute.
async fn ready(State(live): State<LiveFrontends>) -> Response {
    let frontends = live.get();
    let egress = frontends.service.plugin().sandbox().egress();
    if frontends.stopping.load(Ordering::Acquire) {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping").into_response()
    } else if egress.credentials().is_empty() {
        (StatusCode::SERVICE_UNAVAILABLE, "no credential for the Admin API").into_response()
    } else if let Some(trouble) = egress.trouble() {
        (StatusCode::SERVICE_UNAVAILABLE, trouble.to_string()).into_response()
    } else {
        (StatusCode::OK, "ready").into_response()
    }
}

//! The HTTP server that the frontends share.

use super::Background;
use super::connections::{self, ServerLimits};
use super::http::Http;
#[cfg(feature = "slack")]
use super::slack::Slack;
use crate::contract;
use crate::service::Service;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::TcpListener;

/// The time for a request in addition to the time of its call.
const MARGIN: Duration = Duration::from_secs(5);

/// The frontends of a host.
#[derive(Debug, Clone)]
pub struct Frontends {
    /// The service that they call.
    pub service: Arc<Service>,
    /// Slack, if it is configured.
    #[cfg(feature = "slack")]
    pub slack: Option<Arc<Slack>>,
    /// The HTTP API, if it has clients.
    pub http: Option<Arc<Http>>,
    /// Work that continues after the response to its request.
    pub background: Background,
    /// Set while the host stops, when it is no longer ready.
    pub stopping: Arc<AtomicBool>,
}

impl Frontends {
    /// The frontends of a service, still without Slack and without clients of the HTTP API.
    #[must_use]
    pub fn new(service: Arc<Service>) -> Self {
        Self {
            service,
            #[cfg(feature = "slack")]
            slack: None,
            http: None,
            background: Background::default(),
            stopping: Arc::default(),
        }
    }
}

/// The current frontends. The previous frontends complete the requests that they received before a change.
#[derive(Debug, Clone)]
pub struct LiveFrontends(Arc<RwLock<Current>>);

#[derive(Debug)]
struct Current {
    frontends: Frontends,
    /// The OpenAPI document. A request for it needs no token, so it is not rebuilt for each request.
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
    /// Returns the current frontends.
    #[must_use]
    pub fn get(&self) -> Frontends {
        self.0.read().unwrap_or_else(PoisonError::into_inner).frontends.clone()
    }

    /// Replaces the current frontends. Returns the previous ones.
    pub fn replace(&self, frontends: Frontends) -> Frontends {
        let next = Current::of(frontends);
        std::mem::replace(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner), next).frontends
    }

    fn openapi(&self) -> Bytes {
        self.0.read().unwrap_or_else(PoisonError::into_inner).openapi.clone()
    }
}

/// Serves until `stop` resolves, then accepts no more connections and completes the requests that it received. Closes a
/// connection that is still open after the longest time of a call.
///
/// # Errors
///
/// The errors of the listener.
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
    let router = router(live);
    let stop = async move {
        stop.await;
        stopping.store(true, Ordering::Release);
    };
    connections::serve(listener, router, limits, stop).await?;
    background.finish().await;
    Ok(())
}

/// The routes of the frontends, for a server of the embedder. [`serve`] also limits connections and the time of requests.
pub fn router(frontends: impl Into<LiveFrontends>) -> Router {
    let router = Router::new()
        .route("/v1/commands", post(http_command))
        .route("/v1/actions/{id}", post(http_action))
        .route("/v1/operations/{id}", get(http_operation))
        .route("/v1/openapi.json", get(openapi))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready));
    #[cfg(feature = "slack")]
    let router =
        router.route("/slack/commands", post(slack_command)).route("/slack/interactions", post(slack_interaction));
    router.with_state(frontends.into())
}

async fn openapi(State(live): State<LiveFrontends>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], live.openapi()).into_response()
}

#[cfg(feature = "slack")]
async fn slack_command(State(live): State<LiveFrontends>, headers: HeaderMap, body: Bytes) -> Response {
    match live.get().slack {
        Some(slack) => slack.command(headers, body).await,
        None => (StatusCode::NOT_FOUND, "Slack is not configured on this host").into_response(),
    }
}

#[cfg(feature = "slack")]
async fn slack_interaction(State(live): State<LiveFrontends>, headers: HeaderMap, body: Bytes) -> Response {
    match live.get().slack {
        Some(slack) => slack.interaction(headers, body).await,
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

async fn http_operation(
    State(live): State<LiveFrontends>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let frontends = live.get();
    match frontends.http {
        Some(http) => http.operation(id, uri.query(), &headers, &frontends.stopping).await,
        None => (StatusCode::NOT_FOUND, "the HTTP API has no clients on this host").into_response(),
    }
}

/// A host that cannot use the API is not ready: it has no credential, or one that the API does not accept. The result
/// of the last response is valid for one minute.
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

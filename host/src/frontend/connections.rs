//! The connections of the HTTP server: their number, and their time limits for requests and for reading responses.

mod admission;

use super::write_timeout::WriteTimeout;
use admission::{Connection, Connections};
use axum::Router;
use axum::body::Body;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_service::Service;

/// The largest body that is read. Slack's are a few kilobytes.
const MAX_BODY_BYTES: usize = 1 << 20;
/// The pause after the operating system could not accept a connection, for example because no file is free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// The maximum time that a client has for a request. A timer does not accept a duration of any length.
const LONGEST_REQUEST: Duration = Duration::from_hours(24);
/// Connections that are reserved for probes: a host whose other connections are all in use still reports its state.
const RESERVED: usize = 8;
/// The paths of probes.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];
const FULL: &str = "All connections of this host are in use (`limits.connections`). Nothing was sent to the API. Try again \
    in a few seconds.\n";

/// The limits of the server for its clients.
#[derive(Debug, Clone, Copy)]
pub(super) struct ServerLimits {
    /// Connections at the same time.
    pub(super) connections: usize,
    /// Time for the head of a request (also on a connection that stays open), then for its body, and for each read of
    /// another part of the response.
    pub(super) request: Duration,
    /// Time for all requests that were received, when the server stops.
    pub(super) longest: Duration,
}

/// Serves a router on every connection until `stop`, then completes the received requests. Calls `limits` for each
/// connection and at the stop.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: impl Fn() -> ServerLimits,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let (connections, reserved) = (Arc::new(Connections::default()), Arc::new(Connections::default()));
    let (stopping, tasks) = (CancellationToken::new(), TaskTracker::new());
    let probes = router.clone().layer(from_fn(only_probes));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                connections.close_oldest_idle();
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let ServerLimits { connections: most, request, .. } = limits();
        let (admitted, router) = match connections.admit(most) {
            Some(connection) => (Some(connection), router.clone()),
            // Every connection is processing a request.
            None => (reserved.admit(RESERVED), probes.clone()),
        };
        let Some(connection) = admitted else {
            tracing::warn!(limit = "limits.connections", "a connection is closed: the limit is reached");
            refuse(stream);
            continue;
        };
        let request = request.min(LONGEST_REQUEST);
        tasks.spawn(serve_connection(stream, router, Arc::new(connection), request, stopping.clone()));
    }
    // Accept no new connections while the open connections complete.
    drop(listener);
    stopping.cancel();
    tasks.close();
    if tokio::time::timeout(limits().longest, tasks.wait()).await.is_err() {
        tracing::warn!("a client did not close its connection in time; the host closes it");
        connections.close_all();
        reserved.close_all();
    }
    Ok(())
}

/// Handles probes. Other requests get status 503, because all connections are in use.
async fn only_probes(request: axum::extract::Request, next: Next) -> Response {
    if PROBES.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    tracing::warn!(limit = "limits.connections", "a request gets status 503: the limit is reached");
    let mut response = closing(StatusCode::SERVICE_UNAVAILABLE, FULL);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// Sends status 503 on a connection without reading from it, and closes it.
fn refuse(stream: TcpStream) {
    let head = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\nretry-after: 1";
    let response = format!("{head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{FULL}", FULL.len());
    // The write does not block, and the response fits in the buffer of a new connection.
    let _ = stream.into_std().and_then(|mut stream| io::Write::write(&mut stream, response.as_bytes()));
}

async fn serve_connection(
    stream: TcpStream,
    router: Router,
    connection: Arc<Connection>,
    time: Duration,
    stopping: CancellationToken,
) {
    let _ = stream.set_nodelay(true);
    let answering = Arc::clone(&connection);
    let service = service_fn(move |request: Request<Incoming>| {
        let (router, connection) = (router.clone(), Arc::clone(&answering));
        async move { Ok::<_, Infallible>(answer(router, &connection, request, time).await) }
    });
    // Only HTTP/1: no client of this server needs HTTP/2, which requires additional limits.
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(time)
        .serve_connection(TokioIo::new(WriteTimeout::new(stream, time)), service);
    let mut served = std::pin::pin!(served);
    let outcome = tokio::select! {
        served = &mut served => served,
        () = connection.closed.cancelled() => return,
        () = stopping.cancelled() => {
            served.as_mut().graceful_shutdown();
            tokio::select! {
                served = served => served,
                () = connection.closed.cancelled() => return,
            }
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended");
    }
}

/// Reads the whole request and returns its response.
async fn answer(
    mut router: Router,
    connection: &Arc<Connection>,
    request: Request<Incoming>,
    time: Duration,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = tokio::time::timeout(time, Limited::new(body, MAX_BODY_BYTES).collect()).await;
    let body: Bytes = match body {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let text = "The body of the request is larger than 1 MiB. Nothing was sent to the API.";
            return closing(StatusCode::PAYLOAD_TOO_LARGE, text);
        }
        Ok(Err(_)) => {
            return closing(
                StatusCode::BAD_REQUEST,
                "The body of the request is incomplete. Nothing was sent to the API.",
            );
        }
        Err(_) => {
            let text =
                "The body of the request did not arrive in time (`limits.request_ms`). Nothing was sent to the API.";
            return closing(StatusCode::REQUEST_TIMEOUT, text);
        }
    };
    let busy = Arc::new(Connection::busy(connection));
    let Ok(response) = router.call(Request::from_parts(parts, Body::from(body))).await;
    // A request is complete when the operating system has accepted the last byte of its response.
    response.map(|body| Body::new(body.map_frame(move |frame| frame.map_data(|data| unsent(data, Arc::clone(&busy))))))
}

/// Data with a value (`kept`) that is dropped when all of the data is sent.
pub(super) fn unsent(data: impl AsRef<[u8]> + Send + 'static, kept: impl Send + 'static) -> Bytes {
    struct Unsent<D, K> {
        data: D,
        _kept: K,
    }
    impl<D: AsRef<[u8]>, K> AsRef<[u8]> for Unsent<D, K> {
        fn as_ref(&self) -> &[u8] {
            self.data.as_ref()
        }
    }
    Bytes::from_owner(Unsent { data, _kept: kept })
}

/// A response after which the connection is closed: the rest of the request is not read.
fn closing(status: StatusCode, text: &'static str) -> Response {
    let mut response = (status, text).into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

#[cfg(test)]
mod tests;

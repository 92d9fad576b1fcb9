//! The connections of the HTTP server: how many, and for how long without a request.

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_service::Service;

/// The largest body that is read. Slack's are a few kilobytes.
const MAX_BODY_BYTES: usize = 1 << 20;
/// The pause after the operating system could not accept a connection, for example because no file is free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// The longest time that a client has for a request. A timer takes no time of any length.
const LONGEST_REQUEST: Duration = Duration::from_hours(24);
const FULL: &str = "All connections of this host are in use (`limits.connections`). Nothing was sent to the API. Try again \
    in a few seconds.\n";

/// What the server allows its clients.
#[derive(Debug, Clone, Copy)]
pub(super) struct ServerLimits {
    /// Connections at the same time.
    pub(super) connections: usize,
    /// Time for the head of a request, also on a connection that is kept open, and then for its body.
    pub(super) request: Duration,
}

/// Serves a router on every connection until `stop`; then finishes the requests that were received, within `longest`.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ServerLimits,
    stop: impl Future<Output = ()>,
    longest: Duration,
) -> io::Result<()> {
    let connections = Arc::new(Connections::new(limits.connections.min(files_for_connections())));
    let request = limits.request.min(LONGEST_REQUEST);
    let (stopping, tasks) = (CancellationToken::new(), TaskTracker::new());
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
        let Some(connection) = connections.admit() else {
            // All of them wait for their response.
            tracing::warn!(limit = "limits.connections", "a connection is refused");
            refuse(stream);
            continue;
        };
        tasks.spawn(serve_connection(stream, router.clone(), Arc::new(connection), request, stopping.clone()));
    }
    // No new connections, while those that are open are finished.
    drop(listener);
    stopping.cancel();
    tasks.close();
    if tokio::time::timeout(longest, tasks.wait()).await.is_err() {
        tracing::warn!("a client kept its connection open; it is closed");
        connections.close_all();
    }
    Ok(())
}

/// A connection needs a file, and so do the policy, the store, its locks and requests to the API: half of the files of this
/// process are for these.
#[cfg(unix)]
fn files_for_connections() -> usize {
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    files.and_then(|files| usize::try_from(files / 2).ok()).unwrap_or(usize::MAX).max(1)
}

#[cfg(not(unix))]
fn files_for_connections() -> usize {
    usize::MAX
}

/// Answers a connection without reading from it, and closes it.
fn refuse(stream: TcpStream) {
    let head = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\nretry-after: 1";
    let response = format!("{head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{FULL}", FULL.len());
    // It does not block, and fits in the buffer of a new connection.
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
    // Only HTTP/1: no client of this server needs HTTP/2, which has limits of its own to get right.
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(time)
        .serve_connection(TokioIo::new(stream), service);
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

/// Reads the whole request and answers it.
async fn answer(mut router: Router, connection: &Connection, request: Request<Incoming>, time: Duration) -> Response {
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
    let _busy = connection.busy();
    let Ok(response) = router.call(Request::from_parts(parts, Body::from(body))).await;
    response
}

/// A response after which the connection is closed: the rest of the request is not read.
fn closing(status: StatusCode, text: &'static str) -> Response {
    let mut response = (status, text).into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// The open connections.
#[derive(Debug)]
struct Connections {
    most: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    /// Counts what happens, so that it has an order.
    events: u64,
    connections: BTreeMap<u64, State>,
}

#[derive(Debug)]
struct State {
    closed: CancellationToken,
    /// When it began to wait for a whole request; none while a request is answered.
    idle_since: Option<u64>,
}

/// One connection. When it ends, this is dropped.
#[derive(Debug)]
struct Connection {
    id: u64,
    /// Cancelled when it must end now.
    closed: CancellationToken,
    connections: Arc<Connections>,
}

impl Connections {
    fn new(most: usize) -> Self {
        Self { most, open: Mutex::default() }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in a connection. Where there are too many, the one that has waited longest for a request is closed for it.
    fn admit(self: &Arc<Self>) -> Option<Connection> {
        let mut open = self.open();
        if open.connections.len() >= self.most && !open.close_oldest_idle() {
            return None;
        }
        let id = open.event();
        let closed = CancellationToken::new();
        open.connections.insert(id, State { closed: closed.clone(), idle_since: Some(id) });
        Some(Connection { id, closed, connections: Arc::clone(self) })
    }

    fn close_oldest_idle(&self) -> bool {
        self.open().close_oldest_idle()
    }

    fn close_all(&self) {
        self.open().connections.values().for_each(|state| state.closed.cancel());
    }
}

impl Open {
    fn event(&mut self) -> u64 {
        self.events += 1;
        self.events
    }

    /// Closes the connection that has waited longest for a request, if one waits.
    fn close_oldest_idle(&mut self) -> bool {
        let idle = self.connections.iter().filter_map(|(id, state)| Some((state.idle_since?, *id)));
        let Some((_, id)) = idle.min() else { return false };
        if let Some(state) = self.connections.remove(&id) {
            state.closed.cancel();
        }
        true
    }
}

impl Connection {
    /// Notes that a request is answered, until the result is dropped.
    fn busy(&self) -> Busy<'_> {
        if let Some(state) = self.connections.open().connections.get_mut(&self.id) {
            state.idle_since = None;
        }
        Busy(self)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connections.open().connections.remove(&self.id);
    }
}

struct Busy<'c>(&'c Connection);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        let mut open = self.0.connections.open();
        let now = open.event();
        if let Some(state) = open.connections.get_mut(&self.0.id) {
            state.idle_since = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_server_closes_the_connection_that_waited_longest() {
        let connections = Arc::new(Connections::new(2));
        let (first, second) = (connections.admit().unwrap(), connections.admit().unwrap());
        let busy = first.busy();
        let third = connections.admit().unwrap();
        assert!(second.closed.is_cancelled() && !first.closed.is_cancelled());
        let _also_busy = third.busy();
        assert!(connections.admit().is_none(), "all of them answer a request");
        drop(busy);
        assert!(connections.admit().is_some());
        assert!(first.closed.is_cancelled() && !third.closed.is_cancelled());
    }

    #[test]
    fn ended_connection_leaves_room_for_another() {
        let connections = Arc::new(Connections::new(1));
        for _ in 0..3 {
            let connection = connections.admit().unwrap();
            let _busy = connection.busy();
        }
        assert!(connections.open().connections.is_empty());
    }
}

//! The connections of the HTTP server: their number, and their time limits for requests and for reading responses.

use super::write_timeout::WriteTimeout;
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

/// The open connections.
#[derive(Debug, Default)]
struct Connections {
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    /// Counts events, to order them.
    events: u64,
    connections: BTreeMap<u64, State>,
}

#[derive(Debug)]
struct State {
    closed: CancellationToken,
    /// The requests in progress: the next one can be received while the response to the last one is sent.
    answering: usize,
    /// The event after which the connection had no request in progress.
    idle_since: u64,
}

/// One connection. When it ends, this is dropped.
#[derive(Debug)]
struct Connection {
    id: u64,
    /// Cancelled when the connection must close immediately.
    closed: CancellationToken,
    connections: Arc<Connections>,
}

impl Connections {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Admits a connection. If the maximum is reached, it first closes the connection that has been idle for the
    /// longest time.
    fn admit(self: &Arc<Self>, most: usize) -> Option<Connection> {
        let mut open = self.open();
        if open.connections.len() >= most && !open.close_oldest_idle() {
            return None;
        }
        let id = open.event();
        let closed = CancellationToken::new();
        open.connections.insert(id, State { closed: closed.clone(), answering: 0, idle_since: id });
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

    /// Closes the connection that has been idle for the longest time. Returns whether one was idle.
    fn close_oldest_idle(&mut self) -> bool {
        let idle = self.connections.iter().filter(|(_, state)| state.answering == 0);
        let Some((_, id)) = idle.map(|(id, state)| (state.idle_since, *id)).min() else { return false };
        if let Some(state) = self.connections.remove(&id) {
            state.closed.cancel();
        }
        true
    }
}

impl Connection {
    /// Marks a request as in progress until the result is dropped.
    fn busy(this: &Arc<Self>) -> Busy {
        if let Some(state) = this.connections.open().connections.get_mut(&this.id) {
            state.answering += 1;
        }
        Busy(Arc::clone(this))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connections.open().connections.remove(&self.id);
    }
}

/// Until this is dropped, a request is in progress.
#[derive(Debug)]
struct Busy(Arc<Connection>);

impl Drop for Busy {
    fn drop(&mut self) {
        let mut open = self.0.connections.open();
        let now = open.event();
        if let Some(state) = open.connections.get_mut(&self.0.id) {
            state.answering = state.answering.saturating_sub(1);
            state.idle_since = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use http_body_util::Full;
    use std::net::SocketAddr;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[test]
    fn full_server_closes_the_connection_that_waited_longest() {
        let connections = Arc::new(Connections::default());
        let admit = || connections.admit(2).map(Arc::new);
        let (first, second) = (admit().unwrap(), admit().unwrap());
        let busy = Connection::busy(&first);
        let third = admit().unwrap();
        assert!(second.closed.is_cancelled() && !first.closed.is_cancelled());
        let _also_busy = Connection::busy(&third);
        let the_next_request = Connection::busy(&first);
        assert!(admit().is_none(), "all of them answer a request");
        drop(busy);
        assert!(admit().is_none(), "all of them still answer a request");
        drop(the_next_request);
        assert!(admit().is_some());
        assert!(first.closed.is_cancelled() && !third.closed.is_cancelled());
    }

    #[test]
    fn ended_connection_leaves_room_for_another() {
        let connections = Arc::new(Connections::default());
        for _ in 0..3 {
            let connection = Arc::new(connections.admit(1).unwrap());
            let _busy = Connection::busy(&connection);
        }
        assert!(connections.open().connections.is_empty());
    }

    /// More bytes than the operating system accepts in one write.
    const LARGE: usize = 64 << 20;
    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

    /// Counts the responses in memory.
    struct InMemory(Arc<AtomicUsize>);

    impl InMemory {
        fn new(count: &Arc<AtomicUsize>) -> Self {
            count.fetch_add(1, Ordering::AcqRel);
            Self(Arc::clone(count))
        }
    }

    impl Drop for InMemory {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// A server whose every response is large.
    async fn large(limits: ServerLimits) -> (SocketAddr, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let handler = move || {
            let in_memory = InMemory::new(&counted);
            async move { Body::new(Full::new(unsent(vec![b'x'; LARGE], in_memory))) }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(handler));
        tokio::spawn(serve(listener, router, move || limits, std::future::pending()));
        (address, count)
    }

    /// Sends a request, and reads only the first byte of the response.
    async fn begin(address: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(REQUEST).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'H');
        stream
    }

    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test(flavor = "multi_thread")]
    async fn full_server_does_not_cut_an_answer_that_is_being_sent() {
        let (address, in_memory) = large(ServerLimits { connections: 1, request: LONG, longest: LONG }).await;
        let mut first = begin(address).await;
        let mut refused = String::new();
        let mut second = TcpStream::connect(address).await.unwrap();
        second.write_all(REQUEST).await.unwrap();
        second.read_to_string(&mut refused).await.unwrap();
        assert!(refused.contains("503") && refused.contains("limits.connections"), "{refused}");
        assert_eq!(in_memory.load(Ordering::Acquire), 1, "what is not sent is in memory");
        let mut read = Vec::new();
        first.read_to_end(&mut read).await.unwrap();
        assert!(read.len() > LARGE, "{} bytes", read.len());
        until_none(&in_memory).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn response_that_is_not_read_is_removed_from_memory() {
        let request = Duration::from_secs(2);
        let (address, in_memory) = large(ServerLimits { connections: 1, request, longest: LONG }).await;
        let mut stream = begin(address).await;
        until_none(&in_memory).await;
        let mut read = Vec::new();
        let _ = stream.read_to_end(&mut read).await;
        assert!(read.len() < LARGE, "{} bytes", read.len());
    }

    async fn until_none(in_memory: &AtomicUsize) {
        let gone = async {
            while in_memory.load(Ordering::Acquire) > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), gone).await.expect("the answer is no longer in memory");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn deadline_of_a_stop_is_that_of_the_limits_then() {
        let changed = Arc::new(AtomicBool::new(false));
        let now = Arc::clone(&changed);
        let limits = move || {
            let longest = if now.load(Ordering::Acquire) { Duration::from_millis(1) } else { LONG };
            ServerLimits { connections: 8, request: LONG, longest }
        };
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let (began, mut begun) = tokio::sync::mpsc::channel::<()>(1);
        let hangs = move || {
            let began = began.clone();
            async move {
                began.send(()).await.unwrap();
                std::future::pending::<()>().await;
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let router = Router::new().route("/", get(hangs));
        let served = tokio::spawn(serve(listener, router, limits, async move { _ = stopped.await }));
        stream.write_all(REQUEST).await.unwrap();
        begun.recv().await.unwrap();
        changed.store(true, Ordering::Release);
        stop.send(()).unwrap();
        let ended = tokio::time::timeout(Duration::from_secs(60), served).await;
        ended.expect("the deadline of the start is an hour").unwrap().unwrap();
    }
}

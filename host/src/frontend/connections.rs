//! The connections of the HTTP server: how many, and for how long without a request or a reader.

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
/// The longest time that a client has for a request. A timer takes no time of any length.
const LONGEST_REQUEST: Duration = Duration::from_hours(24);
/// Connections on which a host whose others are all in use still answers what its operator asks to know how it is.
const RESERVED: usize = 8;
/// The paths of that.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];
const FULL: &str = "All connections of this host are in use (`limits.connections`). Nothing was sent to the API. Try again \
    in a few seconds.\n";

/// What the server allows its clients.
#[derive(Debug, Clone, Copy)]
pub(super) struct ServerLimits {
    /// Connections at the same time.
    pub(super) connections: usize,
    /// Time for the head of a request, also on a connection that is kept open, then for its body, and to read some more of
    /// the response.
    pub(super) request: Duration,
    /// Time for all requests that were received, when the server stops.
    pub(super) longest: Duration,
}

/// Serves a router on every connection until `stop`; then finishes the requests that were received. The limits are asked
/// for each time.
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
            // All of them wait for their response.
            None => (reserved.admit(RESERVED), probes.clone()),
        };
        let Some(connection) = admitted else {
            tracing::warn!(limit = "limits.connections", "a connection is refused");
            refuse(stream);
            continue;
        };
        let request = request.min(LONGEST_REQUEST);
        tasks.spawn(serve_connection(stream, router, Arc::new(connection), request, stopping.clone()));
    }
    // No new connections, while those that are open are finished.
    drop(listener);
    stopping.cancel();
    tasks.close();
    if tokio::time::timeout(limits().longest, tasks.wait()).await.is_err() {
        tracing::warn!("a client kept its connection open; it is closed");
        connections.close_all();
        reserved.close_all();
    }
    Ok(())
}

/// Answers probes. Anything else is told that there is no connection for it.
async fn only_probes(request: axum::extract::Request, next: Next) -> Response {
    if PROBES.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    tracing::warn!(limit = "limits.connections", "a request is refused");
    let mut response = closing(StatusCode::SERVICE_UNAVAILABLE, FULL);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
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

/// Reads the whole request and answers it.
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
    // A request is answered when the last byte of its response is handed to the operating system.
    response.map(|body| Body::new(body.map_frame(move |frame| frame.map_data(|data| unsent(data, Arc::clone(&busy))))))
}

/// Data that keeps something until nothing of it is left to send.
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
    /// Counts what happens, so that it has an order.
    events: u64,
    connections: BTreeMap<u64, State>,
}

#[derive(Debug)]
struct State {
    closed: CancellationToken,
    /// The requests that are answered: the next one can be received while the response to the last one is sent.
    answering: usize,
    /// When it began to wait for a whole request.
    idle_since: u64,
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
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in a connection. Where there are as many as there can be at most, the one that has waited longest for a request
    /// is closed for it.
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

    /// Closes the connection that has waited longest for a request, if one waits.
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
    /// Notes that a request is answered, until the result is dropped.
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

/// Until this is dropped, a request is answered.
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

    /// More than the operating system takes at once.
    const LARGE: usize = 64 << 20;
    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

    /// A response that is in memory: counted.
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

    /// Sends a request, and reads no more of the response than its first byte.
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
    async fn answer_that_nobody_reads_does_not_stay_in_memory() {
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

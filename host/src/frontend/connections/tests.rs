//! Tests of the connections of a server: its maximum, slow clients, and the stop.

use super::*;
use axum::routing::get;
use http_body_util::Full;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

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

//! An upstream that sends given bytes, including responses that the simulator never sends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An upstream on loopback, which ends with the runtime of its test.
pub(super) struct RawUpstream {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl RawUpstream {
    /// Responds to each request with the result of `answer`, which gets the head and the body of the request and its
    /// number. Numbers start at 1.
    pub(super) async fn start(answer: impl Fn(&str, usize) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (answer, requests) = (Arc::new(answer), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, requests) = (Arc::clone(&answer), Arc::clone(&counted));
                tokio::spawn(async move { connection(stream, &*answer, &requests).await });
            }
        });
        Self { address, requests }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The number of requests that were received.
    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::Acquire)
    }
}

/// A response with a JSON body.
pub(super) fn response(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

async fn connection(
    mut stream: TcpStream,
    answer: &(dyn Fn(&str, usize) -> String + Send + Sync),
    requests: &AtomicUsize,
) {
    let mut read = Vec::new();
    loop {
        let head = loop {
            if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            let mut more = [0; 16 << 10];
            match stream.read(&mut more).await {
                Ok(count @ 1..) => read.extend_from_slice(&more[..count]),
                _ => return,
            }
        };
        let length = String::from_utf8_lossy(&read[..head]).to_ascii_lowercase();
        let length =
            length.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok()).unwrap_or(0);
        while read.len() < head + length {
            let mut more = [0; 16 << 10];
            match stream.read(&mut more).await {
                Ok(count @ 1..) => read.extend_from_slice(&more[..count]),
                _ => return,
            }
        }
        let request: Vec<u8> = read.drain(..head + length).collect();
        let number = requests.fetch_add(1, Ordering::AcqRel) + 1;
        if stream.write_all(answer(&String::from_utf8_lossy(&request), number).as_bytes()).await.is_err() {
            return;
        }
    }
}

//! An upstream on loopback that sends the bytes that a test sets.

use crate::support::{self, limits};
use claude_admin::egress::Credentials;
use claude_admin::service::Service;
use secrecy::SecretString;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The responses to `GET` and to other methods, before the upstream closes the connection.
#[derive(Debug, Default)]
struct Script {
    get: Vec<u8>,
    write: Vec<u8>,
    writes: usize,
}

/// An upstream on loopback that sends exactly what a test wants.
pub(super) struct Upstream {
    address: String,
    script: Arc<Mutex<Script>>,
}

impl Upstream {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::new(Mutex::new(Script::default()));
        let shared = Arc::clone(&script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&shared)));
            }
        });
        Self { address, script }
    }

    pub(super) fn get(&self, response: impl Into<Vec<u8>>) {
        self.script.lock().unwrap().get = response.into();
    }

    pub(super) fn write(&self, response: impl Into<Vec<u8>>) {
        let mut script = self.script.lock().unwrap();
        script.write = response.into();
        script.writes = 0;
    }

    pub(super) fn writes(&self) -> usize {
        self.script.lock().unwrap().writes
    }

    pub(super) fn service(&self) -> Service {
        let credentials = Credentials::new(Some(SecretString::from("sk-ant-admin01-simulator-0")), None);
        support::service_at(&self.address, credentials, limits())
    }
}

async fn answer(mut stream: TcpStream, script: Arc<Mutex<Script>>) {
    let mut received = Vec::new();
    let mut chunk = [0; 4096];
    let head = loop {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(count) => received.extend_from_slice(&chunk[..count]),
        }
        if let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = String::from_utf8_lossy(&received[..head]).to_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .map_or(0, |length| length.trim().parse::<usize>().unwrap());
    while received.len() < head + length {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(count) => received.extend_from_slice(&chunk[..count]),
        }
    }
    let response = {
        let mut script = script.lock().unwrap();
        if text.starts_with("get ") {
            script.get.clone()
        } else {
            script.writes += 1;
            script.write.clone()
        }
    };
    stream.write_all(&response).await.ok();
    stream.shutdown().await.ok();
}

pub(super) fn response(status: u16, body: &str) -> String {
    let length = body.len();
    // Reads are not to be sent again here: it would take long.
    format!(
        "HTTP/1.1 {status} Status\r\nconnection: close\r\nx-should-retry: false\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

//! An upstream that costs little: it answers every request with the same page of members.

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Members on the page.
pub(crate) const ITEMS: usize = 20;
/// A key that is none.
pub(crate) const KEY: &str = "sk-ant-admin01-simulator-benchmark";

/// An upstream on a thread of its own that answers every request with the same page, and counts its connections.
pub(crate) fn start() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(answer(listener, counted));
    });
    (address, connections)
}

async fn answer(listener: std::net::TcpListener, counted: Arc<AtomicUsize>) {
    listener.set_nonblocking(true).expect("a listener");
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    let page = Bytes::from(page());
    while let Ok((stream, _)) = listener.accept().await {
        counted.fetch_add(1, Ordering::Relaxed);
        let page = page.clone();
        tokio::spawn(async move {
            stream.set_nodelay(true).ok();
            let service = service_fn(move |_| {
                let page = page.clone();
                async move {
                    let response = Response::builder().header("content-type", "application/json").body(Full::new(page));
                    Ok::<_, Infallible>(response.expect("a response"))
                }
            });
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.ok();
        });
    }
}

fn page() -> String {
    let users: Vec<serde_json::Value> = (0..ITEMS)
        .map(|number| {
            serde_json::json!({
                "id": format!("user_{number:024}"), "type": "user", "email": format!("member{number}@example.com"),
                "name": format!("Member {number}"), "role": "developer", "added_at": "2026-11-21T17:20:00Z",
            })
        })
        .collect();
    serde_json::json!({"data": users, "has_more": true, "first_id": "user_0", "last_id": "user_19"}).to_string()
}

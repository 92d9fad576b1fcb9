//! An upstream with a low cost: it returns a page of members for each request.

use crate::slack_side::SlackSide;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::PrivateKeyDer;
use rustls::{RootCertStore, ServerConfig};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// Members on a page.
pub(crate) const ITEMS: usize = 20;
/// Members on the page that is requested with `limit=1`.
pub(crate) const ONE: usize = 1;
/// The ALPN name of HTTP/2.
const H2: &[u8] = b"h2";
/// A made-up key.
pub(crate) const KEY: &str = "sk-ant-admin01-simulator-benchmark";

/// An upstream in a separate thread that returns a page of members for each request, and counts its connections.
pub(crate) fn start() -> (SocketAddr, Arc<AtomicUsize>) {
    serve(None, None)
}

/// The same upstream with a gate: it responds only after `true` is sent.
pub(crate) fn start_behind_a_gate() -> (SocketAddr, watch::Sender<bool>) {
    let (gate, opened) = watch::channel(false);
    let (address, _) = serve(None, Some(opened));
    (address, gate)
}

/// A receiver of results that are sent later: its URL, their number, and the number of complete results.
pub(crate) fn receiver() -> (String, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/later", listener.local_addr().expect("an address"));
    let delivered = Arc::new(AtomicUsize::new(0));
    let whole = Arc::<AtomicUsize>::default();
    let counted = (Arc::clone(&delivered), Arc::clone(&whole));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(receive(listener, counted));
    });
    (url, delivered, whole)
}

async fn receive(listener: std::net::TcpListener, (delivered, whole): (Arc<AtomicUsize>, Arc<AtomicUsize>)) {
    listener.set_nonblocking(true).expect("a listener");
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    while let Ok((stream, _)) = listener.accept().await {
        let (delivered, whole) = (Arc::clone(&delivered), Arc::clone(&whole));
        let service = service_fn(move |request: Request<Incoming>| {
            let (delivered, whole) = (Arc::clone(&delivered), Arc::clone(&whole));
            async move {
                let body = request.into_body().collect().await.expect("a body").to_bytes();
                let message = String::from_utf8_lossy(&body);
                if SlackSide::is_whole(&message) {
                    whole.fetch_add(1, Ordering::Relaxed);
                }
                delivered.fetch_add(1, Ordering::Relaxed);
                Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("ok")))
            }
        });
        let mut server = hyper::server::conn::http1::Builder::new();
        tokio::spawn(server.keep_alive(false).serve_connection(TokioIo::new(stream), service));
    }
}

/// The same over TLS, with HTTP/2 if a client requests it: its base URL, and the root to trust.
pub(crate) fn start_secure() -> (String, RootCertStore, Arc<AtomicUsize>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).expect("a root");
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("the key is that of the certificate");
    config.alpn_protocols = vec![H2.to_vec(), b"http/1.1".to_vec()];
    let (address, connections) = serve(Some(TlsAcceptor::from(Arc::new(config))), None);
    (format!("https://localhost:{}", address.port()), roots, connections)
}

fn serve(tls: Option<TlsAcceptor>, gate: Option<watch::Receiver<bool>>) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(accept(listener, tls, gate, counted));
    });
    (address, connections)
}

async fn accept(
    listener: std::net::TcpListener,
    tls: Option<TlsAcceptor>,
    gate: Option<watch::Receiver<bool>>,
    counted: Arc<AtomicUsize>,
) {
    listener.set_nonblocking(true).expect("a listener");
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    let pages = [page(ITEMS), page(ONE)].map(Bytes::from);
    while let Ok((stream, _)) = listener.accept().await {
        counted.fetch_add(1, Ordering::Relaxed);
        let (pages, tls, gate) = (pages.clone(), tls.clone(), gate.clone());
        tokio::spawn(async move {
            stream.set_nodelay(true).ok();
            let is_gated = gate.is_some();
            let service = service_fn(move |request: Request<Incoming>| {
                let page = pages[usize::from(request.uri().query() == Some("limit=1"))].clone();
                let gate = gate.clone();
                async move {
                    if let Some(mut gate) = gate {
                        gate.wait_for(|open| *open).await.expect("somebody opens it");
                    }
                    let response = Response::builder().header("content-type", "application/json").body(Full::new(page));
                    Ok::<_, Infallible>(response.expect("a response"))
                }
            });
            let Some(tls) = tls else {
                // With a gate there are as many connections as commands, and the number of open files of a process is
                // limited.
                let mut server = hyper::server::conn::http1::Builder::new();
                server.keep_alive(!is_gated).serve_connection(TokioIo::new(stream), service).await.ok();
                return;
            };
            let Ok(stream) = tls.accept(stream).await else { return };
            if stream.get_ref().1.alpn_protocol() == Some(H2) {
                let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                server.serve_connection(TokioIo::new(stream), service).await.ok();
            } else {
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.ok();
            }
        });
    }
}

fn page(items: usize) -> String {
    let users: Vec<serde_json::Value> = (0..items)
        .map(|number| {
            serde_json::json!({
                "id": format!("user_{number:024}"), "type": "user", "email": format!("member{number}@example.com"),
                "name": format!("Member {number}"), "role": "developer", "added_at": "2026-11-21T17:20:00Z",
            })
        })
        .collect();
    serde_json::json!({"data": users, "has_more": true, "first_id": "user_0", "last_id": "user_19"}).to_string()
}

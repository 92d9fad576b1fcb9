//! The port of the API.

use super::Shared;
use super::deliver::{Body, deliver};
use crate::body::MAX_BODY;
use crate::message::Request;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// The timeout for the head of a request. Without it, a client that hangs would occupy a connection indefinitely.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves connections until the task ends.
pub(super) async fn serve(listener: TcpListener, shared: Shared) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let shared = shared.clone();
                    connections.spawn(async move {
                        let service = service_fn(move |request| answer(shared.clone(), request));
                        let served = http1::Builder::new()
                            .timer(TokioTimer::new())
                            .header_read_timeout(HEAD_TIMEOUT)
                            .serve_connection(TokioIo::new(stream), service)
                            .await;
                        if let Err(error) = served {
                            tracing::debug!(%error, "a connection ended early");
                        }
                    });
                }
                // The cause is probably too many open files. This ends when connections close.
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Responds to a request. An error closes the connection.
async fn answer(shared: Shared, request: http::Request<Incoming>) -> io::Result<http::Response<Body>> {
    let (head, body) = request.into_parts();
    let request = Request::from_parts(head, read(body).await?);
    let answer = shared.lock().answer(&request);
    tokio::time::sleep(answer.delay).await;
    deliver(answer.delivery)
}

/// Reads a body to its end, so a client that sends too much still receives the response. It stores only as much as is
/// needed to detect that the body is too large.
async fn read(mut body: Incoming) -> io::Result<Bytes> {
    let mut kept = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(io::Error::other)?.into_data() {
            let room = (MAX_BODY + 1).saturating_sub(kept.len());
            kept.extend_from_slice(&data[..data.len().min(room)]);
        }
    }
    Ok(kept.freeze())
}

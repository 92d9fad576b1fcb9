//! The port of the API.

use super::Shared;
use super::deliver::{Body, deliver};
use crate::simulation::{MAX_BODY, Request};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// How long the head of a request may take: a client that hangs does not hold a connection for ever.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves connections for as long as the task lives.
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
                // Too many open files, most likely: it passes when connections end.
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Answers a request; an error closes the connection.
async fn answer(shared: Shared, request: http::Request<Incoming>) -> io::Result<http::Response<Body>> {
    let (head, body) = request.into_parts();
    // One byte more than is allowed is enough to see that it is too much.
    let body = match Limited::new(body, MAX_BODY + 1).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => vec![b' '; MAX_BODY + 1].into(),
        Err(error) => return Err(io::Error::other(error)),
    };
    let answer = shared.lock().answer(&Request::from_parts(head, body));
    tokio::time::sleep(answer.delay).await;
    deliver(answer.delivery)
}

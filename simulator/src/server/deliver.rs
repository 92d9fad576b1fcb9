//! Complete and broken responses on the wire.

use crate::exchange::Delivery;
use crate::message::Response;
use bytes::Bytes;
use http::header;
use http_body_util::channel::{Channel, Sender};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use std::convert::Infallible;
use std::io;
use std::time::Duration;

/// The body of a response.
pub(super) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// The number of bytes of one write.
const CHUNK: usize = 64 * 1024;
/// The delay before the connection of a truncated body is closed. In this time the first half is sent.
const BEFORE_THE_CUT: Duration = Duration::from_millis(50);
/// The delay between writes of an endless body.
const BETWEEN_CHUNKS: Duration = Duration::from_millis(10);

/// Builds the response of a delivery. An error closes the connection without a response.
pub(super) fn deliver(delivery: Delivery) -> io::Result<http::Response<Body>> {
    match delivery {
        Delivery::Whole(response) => Ok(response.map(|body| Full::new(body).boxed_unsync())),
        Delivery::Closed => Err(io::Error::other("an injected fault closes the connection")),
        Delivery::Truncated(response) => {
            let body = response.body().clone();
            let length = body.len();
            Ok(streamed(response, Some(length as u64), async move |mut sender| {
                if sender.send_data(body.slice(..length / 2)).await.is_ok() {
                    // The body ends here, before the announced length, which closes the connection.
                    tokio::time::sleep(BEFORE_THE_CUT).await;
                }
            }))
        }
        Delivery::Huge(response, bytes) => {
            // White space before `{}` is valid JSON: the only error is its length.
            let padding = bytes.saturating_sub(2);
            Ok(streamed(response, Some(padding + 2), async move |mut sender| {
                let mut left = padding;
                while left > 0 {
                    let length = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
                    if sender.send_data(blanks(length)).await.is_err() {
                        return;
                    }
                    left -= length as u64;
                }
                // If the client has disconnected, the error does not matter.
                drop(sender.send_data(Bytes::from_static(b"{}")).await);
            }))
        }
        Delivery::Endless(response) => Ok(streamed(response, None, async move |mut sender| {
            while sender.send_data(blanks(CHUNK)).await.is_ok() {
                tokio::time::sleep(BETWEEN_CHUNKS).await;
            }
        })),
    }
}

fn blanks(length: usize) -> Bytes {
    vec![b' '; length].into()
}

/// The head of a response with a body that a task sends. The task ends with the connection.
fn streamed<F>(
    response: Response,
    announced: Option<u64>,
    send: impl FnOnce(Sender<Bytes>) -> F,
) -> http::Response<Body>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, body) = Channel::new(1);
    tokio::spawn(send(sender));
    let mut response = response.map(|_| body.boxed_unsync());
    if let Some(length) = announced {
        response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    }
    response
}

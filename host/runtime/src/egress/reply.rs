//! Reads a complete response body, within a size limit.

use super::client::{ClientError, classify};
use bytes::{Bytes, BytesMut};
use http::Response;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::time::Duration;

/// The maximum pause in a body.
const BETWEEN_FRAMES: Duration = Duration::from_secs(30);

/// The reason why a body was not read.
#[derive(Debug)]
pub(super) enum BodyError {
    /// The body is larger than allowed.
    TooLarge,
    /// The body did not arrive completely.
    Transport(ClientError),
}

/// Reads a body of at most `limit` bytes.
pub(super) async fn read(response: Response<Incoming>, limit: usize) -> Result<Bytes, BodyError> {
    let mut body = response.into_body();
    let mut bytes = BytesMut::new();
    loop {
        let frame = tokio::time::timeout(BETWEEN_FRAMES, body.frame()).await.map_err(|_| {
            BodyError::Transport(ClientError::Timeout("the response body stopped before its end".to_owned()))
        })?;
        match frame {
            None => return Ok(bytes.freeze()),
            Some(Err(error)) => return Err(BodyError::Transport(classify(&error))),
            Some(Ok(frame)) => {
                let Ok(data) = frame.into_data() else { continue };
                if bytes.len() + data.len() > limit {
                    return Err(BodyError::TooLarge);
                }
                bytes.extend_from_slice(&data);
            }
        }
    }
}

//! Reads an answer whole: within a size, and without the secret.

use super::client::{ClientError, classify};
use bytes::{Bytes, BytesMut};
use http::Response;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use memchr::memmem;
use std::time::Duration;

/// The longest silence in the middle of a body.
const BETWEEN_FRAMES: Duration = Duration::from_secs(30);
const REDACTED: &[u8] = b"[redacted]";

/// Why a body was not read.
#[derive(Debug)]
pub(super) enum BodyError {
    /// It is larger than allowed.
    TooLarge,
    /// It did not arrive whole.
    Transport(ClientError),
}

/// Reads a body of at most `limit` bytes.
pub(super) async fn read(response: Response<Incoming>, limit: usize) -> Result<Bytes, BodyError> {
    let mut body = response.into_body();
    let mut bytes = BytesMut::new();
    loop {
        let frame = tokio::time::timeout(BETWEEN_FRAMES, body.frame())
            .await
            .map_err(|_| BodyError::Transport(ClientError::Timeout("the answer stopped in the middle".to_owned())))?;
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

/// Removes the exact bytes of a secret, should a server echo them.
pub(super) fn scrub(bytes: Bytes, secret: &[u8]) -> Bytes {
    if secret.is_empty() || memmem::find(&bytes, secret).is_none() {
        return bytes;
    }
    let mut scrubbed = Vec::with_capacity(bytes.len());
    let mut rest = 0;
    for start in memmem::find_iter(&bytes, secret) {
        scrubbed.extend_from_slice(&bytes[rest..start]);
        scrubbed.extend_from_slice(REDACTED);
        rest = start + secret.len();
    }
    scrubbed.extend_from_slice(&bytes[rest..]);
    scrubbed.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echoed_secret_is_removed_everywhere() {
        let body = Bytes::from_static(b"{\"a\":\"sk-1\",\"b\":\"xsk-1y\"}");
        assert_eq!(scrub(body, b"sk-1"), Bytes::from_static(b"{\"a\":\"[redacted]\",\"b\":\"x[redacted]y\"}"));
        assert_eq!(scrub(Bytes::from_static(b"nothing"), b"sk-1"), Bytes::from_static(b"nothing"));
    }
}

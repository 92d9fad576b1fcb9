//! Slack's request signatures (version 0).

use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt::Write;

/// The maximum age of a request, and the maximum lead of its clock, in seconds.
pub const MAX_SKEW_SECONDS: u64 = 300;
const PREFIX: &str = "v0=";
const HEX_DIGITS: usize = 64;
const MAX_TIMESTAMP_DIGITS: usize = 15;

/// The cause why a request is not authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is missing, repeated or malformed.
    #[error("the signature headers are missing or malformed")]
    Malformed,
    /// The request is too old, or from the future.
    #[error("the timestamp of the request differs by {0} s; at most {MAX_SKEW_SECONDS} s are allowed")]
    NotFresh(u64),
    /// The signature belongs to another body, time or secret.
    #[error("the signature does not match")]
    Mismatch,
    /// It was received before.
    #[error("the request was already received")]
    Repeated,
    /// The request is too old to know whether it was already received.
    #[error("the request is older than all stored requests")]
    Forgotten,
}

impl SignatureError {
    /// The code for the audit log, without values that differ between requests.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "signature-malformed",
            Self::NotFresh(_) => "signature-not-fresh",
            Self::Mismatch => "signature-mismatch",
            Self::Repeated => "signature-repeated",
            Self::Forgotten => "signature-older-than-remembered",
        }
    }
}

/// Checks the signature of a request, over the bytes of the body as they were received.
///
/// # Errors
///
/// [`SignatureError`]. The comparison takes constant time.
pub fn verify(secret: &[u8], timestamp: &str, signature: &str, body: &[u8], now: u64) -> Result<(), SignatureError> {
    let digits = timestamp.len() <= MAX_TIMESTAMP_DIGITS && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let seconds: u64 = if digits { timestamp.parse().ok() } else { None }.ok_or(SignatureError::Malformed)?;
    let hex = signature.strip_prefix(PREFIX).ok_or(SignatureError::Malformed)?;
    let mac = decode_hex(hex).ok_or(SignatureError::Malformed)?;
    let skew = now.abs_diff(seconds);
    if skew > MAX_SKEW_SECONDS {
        return Err(SignatureError::NotFresh(skew));
    }
    keyed(secret, timestamp, body).verify_slice(&mac).map_err(|_| SignatureError::Mismatch)
}

/// Signs a body as Slack does: for the demo and for tests.
#[must_use]
pub fn sign(secret: &[u8], timestamp: u64, body: &[u8]) -> String {
    let mac = keyed(secret, &timestamp.to_string(), body).finalize().into_bytes();
    mac.iter().fold(PREFIX.to_owned(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn keyed(secret: &[u8], timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap_or_else(|_| Hmac::new(&Default::default()));
    for part in [b"v0:".as_slice(), timestamp.as_bytes(), b":", body] {
        mac.update(part);
    }
    mac
}

/// Lower-case hexadecimal only: that is what Slack sends.
fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if text.len() != HEX_DIGITS {
        return None;
    }
    text.as_bytes().chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    struct Vector {
        secret: String,
        timestamp: String,
        body: String,
        signature: String,
    }

    impl Vector {
        fn verify(&self) -> Result<(), SignatureError> {
            let now = self.timestamp.parse().unwrap();
            verify(self.secret.as_bytes(), &self.timestamp, &self.signature, self.body.as_bytes(), now)
        }
    }

    fn vectors() -> Vec<Vector> {
        let text = include_str!("../../../tests/data/slack-signatures.json");
        let all: Value = serde_json::from_str(text).unwrap();
        let field = |vector: &Value, name: &str| vector[name].as_str().unwrap().to_owned();
        all.as_array()
            .unwrap()
            .iter()
            .map(|vector| Vector {
                secret: field(vector, "secret"),
                timestamp: field(vector, "timestamp"),
                body: field(vector, "body"),
                signature: field(vector, "signature"),
            })
            .collect()
    }

    #[test]
    fn known_answers_verify_and_are_what_signing_makes() {
        for vector in vectors() {
            assert_eq!(vector.verify(), Ok(()), "{}", vector.body);
            let made = sign(vector.secret.as_bytes(), vector.timestamp.parse().unwrap(), vector.body.as_bytes());
            assert_eq!(made, vector.signature);
        }
    }

    #[test]
    fn one_flipped_bit_anywhere_fails() {
        for vector in vectors() {
            for bit in 0..vector.body.len() * 8 {
                let mut body = vector.body.clone().into_bytes();
                body[bit / 8] ^= 1 << (bit % 8);
                let now = vector.timestamp.parse().unwrap();
                let result = verify(vector.secret.as_bytes(), &vector.timestamp, &vector.signature, &body, now);
                assert_eq!(result, Err(SignatureError::Mismatch), "body bit {bit}");
            }
            for bit in 0..vector.signature.len() * 8 {
                let mut signature = vector.signature.clone().into_bytes();
                signature[bit / 8] ^= 1 << (bit % 8);
                let Ok(signature) = String::from_utf8(signature) else { continue };
                assert!(Vector { signature, ..copy(&vector) }.verify().is_err(), "signature bit {bit}");
            }
            for bit in 0..vector.secret.len() * 8 {
                let mut secret = vector.secret.clone().into_bytes();
                secret[bit / 8] ^= 1 << (bit % 8);
                let now = vector.timestamp.parse().unwrap();
                let result = verify(&secret, &vector.timestamp, &vector.signature, vector.body.as_bytes(), now);
                assert_eq!(result, Err(SignatureError::Mismatch), "secret bit {bit}");
            }
            let later = (vector.timestamp.parse::<u64>().unwrap() ^ 1).to_string();
            assert_eq!(Vector { timestamp: later, ..copy(&vector) }.verify(), Err(SignatureError::Mismatch));
        }
    }

    fn copy(vector: &Vector) -> Vector {
        Vector {
            secret: vector.secret.clone(),
            timestamp: vector.timestamp.clone(),
            body: vector.body.clone(),
            signature: vector.signature.clone(),
        }
    }

    #[test]
    fn a_request_is_fresh_for_five_minutes_either_way() {
        let vector = vectors().remove(0);
        let sent: u64 = vector.timestamp.parse().unwrap();
        let at =
            |now| verify(vector.secret.as_bytes(), &vector.timestamp, &vector.signature, vector.body.as_bytes(), now);
        for now in [sent - 300, sent, sent + 300] {
            assert_eq!(at(now), Ok(()));
        }
        for now in [sent - 301, sent + 301] {
            assert_eq!(at(now), Err(SignatureError::NotFresh(301)));
        }
    }

    #[test]
    fn malformed_headers_are_refused() {
        let vector = vectors().remove(0);
        let upper = vector.signature.to_uppercase().replace("V0=", "v0=");
        let signatures = [
            "",
            "v0=",
            "v1=00",
            &vector.signature[3..],
            &format!(" {}", vector.signature),
            &format!("{} ", vector.signature),
            &upper,
            &vector.signature[..66],
            &format!("{}0", vector.signature),
        ]
        .map(str::to_owned);
        for signature in signatures {
            assert_eq!(Vector { signature, ..copy(&vector) }.verify(), Err(SignatureError::Malformed));
        }
        for timestamp in ["", "abc", "-1531420618", "1531420618.0", " 1531420618", "1531420618000000", "+1531420618"] {
            let result =
                verify(vector.secret.as_bytes(), timestamp, &vector.signature, vector.body.as_bytes(), 1_531_420_618);
            assert_eq!(result, Err(SignatureError::Malformed), "{timestamp}");
        }
    }

    #[test]
    fn a_body_that_was_decoded_and_encoded_again_fails() {
        let vector = vectors().into_iter().find(|vector| vector.body.contains("%E2%9C%93")).unwrap();
        let body = vector.body.replace("%E2%9C%93", "✓");
        assert_eq!(Vector { body, ..copy(&vector) }.verify(), Err(SignatureError::Mismatch));
    }
}

//! The head of a chain, for publication.

use std::fmt;
use std::str::FromStr;

/// The prefix of a published head. Its number changes when the fingerprint is computed in another way.
const PREFIX: &str = "claude-admin-audit-v1";

/// The end of a chain: the next entry is chained to it, and it can be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The ID of the chain.
    pub chain: String,
    /// The number of the last entry.
    pub seq: u64,
    /// The fingerprint of the last entry, in lower-case hexadecimal.
    pub fingerprint: String,
}

/// A text that is not the head of a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// The text does not have the printed form.
    #[error("not the head of an audit log; a head has the form `{PREFIX} CHAIN NUMBER FINGERPRINT`")]
    Form,
    /// An entry without a valid attestation. No entry can be chained to it.
    #[error("entry {0} is not a valid audit log entry")]
    Record(u64),
}

/// `claude-admin-audit-v1 CHAIN NUMBER FINGERPRINT`.
impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX} {} {} {}", self.chain, self.seq, self.fingerprint)
    }
}

impl FromStr for Head {
    type Err = HeadError;

    fn from_str(text: &str) -> Result<Self, HeadError> {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let [PREFIX, chain, seq, fingerprint] = words[..] else { return Err(HeadError::Form) };
        let seq = seq.parse().map_err(|_| HeadError::Form)?;
        if seq == 0 || !is_hex(chain, 32) || !is_hex(fingerprint, 64) {
            return Err(HeadError::Form);
        }
        Ok(Self { chain: chain.to_owned(), seq, fingerprint: fingerprint.to_owned() })
    }
}

/// Whether a text is lower-case hexadecimal of a length.
pub(super) fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

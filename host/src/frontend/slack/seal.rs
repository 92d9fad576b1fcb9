//! Values that Slack returns, with a MAC. The value of a button is an operation and the version of its plan, of which the
//! host looks up all other data; or it is a command. A form has metadata.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt::{self, Write};

/// The bytes of the MAC: 128 bits.
const MAC_BYTES: usize = 16;

/// The kind of a sealed text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// The command of a button.
    Command,
    /// The metadata of a form.
    Form,
}

impl Sealed {
    /// Precedes the text, so its MAC is not that of another kind.
    fn prefix(self) -> &'static str {
        match self {
            Self::Command => "command\0",
            Self::Form => "form\0",
        }
    }
}

/// The purpose from which the key is derived. The signing secret itself signs only the data that Slack
/// defines.
const PURPOSE: &[u8] = b"claude-admin button 1";

/// Authenticates values with a MAC. A value that this app did not make is not accepted.
///
/// The key is derived from the signing secret, or without one from the token of the app. So every host of an app accepts
/// the values of the others, also after a restart.
#[derive(Clone)]
pub struct Seal {
    key: Vec<u8>,
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    /// Derives the key.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self { key: keyed(secret, PURPOSE).finalize().into_bytes().to_vec() }
    }

    /// Creates the value of a button.
    #[must_use]
    pub fn seal(&self, operation: &str, version: u32) -> String {
        let text = format!("{operation}.{version}");
        format!("{text}.{}", self.mac(&text))
    }

    /// Seals a text of a kind.
    #[must_use]
    pub fn seal_text(&self, kind: Sealed, text: &str) -> String {
        format!("{text}.{}", self.mac(&format!("{}{text}", kind.prefix())))
    }

    /// Reads a sealed text of a kind. `None` if its MAC is not valid.
    #[must_use]
    pub fn open_text(&self, kind: Sealed, value: &str) -> Option<String> {
        let (text, mac) = value.rsplit_once('.')?;
        self.check(&format!("{}{text}", kind.prefix()), mac)?;
        Some(text.to_owned())
    }

    fn mac(&self, text: &str) -> String {
        let mac = keyed(&self.key, text.as_bytes()).finalize().into_bytes();
        mac.iter().take(MAC_BYTES).fold(String::new(), |mut text, byte| {
            // A write to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// Compares the MAC of a text, in constant time.
    fn check(&self, text: &str, hex: &str) -> Option<()> {
        let digits = hex.as_bytes().chunks_exact(2);
        let exact = hex.len() == 2 * MAC_BYTES && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let mac: Option<Vec<u8>> =
            digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
        keyed(&self.key, text.as_bytes()).verify_truncated_left(&mac.filter(|_| exact)?).ok()
    }

    /// Reads the value of a button: operation and version. `None` if its MAC is not valid.
    #[must_use]
    pub fn open(&self, value: &str) -> Option<(String, u32)> {
        let (text, hex) = value.rsplit_once('.')?;
        let (operation, version) = text.rsplit_once('.')?;
        self.check(text, hex)?;
        Some((operation.to_owned(), version.parse().ok()?))
    }
}

fn keyed(key: &[u8], text: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()));
    mac.update(text);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_button_value_opens_only_with_the_same_secret() {
        let seal = Seal::new(b"secret");
        let value = seal.seal("7qk2abcd", 3);
        assert_eq!(seal.open(&value), Some(("7qk2abcd".to_owned(), 3)));
        assert_eq!(Seal::new(b"secret").open(&value), seal.open(&value), "another host opens it");
        assert_eq!(Seal::new(b"Secret").open(&value), None);
    }

    #[test]
    fn command_opens_only_as_it_was_sealed() {
        let seal = Seal::new(b"secret");
        let value = seal.seal_text(Sealed::Command, "users list --after-id user_1.2");
        assert_eq!(seal.open_text(Sealed::Command, &value).as_deref(), Some("users list --after-id user_1.2"));
        assert_eq!(seal.open_text(Sealed::Command, &value.replace("list", "lost")), None);
        assert_eq!(Seal::new(b"other").open_text(Sealed::Command, &value), None);
        // No kind of value is one of another kind.
        assert_eq!(seal.open_text(Sealed::Form, &value), None);
        assert_eq!(seal.open(&seal.seal_text(Sealed::Command, "7qk2abcd.3")), None);
        assert_eq!(seal.open_text(Sealed::Command, &seal.seal("7qk2abcd", 3)), None);
    }

    #[test]
    fn a_value_with_any_bit_changed_opens_nothing() {
        let seal = Seal::new(b"secret");
        let value = seal.seal("7qk2abcd", 3);
        for bit in 0..value.len() * 8 {
            let mut bytes = value.clone().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(forged) = String::from_utf8(bytes) {
                assert_eq!(seal.open(&forged), None, "{forged}");
            }
        }
        for forged in ["", ".", "..", "7qk2abcd.3", "7qk2abcd.3.", &format!("{value}00"), &value.to_uppercase()] {
            assert_eq!(seal.open(forged), None, "{forged}");
        }
    }
}

//! The attestation of an entry: its content and its computation.
//!
//! OCSF computes the fingerprint over the canonical form of the whole event, without the members `fingerprint` and
//! `signatures` of the attestation itself. One pass gives both texts, with and without the fingerprint: the canonical
//! form is written once, with a *hole* at the fingerprint.

use super::canonical::{self, CanonicalError};
use super::head::{Head, is_hex};
use super::ocsf;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::ops::Range;

/// The attribute of an event that contains its attestations.
pub(super) const LIST: &str = "attestation_list";
const FINGERPRINT: &str = "fingerprint";
/// The placeholder for a fingerprint that is not computed yet.
const BLANK: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// `metadata.uid` of an entry.
pub(super) fn uid(chain: &str, seq: u64) -> String {
    format!("{chain}-{seq}")
}

/// SHA-256 in lower-case hexadecimal.
pub(super) fn sha256(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The attestation of the entry after `after`, with a blank fingerprint. A head with the number 0 is not an entry.
pub(super) fn unsigned(after: &Head) -> Value {
    let mut attestation =
        ocsf::object([("chain_uid", after.chain.as_str().into()), (FINGERPRINT, ocsf::fingerprint(BLANK))]);
    if let (true, Some(members)) = (after.seq > 0, attestation.as_object_mut()) {
        members.insert("prev_event".to_owned(), previous(&after.chain, after.seq, &after.fingerprint));
    }
    attestation
}

fn previous(chain: &str, seq: u64, fingerprint: &str) -> Value {
    ocsf::object([(FINGERPRINT, ocsf::fingerprint(fingerprint)), ("uid", uid(chain, seq).into())])
}

/// The canonical form of an event that has one attestation.
#[derive(Debug)]
pub(super) struct Canonical {
    text: Vec<u8>,
    /// The position of the fingerprint, with its name and one comma.
    hole: Range<usize>,
}

/// Writes the canonical form of an event, and stores the position of the fingerprint.
pub(super) fn canonical(event: &Map<String, Value>) -> Result<Canonical, CanonicalError> {
    let mut text = Vec::with_capacity(2048);
    let mut hole = 0..0;
    canonical::object(event, &mut text, |name, value, text| match value.as_array().map(Vec::as_slice) {
        Some([Value::Object(attestation)]) if name == LIST => {
            text.push(b'[');
            let mut last = 0;
            canonical::object(attestation, text, |name, value, text| {
                canonical::write(value, text)?;
                if name == FINGERPRINT {
                    hole = last..text.len();
                }
                last = text.len();
                Ok(())
            })?;
            text.push(b']');
            Ok(())
        }
        _ => canonical::write(value, text),
    })?;
    Ok(Canonical { text, hole })
}

impl Canonical {
    /// The canonical text.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Computes the fingerprint over the text around the hole.
    pub(super) fn fingerprint(&self) -> String {
        let before = self.text.get(..self.hole.start).unwrap_or_default();
        let after = self.text.get(self.hole.end..).unwrap_or_default();
        sha256(&[before, after])
    }

    /// Replaces the blank fingerprint: its value is the last member, and all fingerprints have the same length.
    pub(super) fn set_fingerprint(&mut self, fingerprint: &str) {
        let end = self.hole.end.saturating_sub("\"}".len());
        let start = end.saturating_sub(BLANK.len());
        if let Some(blank) = self.text.get_mut(start..end).filter(|blank| *blank == BLANK.as_bytes()) {
            blank.copy_from_slice(fingerprint.as_bytes());
        }
    }

    /// The text.
    pub(super) fn into_text(self) -> Result<String, CanonicalError> {
        String::from_utf8(self.text).map_err(|_| CanonicalError::Text)
    }
}

/// The place of an entry in the chain, according to the entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attested {
    /// The head of a log that ends with this entry, if the entry is genuine.
    pub(super) head: Head,
    /// The fingerprint of the previous entry; none for the first entry.
    pub(super) previous: Option<String>,
}

impl Attested {
    /// Reads the attestation of an entry. Returns none if it contains anything that [`super::seal`] does not write. The
    /// fingerprint does not cover its own members, so they must match exactly.
    pub(super) fn read(record: &Value) -> Option<Self> {
        let seq = record.pointer("/metadata/sequence")?.as_u64()?;
        let [Value::Object(attestation)] = record.get(LIST)?.as_array()?.as_slice() else { return None };
        let chain = attestation.get("chain_uid")?.as_str()?;
        let fingerprint = value_of(attestation.get(FINGERPRINT)?)?;
        let well_formed = seq > 0
            && is_hex(chain, 32)
            && record.pointer("/metadata/uid")?.as_str()? == uid(chain, seq)
            && attestation.len() == if seq == 1 { 2 } else { 3 };
        let before = match attestation.get("prev_event") {
            None => None,
            Some(event) => {
                let fingerprint = value_of(event.get(FINGERPRINT)?)?;
                Some(fingerprint).filter(|fingerprint| *event == previous(chain, seq.saturating_sub(1), fingerprint))
            }
        };
        (well_formed && before.is_some() == (seq > 1)).then(|| Self {
            head: Head { chain: chain.to_owned(), seq, fingerprint: fingerprint.to_owned() },
            previous: before.map(str::to_owned),
        })
    }
}

/// The value of a fingerprint object that has exactly the form that this module writes.
fn value_of(fingerprint: &Value) -> Option<&str> {
    let value = fingerprint.get("value")?.as_str()?;
    (is_hex(value, 64) && *fingerprint == ocsf::fingerprint(value)).then_some(value)
}

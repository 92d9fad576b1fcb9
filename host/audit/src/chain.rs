//! The chain: every entry contains the fingerprint of the previous entry.
//!
//! The attestation of an entry is the only item of its `attestation_list`. Its fingerprint is the SHA-256 of the whole
//! canonical event without the member `fingerprint` of the attestation (and without `signatures`, which are not
//! written). The event contains the reference to the previous entry. So an entry cannot be changed, removed or moved
//! unless all later entries are rewritten.

use super::attestation::{self, Attested};
use super::canonical::CanonicalError;
use super::event::Entry;
use super::head::{Head, HeadError};
use super::record;
use super::redact::redact;
use serde_json::Value;

impl Head {
    /// The head of a log that ends with this entry.
    ///
    /// # Errors
    ///
    /// [`HeadError::Record`] if the text is not an entry, or if its number is not `seq`.
    pub fn of(seq: u64, text: &str) -> Result<Self, HeadError> {
        let record: Value = serde_json::from_str(text).map_err(|_| HeadError::Record(seq))?;
        let head = Attested::read(&record).map(|attested| attested.head);
        head.filter(|head| head.seq == seq).ok_or(HeadError::Record(seq))
    }
}

/// Seals entries: redacts them, chains them after a head, and writes their canonical form. Without a head, a new chain
/// begins.
///
/// Without entries, it returns the given head; without a head too, a head with the number 0.
///
/// # Errors
///
/// [`CanonicalError`] if an entry contains a number that cannot be recorded.
pub fn seal(entries: &[Entry], after: Option<&Head>) -> Result<(Vec<String>, Head), CanonicalError> {
    let mut head = after.cloned().unwrap_or_else(|| Head { chain: random_id(), seq: 0, fingerprint: String::new() });
    let mut texts = Vec::with_capacity(entries.len());
    for entry in entries {
        let (text, next) = seal_one(entry, &head)?;
        texts.push(text);
        head = next;
    }
    Ok((texts, head))
}

fn seal_one(entry: &Entry, after: &Head) -> Result<(String, Head), CanonicalError> {
    let mut event = record::event(&redact(entry)).map_err(|_| CanonicalError::Text)?;
    let seq = after.seq + 1;
    if let Some(metadata) = event.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("uid".to_owned(), attestation::uid(&after.chain, seq).into());
        metadata.insert("sequence".to_owned(), seq.into());
    }
    event.insert(attestation::LIST.to_owned(), vec![attestation::unsigned(after)].into());
    let mut canonical = attestation::canonical(&event)?;
    let fingerprint = canonical.fingerprint();
    canonical.set_fingerprint(&fingerprint);
    let text = canonical.into_text()?;
    Ok((text, Head { chain: after.chain.clone(), seq, fingerprint }))
}

/// 128 random bits in hexadecimal. Two chains must not get the same ID. The ID does not have to be secret.
fn random_id() -> String {
    format!("{:032x}", fastrand::u128(..))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{entries, entry};

    #[test]
    fn a_head_is_read_as_it_is_printed() {
        let (texts, head) = seal(&entries(3), None).unwrap();
        assert_eq!(head.to_string().parse::<Head>().unwrap(), head);
        assert_eq!(Head::of(3, &texts[2]).unwrap(), head);
        assert!(head.to_string().starts_with("claude-admin-audit-v1 "));
        for text in ["", "claude-admin-audit-v1", "claude-admin-audit-v2 a 1 b", &head.to_string().to_uppercase()] {
            assert_eq!(text.parse::<Head>(), Err(HeadError::Form), "{text}");
        }
    }

    #[test]
    fn head_of_invalid_record_or_wrong_sequence_number_fails() {
        let (texts, _) = seal(&[entry(1)], None).unwrap();
        for (seq, text) in [(2, texts[0].as_str()), (1, "{}"), (1, "")] {
            assert_eq!(Head::of(seq, text), Err(HeadError::Record(seq)));
        }
    }

    #[test]
    fn each_entry_refers_to_the_previous_one_except_the_first() {
        let (texts, head) = seal(&entries(2), None).unwrap();
        let (more, _) = seal(&entries(1), Some(&head)).unwrap();
        let records: Vec<Value> = texts.iter().chain(&more).map(|text| serde_json::from_str(text).unwrap()).collect();
        assert!(records[0].pointer("/attestation_list/0/prev_event").is_none());
        for pair in records.windows(2) {
            let [before, after] = pair else { unreachable!() };
            let attestation = &after["attestation_list"][0];
            assert_eq!(attestation["prev_event"]["fingerprint"], before["attestation_list"][0]["fingerprint"]);
            assert_eq!(attestation["prev_event"]["uid"], before["metadata"]["uid"]);
            assert_eq!(attestation["chain_uid"], head.chain.as_str());
        }
        let (_, other) = seal(&entries(2), None).unwrap();
        assert_ne!(other.chain, head.chain);
    }

    #[test]
    fn the_fingerprint_is_that_of_the_canonical_event_without_it() {
        // Computed in a slow way, as a verifier does that knows only the schema.
        let (texts, head) = seal(&entries(2), None).unwrap();
        let mut record: Value = serde_json::from_str(&texts[1]).unwrap();
        record["attestation_list"][0].as_object_mut().unwrap().shift_remove("fingerprint");
        let mut text = Vec::new();
        crate::canonical::write(&record, &mut text).unwrap();
        assert_eq!(attestation::sha256(&[&text]), head.fingerprint);
    }

    #[test]
    fn sealing_nothing_changes_nothing() {
        let (_, head) = seal(&entries(1), None).unwrap();
        assert_eq!(seal(&[], Some(&head)).unwrap(), (Vec::new(), head));
    }
}

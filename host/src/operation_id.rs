//! The id of an operation: it ties together everything that belongs to one command.

/// The letters of an id: Crockford's base 32, 5 bits each.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// The letters of a whole id: 130 bits.
pub(crate) const LENGTH: usize = 26;
/// The fewest letters that may stand for the whole.
pub(crate) const MIN_PREFIX: usize = 4;

/// A random id.
pub(crate) fn random() -> String {
    let mut bytes = [0; LENGTH];
    if getrandom::fill(&mut bytes).is_err() {
        // Nobody relies on it being secret; it only has to be another one each time.
        fastrand::fill(&mut bytes);
    }
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

/// Reads an id, or enough of the beginning of one, in any case of letters.
pub(crate) fn read(text: &str) -> Option<String> {
    let id = text.to_ascii_lowercase();
    let fits = (MIN_PREFIX..=LENGTH).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_in_whole_and_in_part_and_nothing_else_is() {
        let id = random();
        assert_eq!(read(&id.to_uppercase()), Some(id.clone()));
        assert_eq!(read(&id[..MIN_PREFIX]), Some(id[..MIN_PREFIX].to_owned()));
        for text in ["", "abc", "ab cd", "ab-cd", &format!("{id}0")] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_ne!(random(), id);
    }
}

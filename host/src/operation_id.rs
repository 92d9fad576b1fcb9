//! The id of an operation: it ties together everything that belongs to one command.

use crate::audit::find_secret;

/// The letters of an id: Crockford's base 32, 5 bits each.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// The letters of a whole id: 130 bits.
pub(crate) const LENGTH: usize = 26;
/// The fewest letters that may stand for the whole.
pub(crate) const MIN_PREFIX: usize = 4;

/// A random id. None looks like a credential, so that an id can be typed, sent and recorded anywhere.
pub(crate) fn random() -> String {
    first_of(candidate)
}

fn first_of(mut candidates: impl FnMut() -> String) -> String {
    loop {
        let id = candidates();
        if find_secret(&id).is_none() {
            return id;
        }
    }
}

fn candidate() -> String {
    let mut bytes = [0; LENGTH];
    if getrandom::fill(&mut bytes).is_err() {
        // Nobody relies on it being secret; it only has to be another one each time.
        fastrand::fill(&mut bytes);
    }
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

/// Whether a text is a whole id, as [`random`] makes it.
pub(crate) fn is_whole(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|byte| ALPHABET.contains(&byte))
}

/// Reads an id, or enough of the beginning of one, in any case of letters.
pub(crate) fn read(text: &str) -> Option<String> {
    let id = text.to_ascii_lowercase();
    let fits = (MIN_PREFIX..=LENGTH).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then_some(id)
}

/// Reads `ID.VERSION`, or an id alone: the plan of an operation that somebody means.
pub(crate) fn read_plan(text: &str) -> Option<(String, Option<u32>)> {
    let Some((id, version)) = text.split_once('.') else { return Some((read(text)?, None)) };
    // As it is printed: no sign, no zero in front.
    let number = version.parse::<u32>().ok().filter(|number| *number > 0 && number.to_string() == version)?;
    Some((read(id)?, Some(number)))
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

    #[test]
    fn no_id_is_made_that_looks_like_a_credential() {
        let mut forced =
            ["eyJhbGciOiJIUzI1NiJ9.e30.x", "xoxb-000000000000000000000", "eyj3ctftqtct12rtsj83jgtyma"].iter();
        let id = first_of(|| (*forced.next().unwrap()).to_owned());
        assert_eq!(id, "eyj3ctftqtct12rtsj83jgtyma");
        assert!(is_whole(&id) && is_whole(&random()));
        for text in
            ["", "7qk2abcd", "EYJ3CTFTQTCT12RTSJ83JGTYMA", "eyj3ctftqtct12rtsj83jgtymu", "ey-3ctftqtct12rtsj83jgtyma"]
        {
            assert!(!is_whole(text), "{text}");
        }
    }

    #[test]
    fn a_plan_is_read_as_it_is_printed_and_in_no_other_way() {
        assert_eq!(read_plan("7QK2abcd.3"), Some(("7qk2abcd".to_owned(), Some(3))));
        assert_eq!(read_plan("7qk2abcd"), Some(("7qk2abcd".to_owned(), None)));
        for text in ["7qk2abcd.", "7qk2abcd.0", "7qk2abcd.03", "7qk2abcd.+3", "7qk2abcd.3.1", "7qk2abcd.x", ".3"] {
            assert_eq!(read_plan(text), None, "{text}");
        }
    }
}

//! The ID of an operation. All records of one command have the same ID.

/// The alphabet of an ID: Crockford's base 32, 5 bits for each character.
pub const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// The length of a complete ID: 130 bits.
pub const LENGTH: usize = 26;
/// The minimum length of a prefix of an ID.
pub const MIN_PREFIX: usize = 4;

/// Whether a text is a complete ID in the form that the host generates.
#[must_use]
pub fn is_whole(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|byte| ALPHABET.contains(&byte))
}

/// Reads an ID or a prefix of the minimum length, in upper or lower case.
#[must_use]
pub fn read(text: &str) -> Option<String> {
    let id = text.to_ascii_lowercase();
    let fits = (MIN_PREFIX..=LENGTH).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then_some(id)
}

/// Reads `ID.VERSION`, or only an ID: the plan of an operation.
#[must_use]
pub fn read_plan(text: &str) -> Option<(String, Option<u32>)> {
    let Some((id, version)) = text.split_once('.') else { return Some((read(text)?, None)) };
    // Only the printed form is valid: no sign, no leading zero.
    let number = version.parse::<u32>().ok().filter(|number| *number > 0 && number.to_string() == version)?;
    Some((read(id)?, Some(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_in_whole_and_in_part_and_nothing_else_is() {
        let id = "eyj3ctftqtct12rtsj83jgtyma".to_owned();
        assert_eq!(read(&id.to_uppercase()), Some(id.clone()));
        assert_eq!(read(&id[..MIN_PREFIX]), Some(id[..MIN_PREFIX].to_owned()));
        for text in ["", "abc", "ab cd", "ab-cd", &format!("{id}0")] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_whole_id_has_all_its_letters_and_no_others() {
        assert!(is_whole("eyj3ctftqtct12rtsj83jgtyma"));
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

//! The ID of an operation: all data about one command has the same ID.

use claude_admin_chat::find_secret;
use claude_admin_chat::operation_id::ALPHABET;
pub use claude_admin_chat::operation_id::{LENGTH, MIN_PREFIX, is_whole};

/// A random ID. It never looks like a credential, so it can be typed, sent and recorded anywhere.
#[must_use]
pub fn random() -> String {
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
        // The ID does not have to be secret; it only has to be different each time.
        fastrand::fill(&mut bytes);
    }
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_id_is_made_that_looks_like_a_credential() {
        let mut forced =
            ["eyJhbGciOiJIUzI1NiJ9.e30.x", "xoxb-000000000000000000000", "eyj3ctftqtct12rtsj83jgtyma"].iter();
        let id = first_of(|| (*forced.next().unwrap()).to_owned());
        assert_eq!(id, "eyj3ctftqtct12rtsj83jgtyma");
    }

    #[test]
    fn an_id_is_whole_and_another_one_each_time() {
        let id = random();
        assert!(is_whole(&id));
        assert_ne!(random(), id);
    }
}

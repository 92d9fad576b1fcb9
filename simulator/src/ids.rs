//! Identifiers that look like those of the API and are the same for the same seed.

use fastrand::Rng;

/// The letters and digits of the identifiers of the API. Ambiguous characters are excluded.
const ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// Characters after the leading `01`.
const LENGTH: usize = 22;

/// Generates identifiers.
#[derive(Debug, Clone)]
pub(crate) struct Ids {
    rng: Rng,
}

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed) }
    }

    /// The next identifier, such as `user_01WCz1FkmYMm4gnmykNKUu3Q`.
    pub(crate) fn next(&mut self, prefix: &str) -> String {
        let mut id = String::with_capacity(prefix.len() + 2 + LENGTH);
        id.push_str(prefix);
        id.push_str("01");
        for _ in 0..LENGTH {
            id.push(char::from(ALPHABET[self.rng.usize(..ALPHABET.len())]));
        }
        id
    }

    /// The next random UUID.
    pub(crate) fn uuid(&mut self) -> String {
        // Version 4, variant 1, as defined in RFC 9562.
        let bits = self.rng.u128(..) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
        let hex = format!("{bits:032x}");
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }

    /// The next colour.
    pub(crate) fn color(&mut self) -> String {
        format!("#{:06X}", self.rng.u32(..0x0100_0000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_the_same_ids_and_another_gives_others() {
        let ids = |seed| {
            let mut ids = Ids::new(seed);
            (ids.next("user_"), ids.uuid(), ids.color())
        };
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
    }

    #[test]
    fn ids_look_like_those_of_the_api() {
        let mut ids = Ids::new(7);
        let id = ids.next("user_");
        assert_eq!(id.len(), "user_01WCz1FkmYMm4gnmykNKUu3Q".len());
        assert!(id.starts_with("user_01"), "{id}");
        let uuid = ids.uuid();
        assert_eq!((uuid.len(), uuid.as_bytes()[14]), (36, b'4'), "{uuid}");
        assert!("89ab".contains(char::from(uuid.as_bytes()[19])), "{uuid}");
    }
}

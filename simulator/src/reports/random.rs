//! Numbers that look random and are the same for the same input.

/// A number derived from others. A small change of one of them changes the result completely.
pub(crate) fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(0x9e37_79b9_7f4a_7c15, |state, part| scramble(state ^ *part))
}

/// The finalizer of SplitMix64.
fn scramble(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number for a text.
pub(crate) fn salt(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A number in `0..end`, derived from others.
pub(crate) fn below(end: u64, parts: &[u64]) -> u64 {
    mix(parts) % end.max(1)
}

/// A number in `0..end` for counting.
pub(crate) fn count_below(end: i64, parts: &[u64]) -> i64 {
    i64::try_from(below(u64::try_from(end).unwrap_or(1), parts)).unwrap_or_default()
}

/// A number in `0..end` for choosing from a list.
pub(crate) fn index_below(end: usize, parts: &[u64]) -> usize {
    usize::try_from(below(end as u64, parts)).unwrap_or_default()
}

/// An identifier that is the same for the same input.
pub(crate) fn id(prefix: &str, parts: &[u64]) -> String {
    crate::ids::Ids::new(mix(parts)).next(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_values_are_equal_for_equal_inputs_and_else_differ() {
        assert_eq!(mix(&[1, 2]), mix(&[1, 2]));
        assert_ne!(mix(&[1, 2]), mix(&[2, 1]));
        assert_ne!(salt("chat"), salt("chaT"));
        assert_eq!(id("agent_", &[7]), id("agent_", &[7]));
    }
}

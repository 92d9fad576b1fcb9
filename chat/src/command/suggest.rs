//! The nearest known word.

/// The maximum number of letters that differ in a typo.
const MAX_DISTANCE: usize = 2;

/// Returns the known word that is nearest to a typed word, if one is near enough.
#[must_use]
pub fn nearest<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let allowed = MAX_DISTANCE.min(typed.chars().count() / 2).max(1);
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(typed, word), word))
        .filter(|(distance, word)| *distance <= allowed || (typed.len() >= 3 && word.starts_with(typed)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_typo_finds_its_word_and_nonsense_finds_none() {
        let known = ["users", "invites", "workspaces"];
        assert_eq!(nearest("uesrs", known), Some("users"));
        assert_eq!(nearest("invits", known), Some("invites"));
        assert_eq!(nearest("work", known), Some("workspaces"));
        assert_eq!(nearest("bananas", known), None);
        assert_eq!(nearest("x", known), None);
    }
}

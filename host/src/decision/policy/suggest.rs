//! The nearest known name.

/// Returns the known name that is nearest to one that is not known, if any is near enough.
pub(super) fn nearest<'k>(unknown: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let allowed = (unknown.chars().count() / 4).clamp(1, 3);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(unknown, name), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_typo_finds_its_name_and_another_word_finds_none() {
        let known = ["users.remove", "users.update", "users"];
        assert_eq!(nearest("users.remov", known), Some("users.remove"));
        assert_eq!(nearest("user.remove", known), Some("users.remove"));
        assert_eq!(nearest("uesrs", known), Some("users"));
        assert_eq!(nearest("users.delete", known), None);
        assert_eq!(nearest("x", known), None);
    }
}

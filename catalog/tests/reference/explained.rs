//! Intended differences from the reference, each with its reason.

/// A difference, where `*` matches any text, and its reason.
pub(crate) const ALL: &[(&str, &str)] = &[
    (
        "analytics-legacy.*-report query bucket_width: default Some(\"1d\") here, None there",
        "the rules of the operation name a day as the default, and bounds depend on it",
    ),
    (
        "compliance-review-cases.* reply*policy_categories[]: words [\"other\"] only there",
        "the case for words that are newer than the package takes this word as well",
    ),
    (
        "workspaces.* body display_color: range none here, 0..7 there",
        "a colour has a format of its own, which is stricter",
    ),
    (
        "workspaces.* reply*data_residency.workspace_geo: always \"us\" there",
        "the one place of today may not stay the only one, and a reply must not fail then",
    ),
];

/// Whether a pattern describes a difference.
pub(crate) fn fits(pattern: &str, difference: &str) -> bool {
    let mut rest = difference;
    for (index, part) in pattern.split('*').enumerate() {
        match rest.find(part) {
            Some(0) => rest = &rest[part.len()..],
            Some(at) if index > 0 => rest = &rest[at + part.len()..],
            _ => return false,
        }
    }
    rest.is_empty() || pattern.ends_with('*')
}

/// The reason of a difference.
pub(crate) fn why(difference: &str) -> Option<&'static str> {
    ALL.iter().find(|(pattern, _)| fits(pattern, difference)).map(|(_, why)| *why)
}

//! Headings from wire names.

/// Returns a wire name as a heading: `added_at` is "Added at", `id` is "ID".
#[must_use]
pub fn label(wire: &str) -> String {
    let text = words(wire);
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Returns a wire or WIT name as words: `api-keys` is "API keys".
pub(super) fn words(name: &str) -> String {
    let words = name.split(['_', '-']).map(|word| match word {
        "id" => "ID",
        "ids" => "IDs",
        "api" => "API",
        "rbac" => "RBAC",
        other => other,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn wire_names_become_headings() {
        assert_eq!(super::label("added_at"), "Added at");
        assert_eq!(super::label("workspace_id"), "Workspace ID");
        assert_eq!(super::label("id"), "ID");
    }
}

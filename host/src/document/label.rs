//! Headings from wire names.

/// Returns a wire name as a heading: `added_at` is "Added at", `id` is "ID".
pub(crate) fn label(wire: &str) -> String {
    let words = wire.split('_').map(|word| match word {
        "id" => "ID",
        "ids" => "IDs",
        "api" => "API",
        "rbac" => "RBAC",
        other => other,
    });
    let text = words.collect::<Vec<_>>().join(" ");
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
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

//! The spelling of WIT names on the wire.

/// Returns the wire spelling of a kebab-case WIT name without a `@name` annotation.
///
/// ```
/// assert_eq!(claude_admin_catalog::snake_case("added-at"), "added_at");
/// ```
#[must_use]
pub fn snake_case(name: &str) -> String {
    name.replace('-', "_")
}

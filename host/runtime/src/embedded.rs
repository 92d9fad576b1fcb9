//! The embedded component, with data that the build computed from it.

use claude_admin_catalog::{Catalog, PreparedError};

/// The component of this project, built together with this host.
pub const COMPONENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/claude-admin.wasm"));

/// SHA-256 of [`COMPONENT`], in hexadecimal.
pub const DIGEST: &str = include_str!(concat!(env!("OUT_DIR"), "/claude-admin.sha256"));

/// The built-in playbooks, built together with this host.
pub const PLAYBOOKS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/claude-admin-playbooks.wasm"));

/// The catalog of [`COMPONENT`], which the build has read from its WIT text.
///
/// # Errors
///
/// [`PreparedError`] if the build wrote invalid data, which is a bug in the build.
pub fn catalog() -> Result<Catalog, PreparedError> {
    Catalog::from_prepared(include_bytes!(concat!(env!("OUT_DIR"), "/claude-admin.catalog")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use claude_admin_catalog::PackageText;

    #[test]
    fn built_in_digest_and_catalog_match_the_component() {
        assert_eq!(crate::sandbox::digest(COMPONENT), DIGEST);
        let text = PackageText::from_component(COMPONENT).unwrap().unwrap();
        let read = Catalog::from_text(&text).unwrap();
        assert_eq!(format!("{:?}", catalog().unwrap()), format!("{read:?}"));
    }
}

//! The component that the build embeds, with what the build already found out about it.

use claude_admin_catalog::{Catalog, PreparedError};

/// The component of this project, as it was built with this host.
pub const COMPONENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/claude-admin.wasm"));

/// SHA-256 of [`COMPONENT`], in hexadecimal.
pub const DIGEST: &str = include_str!(concat!(env!("OUT_DIR"), "/claude-admin.sha256"));

/// The catalog of [`COMPONENT`], which the build has read from the WIT text in it.
///
/// # Errors
///
/// [`PreparedError`] if the build wrote something else, which is a defect of the build.
pub fn catalog() -> Result<Catalog, PreparedError> {
    Catalog::from_prepared(include_bytes!(concat!(env!("OUT_DIR"), "/claude-admin.catalog")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use claude_admin_catalog::PackageText;

    #[test]
    fn what_the_build_found_out_is_what_the_component_says() {
        assert_eq!(crate::sandbox::digest(COMPONENT), DIGEST);
        let text = PackageText::from_component(COMPONENT).unwrap().unwrap();
        let read = Catalog::from_text(&text).unwrap();
        assert_eq!(format!("{:?}", catalog().unwrap()), format!("{read:?}"));
    }
}

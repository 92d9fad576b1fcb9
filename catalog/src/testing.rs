//! Shared code for the tests of other crates.
#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use crate::{Catalog, PackageText};
use std::path::Path;
use std::sync::OnceLock;

/// The catalog of the package in this repository.
pub fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| {
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
        Catalog::from_text(&PackageText::from_folder(&wit).unwrap()).unwrap()
    })
}

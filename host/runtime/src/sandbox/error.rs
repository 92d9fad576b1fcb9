//! Why a component was not loaded.

use claude_admin_catalog::{CatalogError, PreparedError};

/// Why a component was not loaded. Nothing of it ran.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file ends too early or is not WebAssembly.
    #[error("this is not a complete WebAssembly component: {0}")]
    Malformed(String),
    /// The file is a module, not a component.
    #[error("this is a core module, not a component; make it one with `wasm-tools component new`")]
    CoreModule,
    /// The component wants more than a component may have.
    #[error("the component imports `{0}`, which no component is given; it may import only {allowed}", allowed = super::plugin::ALLOWED_IMPORTS.join(", "))]
    ForbiddenImport(String),
    /// The component does not carry the text of its WIT package.
    #[error(
        "the component has no custom section `{}`, so that nothing is known of its actions; pack it with its WIT text",
        claude_admin_catalog::SECTION_NAME
    )]
    NoPackageText,
    /// The component is not the one whose digest is pinned.
    #[error("the component has the digest sha256:{found}, and the configuration pins sha256:{expected}")]
    Digest {
        /// The digest of the component.
        found: String,
        /// The digest that is pinned.
        expected: String,
    },
    /// The WIT text in the component is not a catalog.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The build that embedded the component wrote something else beside it.
    #[error("the embedded component cannot be used: {0}")]
    Prepared(#[from] PreparedError),
    /// The WIT text in the component says something else than its exports.
    #[error("the component does not export what its WIT text declares: {0}")]
    Mismatch(String),
    /// wasmtime could not compile or link it.
    #[error("the component cannot be compiled: {0}")]
    Compile(String),
}

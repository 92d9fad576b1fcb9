//! The reason why a component was not loaded.

use claude_admin_catalog::{CatalogError, PreparedError};

/// The reason why a component was not loaded. No code of it ran.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file ends too early or is not WebAssembly.
    #[error("this is not a complete WebAssembly component: {0}")]
    Malformed(String),
    /// The file is a module, not a component.
    #[error("this is a core module, not a component; make it one with `wasm-tools component new`")]
    CoreModule,
    /// The component imports an interface that is not allowed.
    #[error("the component imports `{0}`, which is not allowed; the only allowed imports are {allowed}", allowed = super::plugin::ALLOWED_IMPORTS.join(", "))]
    ForbiddenImport(String),
    /// The component does not carry the text of its WIT package.
    #[error(
        "the component has no custom section `{}`, so its actions are unknown; pack it with its WIT text",
        claude_admin_catalog::SECTION_NAME
    )]
    NoPackageText,
    /// The digest of the component differs from the pinned digest.
    #[error("the component has the digest sha256:{found}, but the configuration pins sha256:{expected}")]
    Digest {
        /// The digest of the component.
        found: String,
        /// The digest that is pinned.
        expected: String,
    },
    /// The WIT text in the component is not a valid catalog.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The build that embedded the component wrote invalid data with it.
    #[error("the embedded component cannot be used: {0}")]
    Prepared(#[from] PreparedError),
    /// The WIT text in the component does not match its exports.
    #[error("the component does not export what its WIT text declares: {0}")]
    Mismatch(String),
    /// wasmtime could not compile or link it.
    #[error("the component cannot be compiled: {0}")]
    Compile(String),
}

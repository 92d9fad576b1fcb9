//! Why a component was not loaded, and why a call gave no result.

use super::limits::LimitKind;
use crate::egress::{CredentialError, Violation};
use claude_admin_catalog::{CatalogError, PreparedError};
use serde_json::Value;

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

/// Why a call gave no result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CallError {
    /// No credential that opens the action is configured. Nothing was sent.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The component tried something that the action does not declare. The request was not sent.
    #[error("the component tried something that the action does not declare: {0}")]
    Denied(Violation),
    /// A limit was met.
    #[error("the call ran into a limit: {kind}")]
    Limit {
        /// Which one.
        kind: LimitKind,
        /// Whether the request had left by then.
        sent: bool,
    },
    /// The component crashed.
    #[error("the component crashed: {message}")]
    Trap {
        /// What wasmtime reports.
        message: String,
        /// Whether the request had left by then.
        sent: bool,
    },
    /// The arguments do not fit the function: the component and its WIT text disagree.
    #[error("the component does not take these arguments: {0}")]
    Arguments(String),
    /// The function returned an error.
    #[error("the action failed: {error}")]
    Failed {
        /// The error of the WIT package as JSON: an object with the name of the case as its only key.
        error: Value,
        /// Whether the request had left by then.
        sent: bool,
    },
}

impl CallError {
    /// The status with which the API refused, where it did.
    #[must_use]
    pub fn status(&self) -> Option<u64> {
        match self {
            Self::Failed { error, .. } => error.get("api")?.get("status")?.as_u64(),
            _ => None,
        }
    }

    /// Whether the body of the response was larger than the host reads.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::Failed { error, .. } if claude_admin_chat::paging::is_too_large(error))
    }
}

//! Composes two components into one.

use crate::PackError;
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, plug};

/// Connects the imports of a component to the exports of another one. All other imports remain imports.
///
/// # Errors
///
/// [`PackError::Compose`] if one of them is not a component, or if an import and its export have different types.
pub fn compose(caller: &[u8], callee: &[u8]) -> Result<Vec<u8>, PackError> {
    let failed = |error: &dyn std::fmt::Display| PackError::Compose(error.to_string());
    let mut graph = CompositionGraph::new();
    let mut register = |name: &str, bytes: &[u8]| {
        let package = Package::from_bytes(name, None, bytes.to_vec(), graph.types_mut())
            .map_err(|error| failed(&format_args!("{name}: {error:#}")))?;
        graph.register_package(package).map_err(|error| failed(&error))
    };
    let caller = register("claude-admin-gateway", caller)?;
    let callee = register("claude-admin-plugin", callee)?;
    plug(&mut graph, vec![callee], caller).map_err(|error| failed(&error))?;
    graph.encode(EncodeOptions::default()).map_err(|error| failed(&error))
}

//! The Rust bindings of a component of this workspace, and the names in them.
//!
//! Build scripts use it, and also generate code from the catalog. A crate includes the bindings as `crate::world`.

mod bindings;
mod rust_names;

pub use bindings::{BindingsError, World};
pub use rust_names::{RustNames, Side, case, ident};

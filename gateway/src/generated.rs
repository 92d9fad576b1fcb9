//! What the build script writes: the values and the calls.

#[allow(clippy::all, unused_imports, unused_qualifications, reason = "our build script writes it")]
mod values_and_calls {
    use crate::convert::*;
    use indexmap::IndexMap;
    use serde_json::{Map, Value};

    include!(concat!(env!("OUT_DIR"), "/values.rs"));
    include!(concat!(env!("OUT_DIR"), "/calls.rs"));
}

pub(crate) use values_and_calls::call;

/// The catalog of the package, as the build prepared it.
pub(crate) const CATALOG: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/claude-admin.catalog"));

//! What the build script writes: the bindings of the world, the values and the calls.

/// The bindings of the world `gateway`, with what it imports from the component.
#[allow(
    clippy::all,
    clippy::restriction,
    dead_code,
    missing_docs,
    unreachable_pub,
    unsafe_code,
    unused_imports,
    unused_qualifications,
    reason = "wit-bindgen writes it; the docs are in the WIT packages, and the canonical ABI passes pointers"
)]
pub(crate) mod bindings {
    include!(concat!(env!("OUT_DIR"), "/bindings.rs"));

    // The names of exports are no names for a native linker; natively, this crate is only tested.
    #[cfg(target_arch = "wasm32")]
    use crate::Component;
    #[cfg(target_arch = "wasm32")]
    export!(Component with_types_in self);
}

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

//! What the build script writes: the bindings of the world, the codec and the functions.

/// The bindings of the world `plugin`.
#[allow(
    clippy::all,
    clippy::restriction,
    missing_docs,
    unreachable_pub,
    unsafe_code,
    unused_imports,
    unused_qualifications,
    reason = "wit-bindgen writes it; the docs are in the WIT package, and the canonical ABI passes pointers"
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
mod codec_and_functions {
    use crate::Component;
    use crate::codec::{self, ToJson};
    use crate::request::{Method, Request};
    use crate::tree::Tree;
    use serde_json::Value;

    include!(concat!(env!("OUT_DIR"), "/codec.rs"));
    include!(concat!(env!("OUT_DIR"), "/functions.rs"));
}

//! The bindings of the world `built-in`, which the build script writes.

#![allow(
    clippy::all,
    clippy::restriction,
    missing_docs,
    unreachable_pub,
    unsafe_code,
    unused_imports,
    unused_qualifications,
    reason = "wit-bindgen writes it; the docs are in the WIT packages, and the canonical ABI passes pointers"
)]

include!(concat!(env!("OUT_DIR"), "/bindings.rs"));

// The names of exports are no names for a native linker; natively, this crate is only tested.
#[cfg(target_arch = "wasm32")]
use crate::Component;
#[cfg(target_arch = "wasm32")]
export!(Component with_types_in self);

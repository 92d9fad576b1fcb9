//! The Anthropic Admin API as a WebAssembly component.
//!
//! Everything that depends on an operation is derived from the WIT package by the build script: the bindings, the JSON
//! codec and the functions. What stands here is what all operations share: how a request is built, sent through
//! `wasi:http` and answered, and the primitives of the codec.

/// The allocator of the standard library, in a version that begins with the memory that an instance has from the start.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

mod client;
mod codec;
mod form;
mod generated;
mod percent;
mod reply;
mod request;
mod settings;
mod tree;

/// The component: the type that the exports are implemented on.
#[derive(Debug)]
pub struct Component;

//! The Anthropic Admin API as a WebAssembly component.
//!
//! The build script generates all code that depends on an action from the WIT package: the bindings, the JSON codec and
//! the functions. This crate contains the code that all actions share: it builds a request, sends it through
//! `wasi:http` and reads the response. It also contains the primitives of the codec.

/// The allocator of the standard library, in a version that also uses the initial memory of an instance.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

mod client;
mod codec;
mod form;
mod generated;
mod method;
mod percent;
mod reply;
mod request;
mod settings;
mod tree;
mod world;

/// The component: the type that the exports are implemented on.
#[derive(Debug)]
pub struct Component;

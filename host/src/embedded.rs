//! The component that the build embeds.

/// The component of this project, as it was built with this host.
pub const COMPONENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/claude-admin.wasm"));

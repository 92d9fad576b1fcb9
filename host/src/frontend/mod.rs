//! The sources of commands. A frontend authenticates the requester and shows the reply. It knows no actions.

mod background;
#[cfg(feature = "slack")]
pub mod chat;
#[cfg(feature = "http")]
mod connections;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "http")]
mod idempotency;
#[cfg(feature = "mcp")]
pub mod mcp;
#[cfg(feature = "http")]
mod server;
#[cfg(feature = "slack")]
pub mod slack;
#[cfg(feature = "http")]
mod write_timeout;

pub use background::Background;
#[cfg(feature = "http")]
pub use server::{Frontends, LiveFrontends, router, serve};

//! The sources of commands. A frontend authenticates the requester and shows the reply. It knows no actions.

mod background;
mod connections;
pub mod http;
mod idempotency;
pub mod mcp;
mod server;
pub mod slack;
mod write_timeout;

pub use background::Background;
pub use server::{Frontends, LiveFrontends, serve};

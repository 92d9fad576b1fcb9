//! Where commands come from. A frontend proves who is speaking and shows the reply; it knows nothing of actions.

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

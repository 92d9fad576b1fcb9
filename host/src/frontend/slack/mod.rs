//! Slack slash commands over HTTP.

mod form;
mod handler;
mod replay;
mod response_url;
mod signature;

pub use form::{FormError, SlashCommand};
pub use handler::{Slack, SlackSettings};
pub use replay::ReplayCache;
pub use response_url::{DEFAULT_HOSTS, Responder, ResponseUrlError};
pub use signature::{SignatureError, sign, verify};

//! Slack over HTTP: slash commands, and clicks on the cards that ask for a decision.

mod button;
mod directory;
mod handler;
mod interaction;
mod replay;
mod response_url;
mod web_api;

pub use button::ButtonSeal;
pub use claude_admin_chat::slack::{
    FormError, MAX_SKEW_SECONDS, SignatureError, SlashCommand, fields, is_ssl_check, sign, verify,
};
pub use directory::SlackDirectory;
pub use handler::{Slack, SlackSettings};
pub use interaction::{Click, InteractionError};
pub use replay::ReplayCache;
pub use response_url::{DEFAULT_HOSTS, Responder, ResponseUrlError};
pub use web_api::{DEFAULT_API, WebApi, WebApiError};

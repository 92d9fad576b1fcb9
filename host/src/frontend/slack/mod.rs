//! Slack over HTTP: slash commands, clicks on the cards of requests, and messages about requests.

mod account;
mod button;
mod clicker;
mod clicks;
mod directory;
mod file;
mod handler;
mod interaction;
mod later_message;
mod messages;
mod notifier;
mod pressed;
mod replay;
mod response_url;
mod retry;
mod signed;
mod turns;
mod web_api;

pub use account::Account;
pub use button::ButtonSeal;
pub use claude_admin_chat::slack::{
    FormError, MAX_SKEW_SECONDS, SignatureError, SlashCommand, fields, is_ssl_check, sign, verify,
};
pub use directory::SlackDirectory;
pub use handler::{Slack, SlackSettings};
pub use interaction::{Click, InteractionError};
pub use replay::ReplayCache;
pub use response_url::{DEFAULT_HOSTS, Responder, ResponseUrl, ResponseUrlError};
pub use web_api::{DEFAULT_API, WebApi, WebApiError};

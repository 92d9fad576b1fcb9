//! Slack: slash commands, clicks on the cards of requests, and messages about requests; over HTTP, or over connections that
//! the host opens (Socket Mode).

mod account;
mod directory;
mod file;
mod http;
mod incoming;
mod interaction;
mod later_message;
mod messages;
mod origin;
mod platform;
mod replay;
mod response_url;
mod retry;
mod route;
mod seal;
mod sender;
mod socket;
mod web_api;

pub use account::Account;
pub use claude_admin_chat::slack::{
    FormError, MAX_SKEW_SECONDS, SignatureError, SlashCommand, fields, is_ssl_check, sign, verify,
};
pub use directory::SlackDirectory;
pub use http::Slack;
pub use incoming::SlackDelivery;
pub use interaction::{BlockAction, Interaction, InteractionError, ViewSubmission};
pub use platform::{SlackPlatform, SlackSettings};
pub use replay::ReplayCache;
pub use response_url::{DEFAULT_HOSTS, Responder, ResponseUrl, ResponseUrlError};
pub use route::SlackRoute;
pub use seal::Seal;
pub use sender::SlackSender;
pub use socket::{Envelope, SocketApi, SocketError, connect};
pub use web_api::{DEFAULT_API, WebApi, WebApiError};

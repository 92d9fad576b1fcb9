//! Slack over HTTP: slash commands, and clicks on the cards that ask for a decision.

mod button;
mod directory;
mod form;
mod handler;
mod interaction;
mod replay;
mod response_url;
mod signature;
mod web_api;

pub use button::ButtonSeal;
pub use directory::SlackDirectory;
pub use form::{FormError, SlashCommand};
pub use handler::{Slack, SlackSettings};
pub use interaction::{Click, InteractionError};
pub use replay::ReplayCache;
pub use response_url::{DEFAULT_HOSTS, Responder, ResponseUrlError};
pub use signature::{SignatureError, sign, verify};
pub use web_api::{DEFAULT_API, WebApi, WebApiError};

//! What Slack sends: signed requests, and the forms in them.

mod form;
mod signature;

pub use form::{FormError, SlashCommand, fields, is_ssl_check};
pub use signature::{MAX_SKEW_SECONDS, SignatureError, sign, verify};

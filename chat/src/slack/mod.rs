//! The requests of Slack: signatures and forms.

mod form;
mod signature;

pub use form::{FormError, SlashCommand, fields, is_ssl_check};
pub use signature::{MAX_SKEW_SECONDS, SignatureError, sign, verify};

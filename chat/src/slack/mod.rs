//! What Slack sends: signed requests, and the forms in them.

mod form;
mod signature;

pub use form::{FormError, SlashCommand, fields, is_ssl_check};
pub use signature::{SignatureError, sign, verify};

//! The parts of an HTTP response besides its data: the kind of its body, and the time that a client must wait.
//!
//! The component, the gateway and the host read responses with this crate, so their conclusions are the same. It does
//! no I/O and has no clock.

mod body;
mod retry_after;

pub use body::{Body, ErrorBody, NOT_JSON, NOT_JSON_BODY};
pub use retry_after::{MAX_RETRY_AFTER, http_date, retry_after, whole_seconds};

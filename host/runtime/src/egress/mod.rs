//! The only way out.
//!
//! While an action runs, exactly one request can be sent: the one from its declaration and its arguments
//! ([`ExpectedRequest`]). The gate compares the request of the component with it, and adds the credential, which the
//! component never sees. It sends the request with one pooled client to a checked address.

mod address;
mod budget;
mod client;
mod credential;
mod expected;
mod form;
mod gate;
mod headers;
mod health;
mod record;
mod reply;
mod retry;
mod scrub;
mod upstream;
mod workload;

pub use address::{AddressRule, Forbidden};
pub use claude_admin_authority::execute::{CredentialError, SentRequest, Violation, WorkloadError};
pub use claude_admin_catalog::ApiPlatform;
pub use client::{Client, ClientError};
pub use credential::{CredentialHeader, Credentials};
pub use expected::ExpectedRequest;
pub use gate::{Egress, Gate, ReplyLimits};
pub use health::Trouble;
pub use record::Record;
pub use upstream::{API_AUTHORITY, Upstream, UpstreamError};
pub use workload::WorkloadSettings;

pub(crate) use scrub::{scrub_text, scrub_value};

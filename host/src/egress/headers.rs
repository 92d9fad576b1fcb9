//! Which headers pass: an allow-list each way.

use super::Violation;
use http::{HeaderMap, HeaderName};
use wasmtime_wasi_http::DEFAULT_FORBIDDEN_HEADERS;

/// What a component may say, and is sent on.
const FROM_COMPONENT: [&str; 2] = ["anthropic-beta", "anthropic-version"];
/// What a component may say, and the host says itself.
const OF_THE_HOST: [&str; 5] = ["accept", "content-length", "content-type", "host", "user-agent"];
/// What a component is told of an answer.
const TO_COMPONENT: [&str; 9] = [
    "anthropic-organization-id",
    "anthropic-ratelimit-requests-limit",
    "anthropic-ratelimit-requests-remaining",
    "anthropic-ratelimit-requests-reset",
    "content-disposition",
    "content-type",
    "request-id",
    "retry-after",
    "x-should-retry",
];
/// Headers that carry a credential or say who is meant: trying to set one is an attempt, not a slip.
const SMUGGLED: [&str; 5] = ["authorization", "cookie", "host", "proxy-authorization", "x-api-key"];

/// Whether wasi-http should keep a component from setting a header.
pub(super) fn is_forbidden(name: &HeaderName) -> bool {
    DEFAULT_FORBIDDEN_HEADERS.contains(name) || is_smuggled(name)
}

/// Whether a header carries a credential or says who is meant.
pub(super) fn is_smuggled(name: &HeaderName) -> bool {
    SMUGGLED.contains(&name.as_str())
}

/// Returns the headers of a component's request that are sent on.
///
/// # Errors
///
/// [`Violation::Header`] for any other.
pub(super) fn outgoing(headers: &HeaderMap) -> Result<HeaderMap, Violation> {
    let mut passed = HeaderMap::new();
    for (name, value) in headers {
        match name.as_str() {
            own if OF_THE_HOST.contains(&own) => {}
            known if FROM_COMPONENT.contains(&known) => {
                passed.append(name.clone(), value.clone());
            }
            other => return Err(Violation::Header(other.to_owned())),
        }
    }
    Ok(passed)
}

/// Returns the headers of an answer that a component is told.
pub(super) fn incoming(headers: &HeaderMap) -> HeaderMap {
    headers
        .iter()
        .filter(|(name, _)| TO_COMPONENT.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

//! Faults: deliberate errors, and the requests that they apply to.

use crate::Object;
use crate::error::{ApiError, error_type};
use crate::error_code::ErrorCode;
use crate::message::Request;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// A deliberate error for the next requests that match.
///
/// ```
/// use claude_admin_simulator::{Effect, Fault};
///
/// let fault: Fault = serde_json::from_str(
///     r#"{"method": "GET", "path": "/v1/organizations/users", "times": 2,
///         "effect": {"status": {"code": 529, "retry_after": 3}}}"#,
/// )?;
/// assert_eq!(fault.times, 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// The method of the matching requests. If absent, any method.
    pub method: Option<String>,
    /// The path prefix of the matching requests. If absent, any path.
    pub path: Option<String>,
    /// The number of requests that the fault applies to.
    pub times: u32,
    /// The delay before the response, in milliseconds.
    pub delay_ms: u64,
    /// Whether the operation runs. If absent, it runs unless the effect is an error or a redirect. So by default, a
    /// write whose reply is lost was made.
    pub perform: Option<bool>,
    /// The effect. If absent, the fault only delays.
    pub effect: Option<Effect>,
}

impl Default for Fault {
    /// Matches the next request and changes nothing.
    fn default() -> Self {
        Self { method: None, path: None, times: 1, delay_ms: 0, perform: None, effect: None }
    }
}

impl Fault {
    /// A fault that applies to the next request.
    #[must_use]
    pub fn new(effect: Effect) -> Self {
        Self { effect: Some(effect), ..Self::default() }
    }

    fn matches(&self, request: &Request) -> bool {
        self.method.as_ref().is_none_or(|method| request.method().as_str().eq_ignore_ascii_case(method))
            && self.path.as_ref().is_none_or(|path| request.uri().path().starts_with(path.as_str()))
    }

    /// Whether the operation of a matching request runs.
    pub(crate) fn performs(&self) -> bool {
        let replaces = matches!(self.effect, Some(Effect::Status(_) | Effect::Code(_) | Effect::Redirect(_)));
        self.perform.unwrap_or(!replaces)
    }
}

/// The effect of a fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Returns an error.
    Status(StatusEffect),
    /// Returns the error with this code, with its status and its message.
    Code(ErrorCode),
    /// The headers announce the whole body, half of it is sent, and the connection is closed.
    Truncate,
    /// Status 200 with a body that is not JSON, as a proxy sends it.
    Garbage,
    /// The connection is closed without a response.
    Close,
    /// Status 200 with a valid but very long body.
    Huge(HugeEffect),
    /// Status 200 with a body that never ends.
    Endless,
    /// The reply is changed: fields get other values or are removed.
    Patch(PatchEffect),
    /// Returns a redirect.
    Redirect(RedirectEffect),
}

impl Effect {
    /// The name in JSON.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Code(_) => "code",
            Self::Truncate => "truncate",
            Self::Garbage => "garbage",
            Self::Close => "close",
            Self::Huge(_) => "huge",
            Self::Endless => "endless",
            Self::Patch(_) => "patch",
            Self::Redirect(_) => "redirect",
        }
    }
}

/// An error that is returned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusEffect {
    /// The HTTP status. A status that cannot end an exchange counts as 500.
    pub code: u16,
    /// The error type. If absent, the type of the status.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// The message. If absent, a message that says that the error was injected.
    #[serde(default)]
    pub message: Option<String>,
    /// The details of the error, such as `{"error_code": "…"}`.
    #[serde(default)]
    pub details: Object,
    /// Seconds for `retry-after`.
    #[serde(default)]
    pub retry_after: Option<u64>,
    /// The value of `x-should-retry`. If absent, the default of the status.
    #[serde(default)]
    pub should_retry: Option<bool>,
}

impl StatusEffect {
    /// An error with the defaults of its status.
    #[must_use]
    pub fn new(code: u16) -> Self {
        Self { code, kind: None, message: None, details: Object::new(), retry_after: None, should_retry: None }
    }

    pub(crate) fn error(&self) -> ApiError {
        let status = status(self.code);
        ApiError {
            status,
            kind: self.kind.clone().unwrap_or_else(|| error_type(status).to_owned()),
            message: self.message.clone().unwrap_or_else(|| "An injected fault.".to_owned()),
            details: (!self.details.is_empty()).then(|| Box::new(self.details.clone())),
            retry_after: self.retry_after,
            should_retry: self.should_retry,
        }
    }
}

/// A very long body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HugeEffect {
    /// Its length in bytes, at least 2.
    pub bytes: u64,
}

/// Changes to a reply, each at a JSON pointer such as `/data/0/role`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PatchEffect {
    /// Values to set. The parent object must exist; the field need not exist.
    pub set: Object,
    /// Fields or items to remove.
    pub remove: Vec<String>,
}

/// A redirect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedirectEffect {
    /// The target of the redirect.
    pub location: String,
    /// The HTTP status. If absent, 307.
    #[serde(default = "temporary_redirect")]
    pub code: u16,
}

impl RedirectEffect {
    pub(crate) fn status(&self) -> StatusCode {
        status(self.code)
    }
}

/// The status with this code, or 500 if it cannot end an exchange.
fn status(code: u16) -> StatusCode {
    let status = StatusCode::from_u16(code).ok().filter(|status| !status.is_informational());
    status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn temporary_redirect() -> u16 {
    StatusCode::TEMPORARY_REDIRECT.as_u16()
}

/// The pending faults, in the order in which they were injected.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    waiting: VecDeque<Fault>,
}

impl Faults {
    pub(crate) fn inject(&mut self, fault: Fault) {
        if fault.times > 0 {
            self.waiting.push_back(fault);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.waiting.iter()
    }

    /// The first fault that matches a request. Its remaining number of requests decreases by one.
    pub(crate) fn strike(&mut self, request: &Request) -> Option<Fault> {
        let index = self.waiting.iter().position(|fault| fault.matches(request))?;
        let fault = self.waiting.get_mut(index)?;
        fault.times -= 1;
        let struck = fault.clone();
        if struck.times == 0 {
            self.waiting.remove(index);
        }
        Some(struck)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn request(method: &str, path: &str) -> Request {
        http::Request::builder().method(method).uri(path).body(Bytes::new()).unwrap()
    }

    #[test]
    fn a_fault_strikes_as_often_as_it_says_and_only_what_it_matches() {
        let mut faults = Faults::default();
        faults.inject(Fault {
            method: Some("get".to_owned()),
            path: Some("/v1/organizations/users".to_owned()),
            times: 2,
            ..Fault::new(Effect::Close)
        });
        assert_eq!(faults.strike(&request("POST", "/v1/organizations/users/u")), None);
        assert_eq!(faults.strike(&request("GET", "/v1/organizations/invites")), None);
        assert!(faults.strike(&request("GET", "/v1/organizations/users?limit=1")).is_some());
        assert!(faults.strike(&request("GET", "/v1/organizations/users/u")).is_some());
        assert_eq!(faults.strike(&request("GET", "/v1/organizations/users")), None);
    }

    #[test]
    fn the_fault_that_was_injected_first_strikes_first() {
        let mut faults = Faults::default();
        faults.inject(Fault::new(Effect::Garbage));
        faults.inject(Fault::new(Effect::Close));
        let effect = |fault: Option<Fault>| fault.and_then(|fault| fault.effect);
        assert_eq!(effect(faults.strike(&request("GET", "/"))), Some(Effect::Garbage));
        assert_eq!(effect(faults.strike(&request("GET", "/"))), Some(Effect::Close));
    }

    #[test]
    fn an_error_replaces_the_operation_and_a_lost_reply_does_not() {
        assert!(!Fault::new(Effect::Status(StatusEffect::new(500))).performs());
        assert!(Fault::new(Effect::Close).performs());
        assert!(!Fault { perform: Some(false), ..Fault::new(Effect::Close) }.performs());
    }

    #[test]
    fn a_fault_with_a_field_that_is_misspelt_is_refused() {
        assert!(serde_json::from_str::<Fault>(r#"{"time": 2, "effect": "close"}"#).is_err());
        assert!(serde_json::from_str::<Fault>(r#"{"effect": {"status": {"cod": 1}}}"#).is_err());
        let fault: Fault = serde_json::from_str(r#"{"effect": "close"}"#).unwrap();
        assert_eq!(fault, Fault::new(Effect::Close));
    }
}

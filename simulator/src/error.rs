//! The errors of the API.

use crate::Object;
use http::StatusCode;
use serde_json::{Value, json};

/// An answer that is an error.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    /// The error type, which the status decides unless a fault says otherwise.
    pub(crate) kind: String,
    pub(crate) message: String,
    /// The details. Boxed, since most errors have none and every result carries the room for them.
    pub(crate) details: Option<Box<Object>>,
    /// Seconds to wait before trying again.
    pub(crate) retry_after: Option<u64>,
    /// Whether a client is told to try again; what usually goes with the status when absent.
    pub(crate) should_retry: Option<bool>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            kind: error_type(status).to_owned(),
            message: message.into(),
            details: None,
            retry_after: None,
            should_retry: None,
        }
    }

    /// The request is not as it should be, or a rule does not allow it.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// What is asked for contradicts what is there.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// Adds the code that a program can act on.
    pub(crate) fn code(self, code: &str) -> Self {
        self.detail("error_code", code)
    }

    pub(crate) fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.get_or_insert_default().insert(name.to_owned(), value.into());
        self
    }

    /// What a client is told about trying again. Other transient conditions say nothing, so that clients decide.
    pub(crate) fn advice(&self) -> Option<&'static str> {
        if let Some(advice) = self.should_retry {
            return Some(if advice { "true" } else { "false" });
        }
        let is_final = self.status.is_client_error() && self.status != StatusCode::TOO_MANY_REQUESTS;
        is_final.then_some("false")
    }

    pub(crate) fn body(&self, request_id: Option<&str>) -> Value {
        let mut error = json!({ "type": self.kind, "message": self.message });
        if let Some(details) = &self.details {
            error["details"] = Value::Object(details.as_ref().clone());
        }
        json!({ "type": "error", "error": error, "request_id": request_id })
    }
}

/// The error type that goes with a status.
pub(crate) fn error_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        409 => "conflict_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

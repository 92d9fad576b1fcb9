//! The errors of the API.

use crate::Object;
use http::StatusCode;
use serde_json::{Value, json};

/// A response that is an error.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    /// The error type. The status determines it unless a fault sets another one.
    pub(crate) kind: String,
    pub(crate) message: String,
    /// The details. They are boxed because most errors have none, and every result contains the space for them.
    pub(crate) details: Option<Box<Object>>,
    /// The number of seconds before a retry.
    pub(crate) retry_after: Option<u64>,
    /// Whether a client should retry. If absent, the default of the status.
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

    /// The request is invalid, or a rule does not allow it.
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

    /// The request conflicts with the current state.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// Adds a code for programs.
    pub(crate) fn code(self, code: &str) -> Self {
        self.detail("error_code", code)
    }

    pub(crate) fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.get_or_insert_default().insert(name.to_owned(), value.into());
        self
    }

    /// The retry advice for a client. Other transient errors have none, and clients decide themselves.
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

/// The error type of a status.
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

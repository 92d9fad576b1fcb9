//! The body of a response: an error of the API, or another body.

use serde_json::Value;

/// The prefix of the component's message about a successful response that is not JSON: it expected JSON, but found
/// another body.
pub const NOT_JSON: &str = "JSON, but ";
/// The prefix if the whole body is not JSON; [`Body::in_words`] follows.
pub const NOT_JSON_BODY: &str = "JSON, but the body is ";

/// The kind of a response body, which shows who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// An error in the format of the API.
    Error(ErrorBody),
    /// Other JSON.
    Json,
    /// An HTML or XML page, as proxies, firewalls and login pages send it.
    Page,
    /// No body.
    Empty,
    /// Other text or bytes.
    Other,
    /// The body did not arrive completely, or was not read.
    Incomplete,
}

/// The type and code of an error of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorBody {
    /// The type, such as `not_found_error`.
    pub kind: String,
    /// The code in the details, such as `already_member`.
    pub code: Option<String>,
}

impl ErrorBody {
    /// Reads `{"type": "error", "error": {"type": …, "message": …, "details": {"error_code": …}}}`; `None` for JSON that
    /// is not an error of the API.
    #[must_use]
    pub fn of(body: &Value) -> Option<Self> {
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
        let names_itself = body.get("type").is_none_or(|ty| ty == "error");
        let kind = text("/error/type").filter(|kind| names_itself && !kind.is_empty())?;
        Some(Self { kind: kind.to_owned(), code: text("/error/details/error_code").map(str::to_owned) })
    }
}

impl Body {
    /// Classifies a complete body.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        match Self::at_a_glance(bytes) {
            Self::Json | Self::Other => match serde_json::from_slice::<Value>(bytes) {
                Ok(body) => ErrorBody::of(&body).map_or(Self::Json, Self::Error),
                Err(_) => Self::Other,
            },
            body => body,
        }
    }

    /// Classifies a body by its first character only, for the long body of a success.
    #[must_use]
    pub fn at_a_glance(bytes: &[u8]) -> Self {
        const BOM: &[u8] = "\u{feff}".as_bytes();
        let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes).trim_ascii_start();
        match bytes.first() {
            None => Self::Empty,
            Some(b'<') => Self::Page,
            Some(b'{' | b'[') => Self::Json,
            Some(_) => Self::Other,
        }
    }

    /// The kind of the body in words, if it is not the expected kind.
    #[must_use]
    pub fn in_words(&self) -> &'static str {
        match self {
            Self::Error(_) => "an error of the API",
            Self::Json => "JSON in another format",
            Self::Page => "an HTML page",
            Self::Empty => "empty",
            Self::Other => "text that is not JSON",
            Self::Incomplete => "incomplete",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: &str, code: Option<&str>) -> Body {
        Body::Error(ErrorBody { kind: kind.to_owned(), code: code.map(str::to_owned) })
    }

    #[test]
    fn body_shows_who_wrote_it() {
        for (body, expected) in [
            (r#"{"type":"error","error":{"type":"not_found_error","message":"no"}}"#, error("not_found_error", None)),
            (r#"{"error":{"type":"api_error"}}"#, error("api_error", None)),
            (
                r#"{"type":"error","error":{"type":"a","details":{"error_code":"already_member"}}}"#,
                error("a", Some("already_member")),
            ),
            (r#"{"type":"other","error":{"type":"api_error"}}"#, Body::Json),
            (r#"{"error":{"type":""}}"#, Body::Json),
            (r#"{"error":"denied"}"#, Body::Json),
            (r#"{"message":"Forbidden"}"#, Body::Json),
            ("[]", Body::Json),
            ("null", Body::Json),
            ("\n <!DOCTYPE html><html>", Body::Page),
            ("\u{feff}<html>", Body::Page),
            ("<?xml version=\"1.0\"?>", Body::Page),
            ("", Body::Empty),
            (" \r\n", Body::Empty),
            ("Bad gateway", Body::Other),
            ("{\"type\":\"error\"", Body::Other),
        ] {
            assert_eq!(Body::of(body.as_bytes()), expected, "{body}");
        }
    }
}

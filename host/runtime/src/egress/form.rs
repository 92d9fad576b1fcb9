//! The form of an invocation with files, computed by the host (RFC 7578).
//!
//! A component could choose a boundary that is in a file, and so add parts that are not authorized. Here the boundary
//! is the first of a series that is in no part, and the bytes of the component must be equal.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::{BufMut, Bytes, BytesMut};
use claude_admin_catalog::{Action, Place};
use claude_admin_chat::command::Invocation;
use http::HeaderValue;
use memchr::memmem;
use serde_json::Value;

/// A form, part by part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    boundary: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    name: String,
    file_name: Option<String>,
    content: Vec<u8>,
}

impl Form {
    /// Computes the form of an invocation.
    ///
    /// # Errors
    ///
    /// The file that has no content.
    pub(super) fn of(action: &Action, invocation: &Invocation) -> Result<Self, String> {
        let given = invocation.parameters();
        let mut parts = Vec::new();
        for param in action.params.iter().filter(|param| param.place == Place::Body) {
            let values: &[Value] = match given.get(&param.name) {
                None | Some(Value::Null) => &[],
                Some(Value::Array(items)) => items,
                Some(value) => std::slice::from_ref(value),
            };
            for value in values {
                parts.push(Part::of(&param.wire, value)?);
            }
        }
        let is_free = |boundary: &String| {
            let finder = memmem::Finder::new(boundary.as_bytes());
            parts.iter().all(|part| finder.find(&part.content).is_none())
        };
        let boundary = (0_u32..).map(|number| format!("claude-admin-{number:08}")).find(is_free).unwrap_or_default();
        Ok(Self { boundary, parts })
    }

    /// The value of `content-type`.
    pub(super) fn content_type(&self) -> HeaderValue {
        HeaderValue::try_from(format!("multipart/form-data; boundary={}", self.boundary))
            .unwrap_or(HeaderValue::from_static("multipart/form-data"))
    }

    /// The body.
    pub(super) fn bytes(&self) -> Bytes {
        let mut bytes = BytesMut::new();
        for part in &self.parts {
            bytes.put_slice(format!("--{}\r\n{}\r\n\r\n", self.boundary, part.head()).as_bytes());
            bytes.put_slice(&part.content);
            bytes.put_slice(b"\r\n");
        }
        bytes.put_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        bytes.freeze()
    }
}

impl Part {
    fn of(name: &str, value: &Value) -> Result<Self, String> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let Value::Object(file) = value else {
            return Ok(Self { name: name.to_owned(), file_name: None, content: text(value).into_bytes() });
        };
        let content = file.get("content").and_then(Value::as_str);
        let content = content.and_then(|content| BASE64.decode(content).ok());
        Ok(Self {
            name: name.to_owned(),
            file_name: file.get("name").map(text),
            content: content.ok_or_else(|| format!("`{name}` contains a file without content"))?,
        })
    }

    fn head(&self) -> String {
        let name = escaped(&self.name);
        match &self.file_name {
            None => format!("content-disposition: form-data; name=\"{name}\""),
            Some(file) => format!(
                "content-disposition: form-data; name=\"{name}\"; filename=\"{}\"\r\n\
                 content-type: application/octet-stream",
                escaped(file)
            ),
        }
    }
}

/// Escapes a text for a quoted header parameter, as HTML forms do.
fn escaped(text: &str) -> String {
    text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

//! A request and its response.

use crate::generated::CATALOG;
use claude_admin_catalog::Catalog;
use serde_json::Value;

/// A complete request.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path without the query.
    pub(crate) path: String,
    /// The headers, with names in lower case.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The only header with this name. A repeated header is ignored, because two readers might use different values.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(key, _)| key == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => std::str::from_utf8(value).ok(),
            _ => None,
        }
    }
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    /// Seconds after which the client can try again.
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn text(status: u16, text: impl Into<String>) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", retry_after: None, body: text.into().into_bytes() }
    }

    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self { status, content_type: "application/json", retry_after: None, body: value.to_string().into_bytes() }
    }
}

/// Reads the catalog. Call it only after authentication: it is most of the work of a request that is rejected.
pub(crate) fn catalog() -> Result<Catalog, Response> {
    let unreadable =
        |_| Response::text(500, "the gateway cannot read the catalog that it was built with; nothing was sent");
    Catalog::from_prepared(CATALOG).map(Catalog::without_lookups).map_err(unreadable)
}

//! From a request to a response.

use crate::admin::Admin;
use crate::generated::CATALOG;
use crate::settings::Settings;
use crate::{program, slack};
use claude_admin_catalog::Catalog;
use jiff::Timestamp;
use serde_json::Value;

/// A request, whole.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Without the query.
    pub(crate) path: String,
    /// Names in small letters.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The one header with this name. One that is there twice is none: two readers may take another one each.
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

/// The catalog, for whoever proved to be somebody: reading it is most of the work of a request that is refused.
pub(crate) fn catalog() -> Result<Catalog, Response> {
    let unreadable =
        |_| Response::text(500, "the gateway was built with a catalog that it cannot read; nothing was sent");
    Catalog::from_prepared(CATALOG).map(Catalog::without_lookups).map_err(unreadable)
}

/// Answers a request.
pub(crate) fn route(settings: &Settings, admin: &mut dyn Admin, request: &Request, now: Timestamp) -> Response {
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/slack/commands") => slack::answer(settings, admin, request, now),
        ("POST", "/v1/commands") => program::answer(settings, admin, request, now),
        ("GET", "/healthz") => Response::text(200, "ok"),
        (_, "/slack/commands" | "/v1/commands") => Response::text(405, "use POST"),
        _ => Response::text(404, "this gateway has POST /slack/commands, POST /v1/commands and GET /healthz"),
    }
}

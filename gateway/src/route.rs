//! Routes a request and returns its response.

use crate::admin::Admin;
use crate::exchange::{Request, Response};
use crate::settings::Settings;
use crate::{program, slack};
use jiff::Timestamp;

/// Handles a request and returns the response.
pub(crate) fn route(settings: &Settings, admin: &mut dyn Admin, request: &Request, now: Timestamp) -> Response {
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/slack/commands") => slack::answer(settings, admin, request, now),
        ("POST", "/v1/commands") => program::answer(settings, admin, request, now),
        ("GET", "/healthz") => Response::text(200, "ok"),
        (_, "/slack/commands" | "/v1/commands") => Response::text(405, "use POST"),
        _ => Response::text(404, "this gateway has POST /slack/commands, POST /v1/commands and GET /healthz"),
    }
}

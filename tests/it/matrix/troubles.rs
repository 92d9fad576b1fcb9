//! Responses that no example gets from the simulator.

use super::canned::Reply;
use claude_admin::command::Invocation;
use serde_json::{Value, json};

pub(super) struct Trouble {
    pub(super) name: String,
    pub(super) invocation: Invocation,
    pub(super) reply: Reply,
}

fn trouble(name: &str, action: &str, arguments: Value, status: u16, body: &str) -> Trouble {
    let arguments = arguments.as_object().cloned().unwrap_or_default().into_iter().collect();
    let headers = [("content-type", "application/json"), ("request-id", "req_of_the_table")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Trouble {
        name: name.to_owned(),
        invocation: Invocation { action: super::declared(action), arguments },
        reply: Reply { status, headers, body: body.to_owned() },
    }
}

pub(super) fn all() -> Vec<Trouble> {
    let user = || json!({ "user-id": "user_01WCz1FkmYMm4gnmykNKUu3Q" });
    let member = r#""id": "user_1", "type": "user", "email": "a@example.com", "name": "Ä \u00e4 \"q\" \ud83d\ude00", "added_at": "2026-11-21T17:20:00Z""#;
    let page =
        |members: &str| format!(r#"{{"data": [{members}], "has_more": false, "first_id": null, "last_id": null}}"#);
    let error = |kind: &str, message: &str| {
        json!({ "type": "error", "error": { "type": kind, "message": message }, "request_id": "req_body" }).to_string()
    };
    let list = |name: &str, body: &str| trouble(name, "users.list", json!({}), 200, body);
    vec![
        trouble("an error of the API", "users.get", user(), 404, &error("not_found_error", "No such user.")),
        trouble(
            "an error with details",
            "users.get",
            user(),
            403,
            r#"{"type": "error", "error": {"type": "permission_error", "message": "No.", "details": {"error_code": "x", "more": [1, 2.5, null]}}}"#,
        ),
        trouble("an error that is no JSON", "users.get", user(), 400, "<html>\n<b>Bad</b> request</html>"),
        trouble("an error without a body", "users.get", user(), 401, ""),
        list("no member at all", &page("")),
        list("a word that is newer than the package", &page(&format!(r#"{{{member}, "role": "astronaut"}}"#))),
        list(
            "fields that are newer than the package",
            &page(&format!(r#"{{{member}, "role": "user", "new": {{"a": [1]}}}}"#)),
        ),
        list("a name that is there twice", &page(&format!(r#"{{{member}, "role": "user", "role": "admin"}}"#))),
        list("a success that is no JSON", "<html></html>"),
        list("a success that ends too early", r#"{"data": [{"id": "user_1""#),
        list("a success without a body", ""),
        list("a field of another type", &page(&format!(r#"{{{member}, "role": 7}}"#))),
        list("a field that is missing", &page(r#"{"id": "user_1"}"#)),
        list("a list that is none", r#"{"data": 7, "has_more": false}"#),
    ]
}

//! A signed command in plain Rust: the server verifies the request, parses the page into structs and writes the
//! message. There is no sandbox, no decision and no audit log. Every program that handles a command has at least this
//! cost.

use crate::native::{Native, Page};
use crate::upstream::ITEMS;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use claude_admin::frontend::slack::{SlashCommand, fields, verify};
use serde::Serialize;
use std::env::var;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The argument with which this program only serves and does not measure.
pub(crate) const ARGUMENT: &str = "serve-in-plain-rust";

struct Plain {
    members: Native,
    secret: String,
}

#[derive(Serialize)]
struct Message<'m> {
    response_type: &'static str,
    text: String,
    blocks: (Header, Table<'m>, Context),
}

#[derive(Serialize)]
struct Header {
    r#type: &'static str,
    text: Text<'static>,
}

#[derive(Serialize)]
struct Table<'m> {
    r#type: &'static str,
    rows: Vec<[Text<'m>; 4]>,
}

#[derive(Serialize)]
struct Context {
    r#type: &'static str,
    elements: [Text<'static>; 1],
}

#[derive(Serialize)]
struct Text<'m> {
    r#type: &'static str,
    text: &'m str,
}

/// Serves until the process ends.
pub(crate) fn serve() {
    let variable = |name: &str| var(name).expect("whoever starts it sets the variable");
    let members = Native::at(&variable("ANTHROPIC_BASE_URL"), &variable("ANTHROPIC_ADMIN_KEY"), ITEMS);
    let plain = Plain { members, secret: variable("SLACK_SIGNING_SECRET") };
    let router = Router::new().route("/slack/commands", post(command)).with_state(Arc::new(plain));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("listening on http://{}", listener.local_addr().expect("an address"));
        axum::serve(listener, router).await.expect("it serves");
    });
}

async fn command(State(plain): State<Arc<Plain>>, headers: HeaderMap, body: Bytes) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    let (timestamp, signature) = (text("x-slack-request-timestamp"), text("x-slack-signature"));
    if verify(plain.secret.as_bytes(), timestamp, signature, &body, now).is_err() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let command = fields(&body).and_then(SlashCommand::from_fields).expect("a command");
    assert_eq!(command.text, "users list");
    let page = plain.members.page().await;
    let message = serde_json::to_string(&message(&page)).expect("it is JSON");
    ([(header::CONTENT_TYPE, "application/json")], message).into_response()
}

/// The message that the applications on Bolt write.
fn message(page: &Page) -> Message<'_> {
    let head = cells(["Email", "Name", "Role", "ID"]);
    let rows = page.data.iter().map(|user| cells([&user.email, &user.name, &user.role, &user.id]));
    Message {
        response_type: "ephemeral",
        text: format!("{} members", page.data.len()),
        blocks: (
            Header { r#type: "header", text: Text { r#type: "plain_text", text: "Members" } },
            Table { r#type: "table", rows: std::iter::once(head).chain(rows).collect() },
            Context { r#type: "context", elements: [Text { r#type: "mrkdwn", text: "members" }] },
        ),
    }
}

fn cells(texts: [&str; 4]) -> [Text<'_>; 4] {
    texts.map(|text| Text { r#type: "raw_text", text })
}

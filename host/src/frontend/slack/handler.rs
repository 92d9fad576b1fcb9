//! From a POST of Slack to a reply.

use super::form::{SlashCommand, fields};
use super::{ReplayCache, Responder, ResponseUrlError, verify};
use crate::command::{Format, Markup};
use crate::frontend::Background;
use crate::identity::{Place, Principal};
use crate::render::{self, SlackTables};
use crate::service::{Input, Reply, Request, Service};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a reply may take before the command is acknowledged and the reply follows: Slack allows 3 seconds in all.
const INLINE: Duration = Duration::from_millis(2200);
/// The most characters of a reply that is shown as it is.
const MAX_VERBATIM: usize = 9_000;
/// The most characters of a reply that is text alone.
const MAX_TEXT: usize = 3_000;

/// How Slack is answered.
#[derive(Debug)]
pub struct SlackSettings {
    /// The signing secret of the app.
    pub signing_secret: SecretString,
    /// The id of the app; commands of others are refused.
    pub app_id: Option<String>,
    /// What tables become.
    pub tables: SlackTables,
}

/// The Slack frontend.
#[derive(Debug)]
pub struct Slack {
    service: Arc<Service>,
    settings: SlackSettings,
    responder: Responder,
    background: Background,
    signatures: ReplayCache,
    triggers: ReplayCache,
}

impl Slack {
    /// Puts the service behind Slack.
    #[must_use]
    pub fn new(service: Arc<Service>, settings: SlackSettings, responder: Responder, background: Background) -> Self {
        Self {
            service,
            settings,
            responder,
            background,
            signatures: ReplayCache::default(),
            triggers: ReplayCache::default(),
        }
    }

    /// Answers a slash command.
    pub async fn command(self: Arc<Self>, headers: &HeaderMap, body: Bytes) -> Response {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
        // Slack looks in now and then without signing, and wants an empty answer.
        if !headers.contains_key("x-slack-signature") && is_ssl_check(&body) {
            return StatusCode::OK.into_response();
        }
        if let Err(reason) = self.check_signature(headers, &body, now) {
            tracing::warn!(%reason, "a request that claims to be of Slack is refused");
            return (StatusCode::UNAUTHORIZED, "the request is not believed").into_response();
        }
        if is_ssl_check(&body) {
            return StatusCode::OK.into_response();
        }
        let command = match fields(&body).and_then(SlashCommand::from_fields) {
            Ok(command) => command,
            Err(error) => {
                tracing::warn!(%error, "a form of Slack is refused");
                return (StatusCode::BAD_REQUEST, error.to_string()).into_response();
            }
        };
        if self.settings.app_id.is_some() && self.settings.app_id != command.api_app_id {
            tracing::warn!(app = command.api_app_id, "a command of another app is refused");
            return (StatusCode::UNAUTHORIZED, "the request is of another app").into_response();
        }
        // Slack has been seen to deliver a command twice, each with a signature of its own.
        if let Some(trigger) = &command.trigger_id
            && !self.triggers.accept(&format!("{}/{trigger}", command.team_id), now)
        {
            tracing::warn!("a second delivery of a command is left out");
            return StatusCode::OK.into_response();
        }
        self.answer(command).await
    }

    fn check_signature(&self, headers: &HeaderMap, body: &[u8], now: u64) -> Result<(), String> {
        let only = |name: &str| {
            let mut values = headers.get_all(name).iter();
            match (values.next().and_then(|value| value.to_str().ok()), values.next()) {
                (Some(value), None) => Ok(value),
                _ => Err(super::SignatureError::Malformed.to_string()),
            }
        };
        let (timestamp, signature) = (only("x-slack-request-timestamp")?, only("x-slack-signature")?);
        let secret = self.settings.signing_secret.expose_secret().as_bytes();
        verify(secret, timestamp, signature, body, now).map_err(|error| error.to_string())?;
        if self.signatures.accept(&format!("{timestamp}/{signature}"), now) {
            Ok(())
        } else {
            Err("the request was received before".to_owned())
        }
    }

    async fn answer(self: Arc<Self>, command: SlashCommand) -> Response {
        let request = Request {
            principal: Principal::slack(&command.team_id, &command.user_id),
            place: Place { channel: command.channel_id },
            input: Input::Text { line: command.text, markup: Markup::Slack },
        };
        let service = Arc::clone(&self.service);
        let mut work = self.background.spawn(async move { service.handle(request).await });
        if let Ok(finished) = tokio::time::timeout(INLINE, &mut work).await {
            return match finished {
                Ok(reply) => json_response(&self.message(&reply)),
                Err(error) => {
                    tracing::error!(%error, "a command ended without a reply");
                    json_response(&ephemeral(
                        "Something went wrong in the host. Whether anything was changed is not known; the log has more.",
                    ))
                }
            };
        }
        let slack = Arc::clone(&self);
        self.background.spawn(async move {
            let Ok(reply) = work.await else { return };
            let Some(url) = command.response_url else {
                tracing::warn!(operation = reply.operation, "no response URL for a reply that took long");
                return;
            };
            slack.deliver(&url, &reply).await;
        });
        json_response(&ephemeral("Working on it. The answer follows here; if it does not, ask again."))
    }

    /// Posts a reply that took long. Workspaces differ in the blocks that they know: a message that is refused is sent
    /// once more, as text alone.
    async fn deliver(&self, url: &str, reply: &Reply) {
        let operation = &reply.operation;
        let first = self.responder.post(url, &self.message(reply)).await;
        let last = match first {
            Err(ResponseUrlError::Refused(status)) if (400..500).contains(&status) => {
                tracing::warn!(operation, status, "a message is refused; its text follows alone");
                self.responder.post(url, &as_text(reply)).await
            }
            other => other,
        };
        if let Err(error) = last {
            tracing::error!(operation, %error, "a reply was not delivered");
        }
    }

    /// A reply as a message. Formats for programs are shown as they are, in one block of text.
    fn message(&self, reply: &Reply) -> Value {
        let format = reply.format.unwrap_or_default();
        if format == Format::Text {
            return render::slack(&reply.document, self.settings.tables, reply.share);
        }
        let mut text = render::reply(reply, format);
        let mut note = reply.command.clone().unwrap_or_default();
        if text.chars().count() > MAX_VERBATIM {
            text = text.chars().take(MAX_VERBATIM).collect();
            note.push_str(" · shortened to fit into a message; run it on the command line to get everything");
        }
        json!({
            "response_type": if reply.share { "in_channel" } else { "ephemeral" },
            "mrkdwn": false,
            "text": "The answer is in the message.",
            "blocks": [
                {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}]},
                {"type": "context", "elements": [{"type": "plain_text", "text": if note.is_empty() { "claude-admin" } else { &note }, "emoji": false}]},
            ],
        })
    }
}

fn is_ssl_check(body: &[u8]) -> bool {
    fields(body).is_ok_and(|fields| fields.get("ssl_check").is_some_and(|value| value == "1"))
}

/// A reply without blocks. Slack reads entities in the text of a message, so they are escaped.
fn as_text(reply: &Reply) -> Value {
    let text: String = render::text(&reply.document).chars().take(MAX_TEXT).collect();
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let response_type = if reply.share { "in_channel" } else { "ephemeral" };
    json!({"response_type": response_type, "mrkdwn": false, "text": text})
}

fn ephemeral(text: &str) -> Value {
    json!({"response_type": "ephemeral", "text": text})
}

fn json_response(message: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], message.to_string()).into_response()
}

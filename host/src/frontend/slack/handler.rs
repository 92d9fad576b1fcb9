//! From a POST of Slack to a reply.

use super::button::ButtonSeal;
use super::interaction::{Click, InteractionError};
use super::{MAX_SKEW_SECONDS, ReplayCache, Responder, ResponseUrlError, SignatureError, WebApi, verify};
use super::{SlashCommand, fields, is_ssl_check};
use crate::command::{Format, Markup};
use crate::decision::approval::Vote;
use crate::decision::operation::{Operation, State};
use crate::document::{self, Block, Choices, Document, Level, Notice};
use crate::frontend::Background;
use crate::identity::{Place, Platform, Principal};
use crate::render::{self, SlackTables, choice_of};
use crate::service::{Input, Reply, Request, Service};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use claude_admin_chat::Effect;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How long a reply may take before the command is acknowledged and the reply follows: Slack allows 3 seconds in all.
const INLINE: Duration = Duration::from_millis(2200);
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
    /// Slack's Web API, where there is a bot token.
    pub web_api: Option<Arc<WebApi>>,
    /// The channel in which what others must decide on is shown; it needs the Web API. Else it is shown where it was
    /// asked for.
    pub approvals_channel: Option<String>,
}

/// The Slack frontend.
#[derive(Debug)]
pub struct Slack {
    service: Arc<Service>,
    settings: SlackSettings,
    seal: ButtonSeal,
    responder: Responder,
    background: Background,
    signatures: Arc<ReplayCache>,
}

impl Slack {
    /// Puts the service behind Slack.
    #[must_use]
    pub fn new(service: Arc<Service>, settings: SlackSettings, responder: Responder, background: Background) -> Self {
        let seal = ButtonSeal::new(settings.signing_secret.expose_secret().as_bytes());
        Self { service, settings, seal, responder, background, signatures: Arc::default() }
    }

    /// Takes the place of another one, and knows which requests that one accepted.
    #[must_use]
    pub fn after(self, earlier: &Self) -> Self {
        Self { signatures: Arc::clone(&earlier.signatures), ..self }
    }

    /// Answers a slash command.
    pub async fn command(self: Arc<Self>, headers: &HeaderMap, body: Bytes) -> Response {
        // Slack looks in now and then without signing, and wants an empty answer.
        if !headers.contains_key("x-slack-signature") && is_ssl_check(&body) {
            return StatusCode::OK.into_response();
        }
        let signature = match self.believe(headers, &body).await {
            Ok(signature) => signature,
            Err(response) => return response,
        };
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
        if let Err(response) = self.own_app(command.api_app_id.as_deref()).await {
            return response;
        }
        self.answer(command, signature).await
    }

    /// Answers a click: at once with nothing, and later with what came of it.
    pub async fn interaction(self: Arc<Self>, headers: &HeaderMap, body: Bytes) -> Response {
        if let Err(response) = self.believe(headers, &body).await {
            return response;
        }
        let click = match fields(&body).map_err(InteractionError::from).and_then(Click::from_fields) {
            Ok(Some(click)) => click,
            Ok(None) => return StatusCode::OK.into_response(),
            Err(error) => {
                tracing::warn!(%error, "an interaction of Slack is refused");
                return (StatusCode::BAD_REQUEST, error.to_string()).into_response();
            }
        };
        if let Err(response) = self.own_app(click.api_app_id.as_deref()).await {
            return response;
        }
        let place = Place::slack(&click.team_id, click.channel_id.as_deref());
        let vote = choice_of(&click.action_id).zip(self.seal.open(&click.value));
        let Some((choice, (operation, version))) = vote else {
            let principal = Principal::slack(&click.team_id, &click.user_id);
            tracing::warn!(%principal, "a button that was not made here is refused");
            self.service.disbelieved(&principal, &place, "a click on a button that was not made here").await;
            return StatusCode::OK.into_response();
        };
        let request = Request {
            principal: Principal::slack(&click.team_id, &click.user_id),
            place,
            input: Input::Vote(Vote { operation, version: Some(version), by_button: true, choice, reason: None }),
            delivery: Some(click.delivery),
            format: None,
        };
        let slack = Arc::clone(&self);
        self.background.spawn(async move {
            let reply = slack.service.handle(request).await;
            let Some(url) = click.response_url.filter(|_| reply.duplicate_of.is_none()) else { return };
            let reply = if reply.for_others { slack.shown_to_others(&url, reply).await } else { reply };
            // What the card does not say is told to whoever clicked alone; the card is for everybody.
            if reply.card.as_ref() != Some(&reply.document) {
                let mut message = slack.blocks(&reply.document, false);
                message["replace_original"] = json!(false);
                slack.deliver(&url, &reply.operation, &reply.document, message).await;
            }
            if let Some(card) = &reply.card {
                let mut message = slack.blocks(card, reply.share);
                message["replace_original"] = json!(true);
                slack.deliver(&url, &reply.operation, card, message).await;
            }
        });
        StatusCode::OK.into_response()
    }

    /// Tells those who asked for what nobody settled in time.
    pub async fn tell_expired(&self, ended: &[Operation]) {
        let Some(api) = &self.settings.web_api else { return };
        let expired = ended.iter().filter(|operation| operation.state == State::Expired);
        for operation in expired.filter(|operation| operation.pending.requester.platform == Platform::Slack) {
            let message = self.blocks(&document::record(self.service.catalog(), operation), false);
            if let Err(error) = api.post_message(&operation.pending.requester.user, &message).await {
                tracing::warn!(operation = operation.id, %error, "nobody was told that this expired");
            }
        }
    }

    /// Checks that a request is of Slack: signed, fresh, and not received before. Returns what identifies it.
    async fn believe(&self, headers: &HeaderMap, body: &[u8]) -> Result<String, Response> {
        let now = u64::try_from(self.service.ledger().clock().now_ms().div_euclid(1000)).unwrap_or_default();
        let reason = match self.check_signature(headers, body, now) {
            Ok(signature) => return Ok(signature),
            Err(reason) => reason,
        };
        tracing::warn!(%reason, "a request that claims to be of Slack is refused");
        self.service.refused(reason.summary()).await;
        Err((StatusCode::UNAUTHORIZED, "the request is not believed").into_response())
    }

    async fn own_app(&self, app: Option<&str>) -> Result<(), Response> {
        if self.settings.app_id.is_none() || self.settings.app_id.as_deref() == app {
            return Ok(());
        }
        tracing::warn!(app, "a request of another app is refused");
        self.service.refused("a request of another Slack app").await;
        Err((StatusCode::UNAUTHORIZED, "the request is of another app").into_response())
    }

    fn check_signature(&self, headers: &HeaderMap, body: &[u8], now: u64) -> Result<String, SignatureError> {
        let only = |name: &str| {
            let mut values = headers.get_all(name).iter();
            match (values.next().and_then(|value| value.to_str().ok()), values.next()) {
                (Some(value), None) => Ok(value),
                _ => Err(SignatureError::Malformed),
            }
        };
        let (timestamp, signature) = (only("x-slack-request-timestamp")?, only("x-slack-signature")?);
        let secret = self.settings.signing_secret.expose_secret().as_bytes();
        verify(secret, timestamp, signature, body, now)?;
        let time: u64 = timestamp.parse().map_err(|_| SignatureError::Malformed)?;
        // A request can be signed so long before or after it was received.
        let forgotten = self
            .service
            .ledger()
            .forgotten_ms()
            .map(|ms| ms.div_euclid(1000).saturating_add_unsigned(MAX_SKEW_SECONDS));
        if forgotten.is_some_and(|forgotten| i64::try_from(time).is_ok_and(|time| time <= forgotten)) {
            return Err(SignatureError::Forgotten);
        }
        self.signatures.accept(time, signature)?;
        Ok(format!("{timestamp}/{signature}"))
    }

    async fn answer(self: Arc<Self>, command: SlashCommand, signature: String) -> Response {
        let request = Request {
            principal: Principal::slack(&command.team_id, &command.user_id),
            place: Place::slack(&command.team_id, command.channel_id.as_deref()),
            input: Input::Text { line: command.text, markup: Markup::Slack },
            // Slack has been seen to deliver a command twice, each with a signature of its own. Without an ID of the
            // command, the signature is remembered in the store, for after a restart.
            delivery: Some(command.trigger_id.map_or(signature, |trigger| format!("{}/{trigger}", command.team_id))),
            format: None,
        };
        let slack = Arc::clone(&self);
        let mut work = self.background.spawn(async move {
            let reply = slack.service.handle(request).await;
            slack.witnessed(reply).await
        });
        if let Ok(finished) = tokio::time::timeout(INLINE, &mut work).await {
            return match finished {
                Ok(reply) if reply.duplicate_of.is_some() => StatusCode::OK.into_response(),
                Ok(reply) => json_response(&self.message(&reply)),
                Err(error) => {
                    tracing::error!(%error, "a command ended without a reply");
                    json_response(&render::slack_note(&document::internal_error(Effect::Unknown, None).notices()))
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
            let message = slack.message(&reply);
            slack.deliver(&url, &reply.operation, &reply.document, message).await;
        });
        json_response(&render::slack_note("Working on it. The answer follows here; if it does not, ask again."))
    }

    /// Shows what others must decide on in the channel for approvals, where there is one.
    async fn witnessed(&self, mut reply: Reply) -> Reply {
        let channel = self.settings.approvals_channel.as_ref().filter(|_| reply.for_others);
        let Some((api, channel)) = self.settings.web_api.as_ref().zip(channel) else { return reply };
        match api.post_message(channel, &self.blocks(&reply.document, true)).await {
            Ok(()) => {
                let text = "It is shown in the channel for approvals, where somebody else must agree.".to_owned();
                reply.document.blocks.retain(|block| !matches!(block, Block::Choices(_)));
                reply.document.blocks.push(Block::Text(text));
            }
            // What is meant for that channel is not shown elsewhere instead.
            Err(error) => {
                tracing::error!(operation = reply.operation, %error, "the channel for approvals was not reached");
                let text = "The channel for approvals was not reached: nobody else was told of this yet.".to_owned();
                let hint = Some("Tell those who may agree: `pending` shows it to them.".to_owned());
                let notice = Notice { level: Level::Attention, text, hint };
                reply.document.blocks.insert(0, Block::Notice(notice));
            }
        }
        reply.share = false;
        reply
    }

    /// Shows what others must decide on from now on where they see it: the card that was clicked is of whoever asked alone.
    async fn shown_to_others(&self, url: &str, reply: Reply) -> Reply {
        let mut reply = if self.settings.approvals_channel.is_some() {
            self.witnessed(reply).await
        } else {
            let mut message = self.blocks(&reply.document, reply.share);
            message["replace_original"] = json!(false);
            self.deliver(url, &reply.operation, &reply.document, message).await;
            reply
        };
        reply.document.blocks.retain(|block| !matches!(block, Block::Choices(_)));
        reply.card = Some(reply.document.clone());
        reply.share = false;
        reply
    }

    /// Posts a message later. Workspaces differ in the blocks that they know: a message that is refused is sent once more,
    /// as text alone.
    async fn deliver(&self, url: &str, operation: &str, document: &Document, message: Value) {
        let first = self.responder.post(url, &message).await;
        let last = match first {
            Err(ResponseUrlError::Refused(status)) if (400..500).contains(&status) => {
                tracing::warn!(operation, status, "a message is refused; its text follows alone");
                self.responder.post(url, &as_text(document, message)).await
            }
            other => other,
        };
        if let Err(error) = last {
            tracing::error!(operation, %error, "a reply was not delivered");
        }
    }

    /// A document as a message, with buttons that carry what this host sealed.
    fn blocks(&self, document: &Document, share: bool) -> Value {
        let button = |choices: &Choices| self.seal.seal(&choices.operation, choices.version);
        render::slack(document, self.settings.tables, share, Some(&button))
    }

    /// A reply as a message. Formats for programs are shown as they are, in one block of text.
    fn message(&self, reply: &Reply) -> Value {
        let format = reply.format.unwrap_or_default();
        // What others must decide on has buttons, whatever was wanted.
        if format == Format::Text || reply.for_others {
            return self.blocks(&reply.document, reply.share);
        }
        render::slack_verbatim(&render::reply(reply, format), reply.command.as_deref(), reply.share)
    }
}

/// A message without its blocks. Slack reads entities in the text of a message, so they are escaped.
fn as_text(document: &Document, mut message: Value) -> Value {
    let text: String = render::text(document).chars().take(MAX_TEXT).collect();
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    if let Some(fields) = message.as_object_mut() {
        fields.retain(|name, _| matches!(name.as_str(), "response_type" | "replace_original" | "mrkdwn"));
        fields.insert("text".to_owned(), Value::from(text));
    }
    message
}

fn json_response(message: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], message.to_string()).into_response()
}

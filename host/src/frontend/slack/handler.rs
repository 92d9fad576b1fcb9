//! From a POST request of Slack to a reply.

use super::button::ButtonSeal;
use super::later_message::{Delivery, Later};
use super::messages::Messages;
use super::notifier::{Card, DIRECT_MESSAGE, LOOK_EVERY, Notifier};
use super::signed::Signed;
use super::turns::Turns;
use super::{MAX_SKEW_SECONDS, ReplayCache, Responder, ResponseUrl, SignatureError, WebApi, verify};
use super::{SlashCommand, fields, is_ssl_check};
use crate::command::Markup;
use crate::document::{self, Block, Level, Notice};
use crate::frontend::Background;
use crate::identity::{PartError, Place, Principal};
use crate::render::{self, SlackTables};
use crate::service::{Input, Reply, Request, Service};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use claude_admin_chat::Verdict;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// The maximum time for a direct reply. After it, the command is acknowledged and the reply follows later: Slack allows
/// 3 seconds in total.
const INLINE: Duration = Duration::from_millis(2200);

/// The settings of the Slack frontend.
#[derive(Debug)]
pub struct SlackSettings {
    /// The signing secret of the app.
    pub signing_secret: SecretString,
    /// The ID of the app. Requests of other apps are not accepted. `None`: the app is not checked.
    pub app_id: Option<String>,
    /// The form of tables in messages.
    pub tables: SlackTables,
    /// Slack's Web API, if there is a bot token.
    pub web_api: Option<Arc<WebApi>>,
    /// The channel for the cards of requests that approvers must decide; it needs the Web API. Without it, the card is
    /// shown where the request was made.
    pub approvals_channel: Option<String>,
}

/// The Slack frontend.
#[derive(Debug)]
pub struct Slack {
    pub(super) service: Arc<Service>,
    pub(super) settings: SlackSettings,
    pub(super) messages: Messages,
    pub(super) delivery: Delivery,
    pub(super) background: Background,
    /// Posts messages about operations, if there is a bot token.
    pub(super) notifier: Option<Notifier>,
    /// Handles the clicks on one card in the order in which they arrive.
    pub(super) turns: Turns,
    signatures: Arc<ReplayCache>,
}

impl Slack {
    /// Creates the Slack frontend of a service.
    #[must_use]
    pub fn new(service: Arc<Service>, settings: SlackSettings, responder: Responder, background: Background) -> Self {
        let seal = ButtonSeal::new(settings.signing_secret.expose_secret().as_bytes());
        let messages = Messages { seal, tables: settings.tables, files: settings.web_api.is_some() };
        let web_api = settings.web_api.clone();
        let notifier = web_api
            .clone()
            .map(|api| Notifier::new(Arc::clone(&service), api, settings.approvals_channel.clone(), messages.clone()));
        let delivery = Delivery { responder, web_api, background: background.clone() };
        Self {
            service,
            settings,
            messages,
            delivery,
            background,
            notifier,
            turns: Turns::default(),
            signatures: Arc::default(),
        }
    }

    /// Replaces an earlier frontend: takes over the requests that it accepted and the messages that it was posting.
    #[must_use]
    pub fn after(self, earlier: &Self) -> Self {
        let notifier = self.notifier.map(|notifier| match &earlier.notifier {
            Some(earlier) => notifier.after(earlier),
            None => notifier,
        });
        Self { signatures: Arc::clone(&earlier.signatures), notifier, ..self }
    }

    /// Updates cards, notifies requesters, and waits until an operation changes or 2 seconds have passed. A server
    /// calls it in a loop. Without a bot token it only waits.
    pub async fn look(&self) {
        match &self.notifier {
            Some(notifier) => notifier.look().await,
            None => tokio::time::sleep(LOOK_EVERY).await,
        }
    }

    /// Handles a slash command.
    pub async fn command(self: Arc<Self>, headers: &HeaderMap, body: Bytes) -> Response {
        // Slack regularly sends an unsigned `ssl_check` request and expects an empty response.
        if !headers.contains_key("x-slack-signature") && is_ssl_check(&body) {
            return StatusCode::OK.into_response();
        }
        let signed = match self.believe(headers, &body).await {
            Ok(signed) => signed,
            Err(response) => return response,
        };
        if is_ssl_check(&body) {
            return StatusCode::OK.into_response();
        }
        let command = match fields(&body).and_then(SlashCommand::from_fields) {
            Ok(command) => command,
            Err(error) => {
                tracing::warn!(%error, "a form from Slack is invalid");
                return (StatusCode::BAD_REQUEST, error.to_string()).into_response();
            }
        };
        if let Err(response) = self.own_app(command.api_app_id.as_deref()).await {
            return response;
        }
        self.answer(command, signed).await
    }

    /// Checks that a request is from Slack: signed, recent, and not received before.
    pub(super) async fn believe(&self, headers: &HeaderMap, body: &[u8]) -> Result<Signed, Response> {
        let now = u64::try_from(self.service.ledger().clock().now_ms().div_euclid(1000)).unwrap_or_default();
        let reason = match self.check_signature(headers, body, now) {
            Ok(signed) => return Ok(signed),
            Err(reason) => reason,
        };
        tracing::warn!(%reason, "a request to the Slack endpoint is not authenticated");
        self.service.refused(reason.code()).await;
        Err((StatusCode::UNAUTHORIZED, "the request is not authenticated").into_response())
    }

    pub(super) async fn own_app(&self, app: Option<&str>) -> Result<(), Response> {
        if self.settings.app_id.is_none() || self.settings.app_id.as_deref() == app {
            return Ok(());
        }
        tracing::warn!("a request is from another Slack app");
        self.service.refused("foreign-app").await;
        Err((StatusCode::UNAUTHORIZED, "the request is from another app").into_response())
    }

    fn check_signature(&self, headers: &HeaderMap, body: &[u8], now: u64) -> Result<Signed, SignatureError> {
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
        self.signatures.accept(time, signature)?;
        // A request can be signed so long before it was received.
        let earliest = i64::try_from(time.saturating_sub(MAX_SKEW_SECONDS)).map_err(|_| SignatureError::Malformed)?;
        Ok(Signed { signature: format!("{timestamp}/{signature}"), earliest_ms: earliest.saturating_mul(1000) })
    }

    async fn answer(self: Arc<Self>, command: SlashCommand, signed: Signed) -> Response {
        let ids = identities(&command.team_id, &command.user_id, command.channel_id.as_deref());
        let (principal, place) = match ids {
            Ok(ids) => ids,
            Err(error) => return not_an_id(error),
        };
        let request = Request {
            principal,
            place,
            input: Input::Text { line: command.text, markup: Markup::Slack },
            delivery: Some(signed.key(command.trigger_id.map(|trigger| format!("{}/{trigger}", command.team_id)))),
            format: None,
        };
        let (slack, user) = (Arc::clone(&self), command.user_id);
        let url = command.response_url.map(ResponseUrl::new);
        let mut work = self.background.spawn(async move {
            let reply = slack.service.handle(request).await;
            slack.with_card(reply).await
        });
        if let Ok(finished) = tokio::time::timeout(INLINE, &mut work).await {
            return match finished {
                Ok(reply) if reply.duplicate_of.is_some() => StatusCode::OK.into_response(),
                Ok(reply) => {
                    let (message, file) = self.messages.reply(&reply);
                    if let Some(file) = file {
                        let slack = Arc::clone(&self);
                        self.background.spawn(async move {
                            slack.delivery.send_file(url.as_ref(), &slack.messages, &user, file).await;
                        });
                    }
                    json_response(&message)
                }
                Err(error) => {
                    tracing::error!(%error, "a command ended without a reply");
                    json_response(&render::slack_note(&document::internal_error(Verdict::Unknown, None).notices()))
                }
            };
        }
        let slack = Arc::clone(&self);
        self.background.spawn(async move {
            let reply = match work.await {
                Ok(reply) if reply.duplicate_of.is_some() => return,
                Ok(reply) => reply,
                Err(error) => {
                    tracing::error!(%error, "a command ended without a reply");
                    let (document, user) = (document::internal_error(Verdict::Unknown, None), Some(user.as_str()));
                    let message = slack.messages.blocks(&document, false);
                    let later = Later { operation: "", document: &document, message, more: 0, user };
                    return slack.delivery.deliver(url.as_ref(), later).await;
                }
            };
            let (message, file) = slack.messages.reply(&reply);
            let (operation, document, to) = (reply.operation.as_str(), &reply.document, Some(user.as_str()));
            slack.delivery.deliver(url.as_ref(), Later { operation, document, message, more: 0, user: to }).await;
            if let Some(file) = file {
                slack.delivery.send_file(url.as_ref(), &slack.messages, &user, file).await;
            }
        });
        json_response(&render::slack_note("Working on it. The result follows here. If it does not, run `status`."))
    }

    /// Posts the card of a request that approvers must decide, and adds to the reply where the card is.
    pub(super) async fn with_card(&self, mut reply: Reply) -> Reply {
        if !reply.for_others {
            return reply;
        }
        let Some(card) = self.attend(&reply.operation).await else {
            // Without a bot token, the reply is the card, and the channel sees it.
            if !reply.share {
                reply
                    .document
                    .blocks
                    .insert(0, Block::Notice(unseen("The card is not shown in the channel.".to_owned())));
            }
            return reply;
        };
        let channel = if self.settings.approvals_channel.is_some() { "the approvals channel" } else { "this channel" };
        match card {
            Card::Posted(_) => {
                let text = format!("The request is in {channel}, where another user must approve it.");
                reply.document.blocks.push(Block::Text(text));
            }
            Card::Delayed(problem) => {
                let text = format!("Posting to {channel} is delayed: {problem}. The host tries again.");
                reply.document.blocks.insert(0, Block::Notice(unseen(text)));
            }
            // A card for the approvals channel is shown in no other channel.
            Card::Failed(problem) if self.settings.approvals_channel.is_some() => {
                let text = format!("Posting to {channel} failed: `{problem}`.");
                reply.document.blocks.insert(0, Block::Notice(unseen(text)));
            }
            Card::Failed(problem) if reply.share && problem == DIRECT_MESSAGE => {
                let text = "Only the users in this direct message can see the request.".to_owned();
                reply.document.blocks.insert(0, Block::Notice(unseen(text)));
                return reply;
            }
            // The app is not in that channel, but the channel still shows the reply to the command.
            Card::Failed(_) if reply.share => return reply,
            Card::Failed(problem) => {
                let text = format!("Posting to {channel} failed: `{problem}`.");
                reply.document.blocks.insert(0, Block::Notice(unseen(text)));
            }
        }
        reply.document.drop_choices();
        reply.share = false;
        reply
    }

    /// Updates the messages about an operation. Returns `None` without a bot token.
    pub(super) async fn attend(&self, operation: &str) -> Option<Card> {
        match &self.notifier {
            Some(notifier) => Some(notifier.attend(operation).await),
            None => None,
        }
    }
}

/// The notice that approvers were not notified of a request.
fn unseen(text: String) -> Notice {
    let text = format!("{text} No other user has been notified of this request yet.");
    let hint = "`pending` shows the request to the users who can decide it.".to_owned();
    Notice { level: Level::Attention, text, hint: Some(hint) }
}

/// The requester and the place of a request from Slack.
pub(super) fn identities(team: &str, user: &str, channel: Option<&str>) -> Result<(Principal, Place), PartError> {
    Ok((Principal::slack(team, user)?, Place::slack(team, channel)?))
}

pub(super) fn not_an_id(error: PartError) -> Response {
    tracing::warn!(%error, "a request from Slack has an invalid ID");
    (StatusCode::BAD_REQUEST, error.to_string()).into_response()
}

fn json_response(message: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], message.to_string()).into_response()
}

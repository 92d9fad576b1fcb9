//! Slack as a chat platform.

use super::button::{ButtonSeal, Sealed};
use super::later_message::{Delivery, Later};
use super::messages::{Messages, as_text};
use super::origin::Origin;
use super::sender::{SlackSender, identities};
use super::socket::{Envelope, SocketApi};
use super::{
    BlockAction, Interaction, InteractionError, MAX_SKEW_SECONDS, ReplayCache, Responder, ResponseUrl, SignatureError,
    SlashCommand, ViewSubmission, WebApi, WebApiError, fields, file, is_ssl_check, verify,
};
use crate::audit::MessageId;
use crate::command::{Form, Markup};
use crate::decision::operation::Operation;
use crate::document::Document;
use crate::frontend::Background;
use crate::frontend::chat::{
    ChatPlatform, Click, Clicker, Element, File, NotAccepted, Position, PostError, Readers, Received, Response,
    Submission, Target,
};
use crate::identity::{PartError, Platform};
use crate::render::{self, SlackTables, boxes_of, choice_of, runs_command};
use crate::service::{Input, Reply, Request};
use axum::http::HeaderMap;
use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The settings of the Slack frontend.
#[derive(Debug)]
pub struct SlackSettings {
    /// The signing secret of the app. Without it, the host does not accept requests of Slack over HTTP.
    pub signing_secret: Option<SecretString>,
    /// Opens connections to Slack, for Socket Mode.
    pub socket: Option<Arc<SocketApi>>,
    /// The secret from which the key for the buttons of cards is derived: the signing secret, or else the token of the
    /// app. All hosts of an app must have the same.
    pub button_secret: SecretString,
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

/// Slack as a chat platform.
#[derive(Debug)]
pub struct SlackPlatform {
    signing_secret: Option<SecretString>,
    socket: Option<Arc<SocketApi>>,
    app_id: Option<String>,
    web_api: Option<Arc<WebApi>>,
    messages: Messages,
    delivery: Delivery,
    signatures: OnceLock<Arc<ReplayCache>>,
}

/// A delivery of Slack.
#[derive(Debug)]
pub enum SlackDelivery {
    /// A slash command over HTTP.
    Command {
        /// The headers, with the signature.
        headers: HeaderMap,
        /// The form, as it was signed.
        body: Bytes,
    },
    /// An interaction over HTTP.
    Interaction {
        /// The headers, with the signature.
        headers: HeaderMap,
        /// The form, as it was signed.
        body: Bytes,
    },
    /// An envelope of Socket Mode. The connection proves its origin.
    Envelope(Envelope),
}

/// The way for the messages that follow a command or a click.
#[derive(Debug)]
pub struct SlackRoute {
    url: Option<ResponseUrl>,
    user: String,
    is_click: bool,
    /// Opens a modal; none for a click or a modal.
    opens: Option<Opens>,
}

/// The permission to open a modal, and the place of the command for which it is opened.
#[derive(Debug)]
struct Opens {
    /// Valid for 3 seconds.
    trigger: String,
    team: String,
    channel: Option<String>,
}

/// The metadata of a modal, which Slack returns with its values.
#[derive(Debug, Serialize, Deserialize)]
struct FormMetadata {
    line: String,
    /// The identity of the command, which is that of its form.
    team: String,
    user: String,
    channel: Option<String>,
    /// The URL of the command grants permission to post. Slack shows the metadata to no user.
    url: Option<String>,
}

impl SlackPlatform {
    pub(super) fn new(settings: SlackSettings, responder: Responder, background: Background) -> Self {
        let SlackSettings { signing_secret, socket, button_secret, app_id, tables, web_api, .. } = settings;
        let seal = ButtonSeal::new(button_secret.expose_secret().as_bytes());
        Self {
            signing_secret,
            socket,
            app_id,
            messages: Messages { seal, tables, files: web_api.is_some() },
            delivery: Delivery { responder, web_api: web_api.clone(), background },
            web_api,
            signatures: OnceLock::new(),
        }
    }

    /// Whether it accepts requests over HTTP.
    #[must_use]
    pub fn accepts_http(&self) -> bool {
        self.signing_secret.is_some()
    }

    /// Opens connections to Slack, if the host uses Socket Mode.
    #[must_use]
    pub fn socket(&self) -> Option<&Arc<SocketApi>> {
        self.socket.as_ref()
    }

    /// Checks that a request is from Slack: signed, recent, and not received before.
    fn signed(&self, headers: &HeaderMap, body: &[u8], now_ms: i64) -> Result<Origin, NotAccepted> {
        let now = u64::try_from(now_ms.div_euclid(1000)).unwrap_or_default();
        self.check_signature(headers, body, now).map_err(|error| unproven(error.code(), error.to_string()))
    }

    fn check_signature(&self, headers: &HeaderMap, body: &[u8], now: u64) -> Result<Origin, SignatureError> {
        let only = |name: &str| {
            let mut values = headers.get_all(name).iter();
            match (values.next().and_then(|value| value.to_str().ok()), values.next()) {
                (Some(value), None) => Ok(value),
                _ => Err(SignatureError::Malformed),
            }
        };
        let (timestamp, signature) = (only("x-slack-request-timestamp")?, only("x-slack-signature")?);
        let secret = self.signing_secret.as_ref().ok_or(SignatureError::Malformed)?;
        verify(secret.expose_secret().as_bytes(), timestamp, signature, body, now)?;
        let time: u64 = timestamp.parse().map_err(|_| SignatureError::Malformed)?;
        self.signatures().accept(time, signature)?;
        // A request can be signed so long before it was received.
        let earliest = i64::try_from(time.saturating_sub(MAX_SKEW_SECONDS)).map_err(|_| SignatureError::Malformed)?;
        Ok(Origin { key: format!("{timestamp}/{signature}"), earliest_ms: Some(earliest.saturating_mul(1000)) })
    }

    fn signatures(&self) -> &Arc<ReplayCache> {
        self.signatures.get_or_init(Arc::default)
    }

    fn own_app(&self, app: Option<&str>) -> Result<(), NotAccepted> {
        if self.app_id.is_none() || self.app_id.as_deref() == app {
            return Ok(());
        }
        Err(unproven("foreign-app", "the request is from another app".to_owned()))
    }

    fn command(
        &self,
        command: SlashCommand,
        origin: Origin,
        response: Response,
    ) -> Result<Received<Self>, NotAccepted> {
        self.own_app(command.api_app_id.as_deref())?;
        let ids = identities(&command.team_id, &command.user_id, command.channel_id.as_deref());
        let (principal, place) = ids.map_err(not_an_id)?;
        let request = Request {
            principal,
            place,
            input: Input::Text { line: command.text, markup: Markup::Slack },
            delivery: Some(
                origin.key(command.trigger_id.as_ref().map(|trigger| format!("{}/{trigger}", command.team_id))),
            ),
            format: None,
        };
        let url = command.response_url.map(ResponseUrl::new);
        let opens = |trigger| Opens { trigger, team: command.team_id, channel: command.channel_id };
        let opens = command.trigger_id.map(opens);
        let route = SlackRoute { url, user: command.user_id, is_click: false, opens };
        Ok(Received::Command { request, route, response })
    }

    fn interaction(
        &self,
        interaction: Result<Option<Interaction>, InteractionError>,
        origin: Origin,
    ) -> Result<Received<Self>, NotAccepted> {
        match interaction.map_err(|error| unreadable(error.to_string()))? {
            None => Ok(Received::Nothing),
            Some(Interaction::Click(action)) => self.click(action, origin),
            Some(Interaction::Submission(submission)) => self.submission(submission, origin),
        }
    }

    fn submission(&self, submission: ViewSubmission, origin: Origin) -> Result<Received<Self>, NotAccepted> {
        self.own_app(submission.api_app_id.as_deref())?;
        let sealed = self.messages.seal.open_text(Sealed::Form, &submission.metadata);
        let metadata = sealed.and_then(|text| serde_json::from_str::<FormMetadata>(&text).ok());
        let Some(metadata) = metadata.filter(|metadata| metadata.user == submission.user_id) else {
            let problem = "the values of a form of another app or user".to_owned();
            let team = submission.team_id.unwrap_or_default();
            let sender = Some(Box::new(identities(&team, &submission.user_id, None).map_err(not_an_id)?));
            return Err(NotAccepted { code: Some("forged-form"), problem, sender, is_authentic: true });
        };
        let FormMetadata { line, team, user, channel, url } = metadata;
        let (principal, place) = identities(&team, &user, channel.as_deref()).map_err(not_an_id)?;
        let url = url.map(ResponseUrl::used);
        Ok(Received::Submission(Submission {
            principal,
            place,
            line,
            markup: Markup::Slack,
            values: submission.values,
            key: origin.key(Some(format!("{team}/{}", submission.view_id))),
            route: SlackRoute { url, user, is_click: false, opens: None },
        }))
    }

    fn click(&self, action: BlockAction, origin: Origin) -> Result<Received<Self>, NotAccepted> {
        self.own_app(action.api_app_id.as_deref())?;
        let sender = SlackSender::of(&action).map_err(not_an_id)?;
        if runs_command(&action.action_id)
            && let Some(command) = self.messages.seal.open_text(Sealed::Command, &action.value)
        {
            return run_button(command, action, &sender, origin);
        }
        let Some((operation, version, element)) = self.pressed(&action) else {
            let problem = "a click is on an element that this app did not make".to_owned();
            return Err(NotAccepted {
                code: Some("forged-button"),
                problem,
                sender: sender.named().map(Box::new),
                is_authentic: true,
            });
        };
        let message = action.channel_id.zip(action.message_ts);
        Ok(Received::Click(Click {
            operation,
            version,
            element,
            sender,
            message: message.map(|(channel, ts)| MessageId { channel, ts }),
            is_ephemeral: action.is_ephemeral,
            route: SlackRoute {
                url: action.response_url.map(ResponseUrl::new),
                user: action.user_id,
                is_click: true,
                opens: None,
            },
            key: origin.key(Some(action.delivery)),
        }))
    }

    /// The operation, the version of its plan, and the clicked element; none if this app did not make the element.
    fn pressed(&self, action: &BlockAction) -> Option<(String, u32, Element)> {
        let (element, sealed) = match (choice_of(&action.action_id), boxes_of(&action.action_id, &action.block_id)) {
            (Some(choice), _) => (Element::Decide(choice), action.value.as_str()),
            (None, Some((places, sealed))) => {
                let ticked: Result<_, _> = action.ticked.iter().map(|number| number.parse()).collect();
                (Element::Select { places, ticked: ticked.ok()? }, sealed)
            }
            (None, None) => return None,
        };
        let (operation, version) = self.messages.seal.open(sealed)?;
        Some((operation, version, element))
    }

    async fn post_message(&self, target: &Target, document: &Document) -> Result<Option<MessageId>, WebApiError> {
        let api = self.web_api.as_deref().ok_or(WebApiError::Token)?;
        let message = self.messages.blocks(document, false);
        match post_once(api, target, &message).await {
            // Workspaces differ in the blocks that they accept.
            Err(WebApiError::Refused { error, .. }) if error.contains("blocks") => {
                tracing::warn!(error, "a workspace does not accept the blocks of a message; its text is sent");
                post_once(api, target, &as_text(document, message)).await
            }
            posted => posted,
        }
    }
}

async fn post_once(api: &WebApi, target: &Target, message: &Value) -> Result<Option<MessageId>, WebApiError> {
    match target {
        Target::Card(card) => api.update_message(card, message).await.map(|()| Some(card.clone())),
        Target::NewCard(channel) => api.post_message(channel, message).await.map(Some),
        Target::User(user) => api.post_message(user, message).await.map(|_| None),
        Target::Thread { card, in_channel } => api.reply_to(card, message, *in_channel).await.map(|()| None),
    }
}

impl ChatPlatform for SlackPlatform {
    const PLATFORM: Platform = Platform::Slack;
    const NAME: &'static str = "Slack";
    /// Slack waits for 3 seconds in total.
    const INLINE: Duration = Duration::from_millis(2200);
    /// Slack accepts five messages for a click, and the result needs up to two.
    const PROGRESS: &'static [Duration] = &[Duration::from_secs(5), Duration::from_secs(20), Duration::from_secs(60)];

    type Delivery = SlackDelivery;
    type Sender = SlackSender;
    type Route = SlackRoute;
    type Message = Value;

    fn receive(&self, delivery: SlackDelivery, now_ms: i64) -> Result<Received<Self>, NotAccepted> {
        match delivery {
            // Slack regularly sends an unsigned `ssl_check` request and expects an empty response.
            SlackDelivery::Command { headers, body }
                if !headers.contains_key("x-slack-signature") && is_ssl_check(&body) =>
            {
                Ok(Received::Nothing)
            }
            SlackDelivery::Command { headers, body } => {
                let origin = self.signed(&headers, &body, now_ms)?;
                if is_ssl_check(&body) {
                    return Ok(Received::Nothing);
                }
                let command = fields(&body).and_then(SlashCommand::from_fields);
                self.command(command.map_err(|error| unreadable(error.to_string()))?, origin, Response::Result)
            }
            SlackDelivery::Interaction { headers, body } => {
                let origin = self.signed(&headers, &body, now_ms)?;
                let action = fields(&body).map_err(InteractionError::from).and_then(Interaction::from_fields);
                self.interaction(action, origin)
            }
            SlackDelivery::Envelope(Envelope::Command { id, fields }) => {
                let command = SlashCommand::from_fields(fields).map_err(|error| unreadable(error.to_string()))?;
                // The response to an envelope is not confirmed, so a result could be lost.
                self.command(command, Origin { key: id, earliest_ms: None }, Response::Acknowledgement)
            }
            SlackDelivery::Envelope(Envelope::Interaction { id, payload }) => {
                self.interaction(Interaction::from_value(payload), Origin { key: id, earliest_ms: None })
            }
        }
    }

    async fn clicker(&self, click: &Click<Self>, request: Option<&Operation>) -> Option<Clicker> {
        click.sender.clicker(request, self.web_api.as_deref()).await
    }

    fn note(&self, text: &str) -> Value {
        render::slack_note(text)
    }

    fn message(&self, document: &Document, readers: Readers) -> Value {
        self.messages.blocks(document, readers == Readers::All)
    }

    fn reply(&self, reply: &Reply) -> (Value, Option<File>) {
        self.messages.reply(reply)
    }

    async fn open_form(&self, route: &SlackRoute, form: &Form) -> bool {
        let (Some(api), Some(Opens { trigger, team, channel })) = (&self.web_api, &route.opens) else { return false };
        let metadata = json!(FormMetadata {
            line: form.line.clone(),
            team: team.clone(),
            user: route.user.clone(),
            channel: channel.clone(),
            url: route.url.as_ref().map(|url| url.as_str().to_owned()),
        });
        let metadata = metadata.to_string();
        let Some(view) = render::slack_form(form, &self.messages.seal.seal_text(Sealed::Form, &metadata)) else {
            return false;
        };
        match api.open_view(trigger, &view).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "a form cannot be opened");
                false
            }
        }
    }

    fn form_problems(&self, problems: &[(String, String)]) -> Value {
        render::slack_form_errors(problems)
    }

    async fn deliver(&self, route: &SlackRoute, mut later: Later<'_>) {
        if route.is_click {
            later.message["replace_original"] = json!(later.position == Position::Card);
        }
        let user = (later.position == Position::User).then_some(route.user.as_str());
        self.delivery.deliver(route.url.as_ref(), later, user).await;
    }

    async fn send_file(&self, route: &SlackRoute, file: File) {
        let Some(api) = self.web_api.as_deref() else { return };
        let Err(error) = file::send(api, &route.user, &file).await else { return };
        tracing::error!(%error, "a file was not sent, or it is unknown");
        let document = &file::not_sent(&error);
        let message = self.message(document, Readers::One);
        self.deliver(route, Later { operation: "", document, message, more: 0, position: Position::User }).await;
    }

    fn can_post(&self) -> bool {
        self.web_api.is_some()
    }

    fn is_direct(&self, channel: &str) -> bool {
        channel.starts_with('D')
    }

    async fn post(&self, target: &Target, document: &Document, attempt: u32) -> Result<Option<MessageId>, PostError> {
        self.post_message(target, document).await.map_err(|error| PostError {
            problem: error.to_string(),
            code: error.code(),
            retry_in: error.retry_in(attempt),
        })
    }

    fn continue_from(&self, earlier: &Self) {
        // A new value has accepted no signature yet.
        let _ = self.signatures.set(Arc::clone(earlier.signatures()));
    }
}

/// A button runs its command as if the user typed it.
fn run_button(
    command: String,
    action: BlockAction,
    sender: &SlackSender,
    origin: Origin,
) -> Result<Received<SlackPlatform>, NotAccepted> {
    let Some((principal, place)) = sender.named() else {
        let problem = "a click names no workspace".to_owned();
        return Err(NotAccepted { code: Some("no-workspace"), problem, sender: None, is_authentic: true });
    };
    let request = Request {
        principal,
        place,
        input: Input::Text { line: command, markup: Markup::None },
        delivery: Some(origin.key(Some(action.delivery))),
        format: None,
    };
    let url = action.response_url.map(ResponseUrl::new);
    let route = SlackRoute { url, user: action.user_id, is_click: true, opens: None };
    Ok(Received::Command { request, route, response: Response::Nothing })
}

fn unproven(code: &'static str, problem: String) -> NotAccepted {
    NotAccepted { code: Some(code), problem, sender: None, is_authentic: false }
}

fn unreadable(problem: String) -> NotAccepted {
    NotAccepted { code: None, problem, sender: None, is_authentic: true }
}

fn not_an_id(error: PartError) -> NotAccepted {
    unreadable(error.to_string())
}

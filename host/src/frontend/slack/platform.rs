//! Slack as a chat platform.

use super::incoming::SlackDelivery;
use super::later_message::{Delivery, Later};
use super::messages::{Messages, as_text};
use super::route::{FormMetadata, Opens, SlackRoute};
use super::seal::{Seal, Sealed};
use super::sender::SlackSender;
use super::socket::SocketApi;
use super::{ReplayCache, Responder, WebApi, WebApiError, file};
use crate::audit::MessageId;
use crate::command::Form;
use crate::decision::operation::Operation;
use crate::document::Document;
use crate::frontend::Background;
use crate::frontend::chat::{
    ChatPlatform, Click, Clicker, File, NotAccepted, Position, PostError, Readers, Received, Target,
};
use crate::identity::Platform;
use crate::render::{self, SlackTables};
use crate::service::Reply;
use secrecy::{ExposeSecret, SecretString};
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
    pub(super) signing_secret: Option<SecretString>,
    socket: Option<Arc<SocketApi>>,
    pub(super) app_id: Option<String>,
    web_api: Option<Arc<WebApi>>,
    pub(super) messages: Messages,
    delivery: Delivery,
    signatures: OnceLock<Arc<ReplayCache>>,
}

impl SlackPlatform {
    pub(super) fn new(settings: SlackSettings, responder: Responder, background: Background) -> Self {
        let SlackSettings { signing_secret, socket, app_id, tables, web_api, .. } = settings;
        // Without either secret, the host accepts no delivery.
        let secret = signing_secret.as_ref().or(socket.as_ref().map(|socket| socket.token()));
        let seal = Seal::new(secret.map_or("", |secret| secret.expose_secret()).as_bytes());
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

    /// The signatures that were accepted.
    pub(super) fn signatures(&self) -> &Arc<ReplayCache> {
        self.signatures.get_or_init(Arc::default)
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
        self.read(delivery, now_ms)
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
        let Some(api) = self.web_api.as_deref() else {
            let problem = "the host has no bot token".to_owned();
            return Err(PostError { problem, code: "not_configured".to_owned(), retry_in: None });
        };
        let message = self.messages.blocks(document, false);
        let posted = match post_once(api, target, &message).await {
            // Workspaces differ in the blocks that they accept.
            Err(WebApiError::Refused { error, .. }) if error.contains("blocks") => {
                tracing::warn!(error, "a workspace does not accept the blocks of a message; its text is sent");
                post_once(api, target, &as_text(document, message)).await
            }
            posted => posted,
        };
        posted.map_err(|error| PostError {
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

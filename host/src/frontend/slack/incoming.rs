//! From a delivery of Slack to a command, a click or the values of a form.

use super::origin::Origin;
use super::platform::SlackPlatform;
use super::route::{FormMetadata, Opens, SlackRoute};
use super::seal::Sealed;
use super::sender::{SlackSender, identities};
use super::socket::Envelope;
use super::{
    BlockAction, Interaction, InteractionError, MAX_SKEW_SECONDS, ResponseUrl, SignatureError, SlashCommand,
    ViewSubmission, fields, is_ssl_check, verify,
};
use crate::audit::MessageId;
use crate::command::Markup;
use crate::frontend::chat::{Click, Element, NotAccepted, Received, Response, Submission};
use crate::identity::PartError;
use crate::render::{boxes_of, choice_of, runs_command};
use crate::service::{Input, Request};
use axum::http::HeaderMap;
use bytes::Bytes;
use secrecy::ExposeSecret;

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

impl SlackPlatform {
    /// Authenticates the sender of a delivery and reads it.
    pub(super) fn read(&self, delivery: SlackDelivery, now_ms: i64) -> Result<Received<Self>, NotAccepted> {
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

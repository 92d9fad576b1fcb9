//! From a click to a decision, and to its result for the user and on the card.

use super::clicker::Clicker;
use super::handler::{identities, not_an_id};
use super::interaction::{Click, InteractionError};
use super::later_message::Later;
use super::notifier::Card;
use super::pressed::{Element, Pressed};
use super::signed::Signed;
use super::{ResponseUrl, Slack, fields};
use crate::audit::MessageId;
use crate::decision::operation::State;
use crate::document::{self, Block, Document, Level, Notice};
use crate::service::{Outcome, Reply, Request};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::json;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The times after a click at which the card shows the progress of a run. Slack accepts five messages for a click, and the
/// result needs up to two.
const PROGRESS: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(20), Duration::from_secs(60)];
const RESULTS: u32 = 2;

impl Slack {
    /// Handles a click: responds immediately with an empty response, and sends the result later.
    pub async fn interaction(self: Arc<Self>, headers: &HeaderMap, body: Bytes) -> Response {
        let signed = match self.believe(headers, &body).await {
            Ok(signed) => signed,
            Err(response) => return response,
        };
        let click = match fields(&body).map_err(InteractionError::from).and_then(Click::from_fields) {
            Ok(Some(click)) => click,
            Ok(None) => return StatusCode::OK.into_response(),
            Err(error) => {
                tracing::warn!(%error, "an interaction from Slack is invalid");
                return (StatusCode::BAD_REQUEST, error.to_string()).into_response();
            }
        };
        if let Err(response) = self.own_app(click.api_app_id.as_deref()).await {
            return response;
        }
        for team in [&click.team_id, &click.home_team_id].into_iter().flatten() {
            if let Err(error) = identities(team, &click.user_id, click.channel_id.as_deref()) {
                return not_an_id(error);
            }
        }
        let Some(pressed) = Pressed::of(&click, &self.messages.seal) else {
            if let Some(Clicker { principal, place, .. }) = Clicker::of(&click, None, None).await {
                tracing::warn!(%principal, "a click on a button that this app did not make is ignored");
                self.service.disbelieved(&principal, &place, "forged-button").await;
            } else {
                self.service.refused("forged-button").await;
            }
            return StatusCode::OK.into_response();
        };
        let slack = Arc::clone(&self);
        self.background.spawn(async move { slack.press(signed, click, pressed).await });
        StatusCode::OK.into_response()
    }

    async fn press(&self, signed: Signed, click: Click, pressed: Pressed) {
        let turn = self.turns.next(&pressed.operation).await;
        // A run can take long, and the host decides about clicks during it.
        let is_selection = matches!(pressed.what, Element::Select { .. });
        let turn = is_selection.then_some(turn);
        let url = click.response_url.clone().map(ResponseUrl::new);
        let request = self.service.operation(&pressed.operation).await;
        let api = self.settings.web_api.as_deref();
        let Some(clicker) = Clicker::of(&click, request.as_ref(), api).await else {
            tracing::warn!(operation = pressed.operation, "a click names no workspace");
            self.service.refused("no-workspace").await;
            self.show(url.as_ref(), &click, &pressed.operation, &pressed.nameless(), 0).await;
            return;
        };
        let operation = pressed.operation.clone();
        let was_for_others = request.as_ref().is_some_and(|request| !request.pending.requirements.approvals.is_empty());
        let request = Request {
            principal: clicker.principal,
            place: clicker.place,
            input: pressed.input(request.as_ref()),
            delivery: Some(signed.key(Some(click.delivery.clone()))),
            format: None,
        };
        let mut handled = pin!(self.service.handle(request));
        let began = Instant::now();
        let mut looks = PROGRESS.iter();
        let mut reply = loop {
            let next = looks.next().map(|after| began + *after);
            tokio::select! {
                reply = &mut handled => break reply,
                () = until(next) => self.show_progress(url.as_ref(), &operation).await,
            }
        };
        drop(turn);
        if reply.duplicate_of.is_some() {
            return;
        }
        if let Some(text) = clicker.doubt {
            let hint = "Type the command in that workspace instead, or ask the host administrator.".to_owned();
            let notice = Notice { level: Level::Attention, text, hint: Some(hint) };
            reply.document.blocks.push(Block::Notice(notice));
        }
        if is_selection {
            self.after_selection(&click, &operation, &mut reply).await;
        }
        self.show_result(url.as_ref(), (&click, &operation), reply, !was_for_others).await;
    }

    /// Changes the card to the progress of a run with several steps.
    async fn show_progress(&self, url: Option<&ResponseUrl>, operation: &str) {
        let Some(current) = self.service.operation(operation).await else { return };
        let runs = matches!(current.state, State::Running { .. }) && current.pending.plan.only().is_none();
        if let Some(url) = url.filter(|_| runs) {
            let document = &document::operation(self.service.catalog(), &current);
            let mut message = self.messages.blocks(document, false);
            message["replace_original"] = json!(true);
            let later = Later { operation, document, message, more: RESULTS, user: None };
            self.delivery.deliver(Some(url), later).await;
        }
    }

    /// Determines the card that is shown after a change of check boxes.
    async fn after_selection(&self, click: &Click, operation: &str, reply: &mut Reply) {
        if reply.outcome != Outcome::Waiting {
            // Slack shows the boxes as the user left them. The card shows the steps that are selected.
            let current = self.service.operation(operation).await;
            reply.card = current.map(|current| document::operation(self.service.catalog(), &current));
        } else if click.is_ephemeral {
            // Only the requester sees this card, so it has the names that they can read.
            reply.card = Some(reply.document.clone());
        } else {
            // Every user of the channel sees this card, and it remains there.
            reply.for_others = false;
            reply.document = reply.card.clone().unwrap_or_default();
        }
    }

    /// Shows the result to the user who clicked, and changes the card on which they clicked. `is_new`: before this click,
    /// only the requester had to confirm the request.
    async fn show_result(
        &self,
        url: Option<&ResponseUrl>,
        (click, operation): (&Click, &str),
        mut reply: Reply,
        is_new: bool,
    ) {
        if reply.for_others {
            reply = self.shown_to_others(url, operation, reply, is_new).await;
        }
        // The card is for every approver. A reply that differs from the card is only for the user who clicked.
        if reply.card.as_ref() != Some(&reply.document) {
            self.show(url, click, operation, &reply.document, u32::from(reply.card.is_some())).await;
        }
        if self.attend(operation).await.is_some_and(|card| is_clicked(&card, click)) {
            return;
        }
        if let Some(card) = &reply.card {
            let mut message = self.messages.blocks(card, reply.share);
            message["replace_original"] = json!(true);
            self.delivery.deliver(url, Later { operation, document: card, message, more: 0, user: None }).await;
        }
    }

    /// Shows a document only to the user who clicked.
    async fn show(&self, url: Option<&ResponseUrl>, click: &Click, operation: &str, document: &Document, more: u32) {
        let mut message = self.messages.blocks(document, false);
        message["replace_original"] = json!(false);
        let user = Some(click.user_id.as_str());
        self.delivery.deliver(url, Later { operation, document, message, more, user }).await;
    }

    /// Shows the request where the approvers see it, because they must decide it from now on. The clicked card is only
    /// for the requester.
    async fn shown_to_others(&self, url: Option<&ResponseUrl>, operation: &str, reply: Reply, is_new: bool) -> Reply {
        let mut reply = self.with_card(reply).await;
        // The bot could not post a card, so the channel sees this one.
        if reply.share && is_new {
            let mut message = self.messages.blocks(&reply.document, true);
            message["replace_original"] = json!(false);
            let later = Later { operation, document: &reply.document, message, more: 2, user: None };
            self.delivery.deliver(url, later).await;
        }
        reply.document.drop_choices();
        reply.card = Some(reply.document.clone());
        reply.share = false;
        reply
    }
}

/// Waits until a time; forever if there is none.
async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// Whether the card of the request is the message that was clicked.
fn is_clicked(card: &Card, click: &Click) -> bool {
    let clicked = click.channel_id.clone().zip(click.message_ts.clone());
    let clicked = clicked.map(|(channel, ts)| MessageId { channel, ts });
    clicked.is_some_and(|clicked| *card == Card::Posted(clicked))
}

//! From a click to a decision, and to its result for the user and on the card.

use super::notifier::Card;
use super::{ChatPlatform, Click, Conversation, Element, Later, Position, Readers};
use crate::decision::operation::State;
use crate::document::{self, Block, Document, Level, Notice};
use crate::service::{Outcome, Reply, Request};
use std::pin::pin;
use tokio::time::Instant;

/// The number of messages that the result of a click needs.
const RESULTS: u32 = 2;

impl<P: ChatPlatform> Conversation<P> {
    /// Handles a click: decides, and shows the result.
    pub(super) async fn press(&self, click: Click<P>) {
        let turn = self.turns.next(&click.operation).await;
        // A run can take long, and the host decides about clicks during it.
        let is_selection = matches!(click.element, Element::Select { .. });
        let turn = is_selection.then_some(turn);
        let request = self.service.operation(&click.operation).await;
        let Some(clicker) = self.platform.clicker(&click, request.as_ref()).await else {
            tracing::warn!(operation = click.operation, "a click names no workspace");
            self.service.refused("no-workspace").await;
            self.show(&click, &click.nameless(), 0).await;
            return;
        };
        let was_for_others = request.as_ref().is_some_and(|request| !request.pending.requirements.approvals.is_empty());
        let request = Request {
            principal: clicker.principal,
            place: clicker.place,
            input: click.input(request.as_ref()),
            delivery: Some(click.key.clone()),
            format: None,
        };
        let mut handled = pin!(self.service.handle(request));
        let began = Instant::now();
        let mut looks = P::PROGRESS.iter();
        let mut reply = loop {
            let next = looks.next().map(|after| began + *after);
            tokio::select! {
                reply = &mut handled => break reply,
                () = until(next) => self.show_progress(&click).await,
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
            self.after_selection(&click, &mut reply).await;
        }
        self.show_result(&click, reply, !was_for_others).await;
    }

    /// Changes the card to the progress of a run with several steps.
    async fn show_progress(&self, click: &Click<P>) {
        let Some(current) = self.service.operation(&click.operation).await else { return };
        if matches!(current.state, State::Running { .. }) && current.pending.plan.only().is_none() {
            let document = document::operation(self.service.catalog(), &current);
            self.send(click, &document, Readers::One, Position::Card, RESULTS).await;
        }
    }

    /// Determines the card that is shown after a change of check boxes.
    async fn after_selection(&self, click: &Click<P>, reply: &mut Reply) {
        if reply.outcome != Outcome::Waiting {
            // The platform shows the boxes as the user left them. The card shows the steps that are selected.
            let current = self.service.operation(&click.operation).await;
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
    async fn show_result(&self, click: &Click<P>, mut reply: Reply, is_new: bool) {
        if reply.for_others {
            reply = self.shown_to_others(click, reply, is_new).await;
        }
        // The card is for every approver. A reply that differs from the card is only for the user who clicked.
        if reply.card.as_ref() != Some(&reply.document) {
            self.show(click, &reply.document, u32::from(reply.card.is_some())).await;
        }
        if self.attend(&click.operation).await.is_some_and(|card| is_clicked(&card, click)) {
            return;
        }
        if let Some(card) = &reply.card {
            let readers = if reply.share { Readers::All } else { Readers::One };
            self.send(click, card, readers, Position::Card, 0).await;
        }
    }

    /// Shows a document only to the user who clicked.
    async fn show(&self, click: &Click<P>, document: &Document, more: u32) {
        self.send(click, document, Readers::One, Position::User, more).await;
    }

    /// Shows the request where the approvers see it, because they must decide it from now on. The clicked card is only
    /// for the requester.
    async fn shown_to_others(&self, click: &Click<P>, reply: Reply, is_new: bool) -> Reply {
        let mut reply = self.with_card(reply).await;
        // The bot could not post a card, so the channel sees this one.
        if reply.share && is_new {
            self.send(click, &reply.document, Readers::All, Position::Channel, 2).await;
        }
        reply.document.drop_choices();
        reply.card = Some(reply.document.clone());
        reply.share = false;
        reply
    }

    /// Sends a document through the route of a click. `more` later messages need the same route.
    async fn send(&self, click: &Click<P>, document: &Document, readers: Readers, position: Position, more: u32) {
        let message = self.platform.message(document, readers);
        let later = Later { operation: &click.operation, document, message, more, position };
        self.platform.deliver(&click.route, later).await;
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
fn is_clicked<P: ChatPlatform>(card: &Card, click: &Click<P>) -> bool {
    click.message.clone().is_some_and(|clicked| *card == Card::Posted(clicked))
}

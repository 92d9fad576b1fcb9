//! Conversations on a chat platform: commands, clicks on the cards of requests, and messages about requests.
//!
//! A platform implements [`ChatPlatform`]. All decisions about the readers of a message are here, so every platform shows
//! the same.

mod click;
mod clicks;
mod commands;
mod forms;
mod notifier;
mod placing;
mod platform;
mod turns;

pub use click::{Click, Element};
pub use platform::{
    ChatPlatform, Clicker, File, Later, NotAccepted, Position, PostError, Readers, Received, Response, Submission,
    Target,
};

use crate::frontend::Background;
use crate::service::Service;
use notifier::Notifier;
use std::sync::Arc;
use turns::Turns;

/// The conversations of a host on one chat platform.
#[derive(Debug)]
pub struct Conversation<P: ChatPlatform> {
    service: Arc<Service>,
    platform: Arc<P>,
    background: Background,
    /// The channel for the cards of requests that approvers must decide. Without it, the card is shown where the request
    /// was made.
    approvals_channel: Option<String>,
    /// Posts messages about operations, if the platform can post.
    notifier: Option<Notifier<P>>,
    /// Handles the clicks on one card in the order in which they arrive.
    turns: Turns,
}

impl<P: ChatPlatform> Conversation<P> {
    /// Creates the conversations of a service.
    #[must_use]
    pub fn on(platform: P, service: Arc<Service>, approvals_channel: Option<String>, background: Background) -> Self {
        let platform = Arc::new(platform);
        let notifier = platform
            .can_post()
            .then(|| Notifier::new(Arc::clone(&service), Arc::clone(&platform), approvals_channel.clone()));
        Self { service, platform, background, approvals_channel, notifier, turns: Turns::default() }
    }

    /// Replaces earlier conversations of this process: takes over the deliveries that were accepted, and the messages
    /// that are being posted.
    #[must_use]
    pub fn after(self, earlier: &Self) -> Self {
        self.platform.continue_from(&earlier.platform);
        let notifier = self.notifier.map(|notifier| match &earlier.notifier {
            Some(earlier) => notifier.after(earlier),
            None => notifier,
        });
        Self { notifier, ..self }
    }

    /// The platform.
    #[must_use]
    pub fn platform(&self) -> &P {
        &self.platform
    }

    /// Updates cards, notifies requesters, and waits until an operation changes or 2 seconds have passed. A server
    /// calls it in a loop. On a platform that cannot post, it only waits.
    pub async fn look(&self) {
        match &self.notifier {
            Some(notifier) => notifier.look().await,
            None => tokio::time::sleep(notifier::LOOK_EVERY).await,
        }
    }

    /// Handles a delivery. Returns the message for the immediate response, if there is one. Later messages follow
    /// through the route of the delivery.
    ///
    /// # Errors
    ///
    /// [`NotAccepted`] for a delivery that is not accepted. It is recorded.
    pub async fn receive(self: Arc<Self>, delivery: P::Delivery) -> Result<Option<P::Message>, NotAccepted> {
        let now_ms = self.service.ledger().clock().now_ms();
        match self.platform.receive(delivery, now_ms) {
            Ok(Received::Nothing) => Ok(None),
            Ok(Received::Command { request, route, response }) => Ok(self.answer(request, route, response).await),
            Ok(Received::Click(click)) => {
                let conversation = Arc::clone(&self);
                self.background.spawn(async move { conversation.press(click).await });
                Ok(None)
            }
            Ok(Received::Submission(submission)) => Ok(self.submit(submission)),
            Err(refused) => {
                self.record(&refused).await;
                Err(refused)
            }
        }
    }

    async fn record(&self, refused: &NotAccepted) {
        let problem = &refused.problem;
        tracing::warn!(problem, "a delivery of a chat platform is not accepted");
        match (&refused.code, &refused.sender) {
            (Some(code), Some(sender)) => self.service.disbelieved(&sender.0, &sender.1, code).await,
            (Some(code), None) => self.service.refused(code).await,
            (None, _) => {}
        }
    }
}

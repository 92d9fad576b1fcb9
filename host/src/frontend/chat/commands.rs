//! From a command to its result.

use super::{ChatPlatform, Conversation, Later, Position, Readers, Response};
use crate::document::{self, Document};
use crate::service::{Reply, Request};
use claude_admin_chat::Verdict;
use std::sync::Arc;

/// Acknowledges a command whose result follows.
const WORKING: &str = "Working on it. The result follows here. If it does not, run `status`.";

impl<P: ChatPlatform> Conversation<P> {
    /// Handles a command. Returns the message for the response: the result, or the acknowledgement that it follows.
    pub(super) async fn answer(
        self: Arc<Self>,
        request: Request,
        route: P::Route,
        response: Response,
    ) -> Option<P::Message> {
        let (conversation, route) = (Arc::clone(&self), Arc::new(route));
        let of_form = Arc::clone(&route);
        let mut work = self.background.spawn(async move {
            let input = request.input.clone();
            let reply = conversation.service.handle(request).await;
            let reply = conversation.with_form(reply, &of_form, &input).await;
            conversation.with_card(reply).await
        });
        let finished = match response {
            Response::Nothing => None,
            Response::Result | Response::Acknowledgement => tokio::time::timeout(P::INLINE, &mut work).await.ok(),
        };
        let (conversation, is_inline) = (Arc::clone(&self), response == Response::Result);
        match finished.map(|finished| finished.map_err(|error| self.lost(&error))) {
            Some(Ok(reply)) if reply.duplicate_of.is_some() => None,
            Some(Ok(reply)) if is_inline => {
                let (message, file) = self.platform.reply(&reply);
                if let Some(file) = file {
                    self.background.spawn(async move { conversation.platform.send_file(&route, file).await });
                }
                Some(message)
            }
            Some(Err(document)) if is_inline => Some(self.platform.message(&document, Readers::One)),
            Some(finished) => {
                self.background.spawn(async move { conversation.follow(&route, finished).await });
                None
            }
            None => {
                self.background.spawn(async move {
                    let finished = work.await.map_err(|error| conversation.lost(&error));
                    conversation.follow(&route, finished).await;
                });
                (response != Response::Nothing).then(|| self.platform.note(WORKING))
            }
        }
    }

    /// Delivers a result that follows the acknowledgement of its command.
    async fn follow(&self, route: &P::Route, finished: Result<Reply, Document>) {
        let (operation, document, message, file) = match finished {
            Ok(reply) if reply.duplicate_of.is_some() => return,
            Ok(reply) => {
                let (message, file) = self.platform.reply(&reply);
                (reply.operation, reply.document, message, file)
            }
            Err(document) => {
                let message = self.platform.message(&document, Readers::One);
                (String::new(), document, message, None)
            }
        };
        let position = Position::User;
        let later = Later { operation: &operation, document: &document, message, more: 0, position };
        self.platform.deliver(route, later).await;
        if let Some(file) = file {
            self.platform.send_file(route, file).await;
        }
    }

    /// The document for a command that ended without a reply.
    fn lost(&self, error: &tokio::task::JoinError) -> Document {
        tracing::error!(%error, "a command ended without a reply");
        document::internal_error(Verdict::Unknown, None)
    }
}

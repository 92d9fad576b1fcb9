//! The place of the card of a request that approvers must decide.

use super::notifier::{Card, DIRECT_MESSAGE};
use super::{ChatPlatform, Conversation};
use crate::document::{Block, Level, Notice};
use crate::service::Reply;

impl<P: ChatPlatform> Conversation<P> {
    /// Posts the card of a request that approvers must decide, and adds to the reply where the card is.
    pub(super) async fn with_card(&self, mut reply: Reply) -> Reply {
        if !reply.for_others {
            return reply;
        }
        let Some(card) = self.attend(&reply.operation).await else {
            // On a platform that cannot post, the reply is the card, and the channel sees it.
            if !reply.share {
                reply
                    .document
                    .blocks
                    .insert(0, Block::Notice(unseen("The card is not shown in the channel.".to_owned())));
            }
            return reply;
        };
        let channel = if self.approvals_channel.is_some() { "the approvals channel" } else { "this channel" };
        let is_here = reply.share && self.approvals_channel.is_none();
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
            Card::Failed(problem) if is_here && problem == DIRECT_MESSAGE => {
                let text = "Only the users in this direct message can see the request.".to_owned();
                reply.document.blocks.insert(0, Block::Notice(unseen(text)));
                return reply;
            }
            // The app is not in that channel, but the channel still shows the reply to the command.
            Card::Failed(_) if is_here => return reply,
            Card::Failed(problem) => {
                let text = format!("Posting to {channel} failed: `{problem}`.");
                reply.document.blocks.insert(0, Block::Notice(unseen(text)));
            }
        }
        reply.document.drop_choices();
        reply.share = false;
        reply
    }

    /// Updates the messages about an operation. Returns `None` on a platform that cannot post.
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

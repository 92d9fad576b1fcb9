//! A file for a user: the full text of a result that does not fit into a message.

use super::later_message::{Delivery, Later};
use super::messages::Messages;
use super::{ResponseUrl, WebApi, WebApiError};
use crate::document::{Block, Document, Level, Notice};
use crate::service::Kept;
use serde_json::json;

/// The full text of a result.
#[derive(Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) content: String,
    /// The counted memory of the result.
    pub(super) _kept: Kept,
}

impl Delivery {
    /// Sends a file as a direct message. If that fails, the user receives the cause.
    pub(super) async fn send_file(&self, url: Option<&ResponseUrl>, messages: &Messages, user: &str, file: File) {
        let Some(api) = self.web_api.as_deref() else { return };
        let Err(error) = sent(api, user, &file).await else { return };
        tracing::error!(%error, "a file was not sent, or it is unknown");
        let notice = Notice {
            level: Level::Error,
            text: match error {
                // Slack can have shared the file before the connection ended.
                WebApiError::Transport { .. } | WebApiError::Timeout { .. } => {
                    format!("It is unknown whether the file with the full text was sent: {error}.")
                }
                error => format!("The file with the full text was not sent: {error}."),
            },
            hint: Some(
                "The message has the result of the command, shortened. The command line shows all of it.".to_owned(),
            ),
        };
        let document = &Document::default().with(Block::Notice(notice));
        let message = messages.blocks(document, false);
        self.deliver(url, Later { operation: "", document, message, more: 0, user: Some(user) }).await;
    }
}

/// Uploads a file before the message that announces it, which could otherwise stay without a file.
async fn sent(api: &WebApi, user: &str, file: &File) -> Result<(), WebApiError> {
    let id = api.upload(&file.name, &file.content).await?;
    let text = json!({ "text": format!("The full text of your command, in {}:", file.name) });
    let message = api.post_message(user, &text).await?;
    api.share_file(&id, &file.name, &message).await
}

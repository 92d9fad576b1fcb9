//! Sends a file to a user: the full text of a result that does not fit into a message.

use super::{WebApi, WebApiError};
use crate::document::{Block, Document, Level, Notice};
use crate::frontend::chat::File;
use serde_json::json;

/// Uploads a file before the message that announces it, which could otherwise stay without a file.
pub(super) async fn send(api: &WebApi, user: &str, file: &File) -> Result<(), WebApiError> {
    let id = api.upload(&file.name, &file.content).await?;
    let text = json!({ "text": format!("The full text of your command, in {}:", file.name) });
    let message = api.post_message(user, &text).await?;
    api.share_file(&id, &file.name, &message).await
}

/// The document that a user receives instead of a file.
pub(super) fn not_sent(error: &WebApiError) -> Document {
    let text = match error {
        // Slack can have shared the file before the connection ended.
        WebApiError::Transport { .. } | WebApiError::Timeout { .. } => {
            format!("It is unknown whether the file with the full text was sent: {error}.")
        }
        error => format!("The file with the full text was not sent: {error}."),
    };
    let hint = "The message has the result of the command, shortened. The command line shows all of it.".to_owned();
    Document::default().with(Block::Notice(Notice { level: Level::Error, text, hint: Some(hint) }))
}

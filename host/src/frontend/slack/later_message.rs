//! Messages that follow later: through the `response_url` of a command or a click, or else as a direct message.

use super::messages::as_text;
use super::platform::SlackPlatform;
use super::{Responder, ResponseUrl, ResponseUrlError, WebApi};
use crate::frontend::Background;
use crate::frontend::chat;
use serde_json::Value;
use std::sync::Arc;

/// The maximum number of attempts to send a direct message.
const ATTEMPTS: u32 = 5;

pub(super) type Later<'m> = chat::Later<'m, SlackPlatform>;

/// Delivers messages that follow later.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) responder: Responder,
    pub(super) web_api: Option<Arc<WebApi>>,
    pub(super) background: Background,
}

impl Delivery {
    /// Delivers a message; if `user` must receive it, as a direct message if the URL does not accept it. Only if a workspace
    /// does not accept its blocks, its text is sent instead.
    pub(super) async fn deliver(&self, url: Option<&ResponseUrl>, later: Later<'_>, user: Option<&str>) {
        let problem = match url {
            Some(url) => match self.post(url, &later).await {
                Ok(()) => return,
                Err(error) => error.to_string(),
            },
            None => "Slack gave no response URL".to_owned(),
        };
        let Later { operation, message, .. } = later;
        let Some((api, user)) = self.web_api.as_deref().zip(user) else {
            tracing::error!(operation, problem, "a message was not delivered");
            return;
        };
        tracing::warn!(operation, problem, "a message is sent as a direct message");
        self.send_directly(api, operation, user, &message).await;
    }

    async fn post(&self, url: &ResponseUrl, later: &Later<'_>) -> Result<(), ResponseUrlError> {
        let Later { operation, document, message, more, .. } = later;
        match self.responder.post(url, message, *more, &self.background).await {
            Err(ResponseUrlError::Refused { status, is_about_blocks: true }) => {
                tracing::warn!(
                    operation,
                    status,
                    "a workspace does not accept the blocks of a message; its text is sent"
                );
                let text = as_text(document, message.clone());
                self.responder.post(url, &text, *more, &self.background).await
            }
            other => other,
        }
    }

    async fn send_directly(&self, api: &WebApi, operation: &str, user: &str, message: &Value) {
        for attempt in 1..=ATTEMPTS {
            let Err(error) = api.post_message(user, message).await.map(|_| ()) else { return };
            let wait = error.retry_in(attempt).filter(|_| attempt < ATTEMPTS);
            match wait {
                Some(wait) if self.background.pause(wait).await => {}
                _ => {
                    tracing::error!(operation, %error, "a message was not delivered, not even as a direct message");
                    return;
                }
            }
        }
    }
}

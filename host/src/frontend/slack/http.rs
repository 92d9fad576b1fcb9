//! Slack over HTTP: slash commands and interactions that Slack posts.

use super::{Responder, SlackDelivery, SlackPlatform, SlackSettings};
use crate::frontend::Background;
use crate::frontend::chat::{Conversation, NotAccepted};
use crate::service::Service;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::Value;
use std::sync::Arc;

/// The Slack frontend.
pub type Slack = Conversation<SlackPlatform>;

impl Slack {
    /// Creates the Slack frontend of a service.
    #[must_use]
    pub fn new(service: Arc<Service>, settings: SlackSettings, responder: Responder, background: Background) -> Self {
        let approvals_channel = settings.approvals_channel.clone();
        let platform = SlackPlatform::new(settings, responder, background.clone());
        Self::on(platform, service, approvals_channel, background)
    }

    /// Handles a slash command.
    pub async fn command(self: Arc<Self>, headers: HeaderMap, body: Bytes) -> Response {
        self.respond(SlackDelivery::Command { headers, body }).await
    }

    /// Handles a click: responds immediately with an empty response, and sends the result later.
    pub async fn interaction(self: Arc<Self>, headers: HeaderMap, body: Bytes) -> Response {
        self.respond(SlackDelivery::Interaction { headers, body }).await
    }

    async fn respond(self: Arc<Self>, delivery: SlackDelivery) -> Response {
        if !self.platform().accepts_http() {
            return (StatusCode::NOT_FOUND, "this host receives no requests of Slack over HTTP").into_response();
        }
        match self.receive(delivery).await {
            Ok(Some(message)) => json_response(&message),
            Ok(None) => StatusCode::OK.into_response(),
            Err(NotAccepted { is_authentic: false, .. }) => {
                (StatusCode::UNAUTHORIZED, "the request is not authenticated").into_response()
            }
            Err(NotAccepted { code: None, problem, .. }) => (StatusCode::BAD_REQUEST, problem).into_response(),
            // Slack would show an error to the user for another status.
            Err(NotAccepted { code: Some(_), .. }) => StatusCode::OK.into_response(),
        }
    }
}

fn json_response(message: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], message.to_string()).into_response()
}

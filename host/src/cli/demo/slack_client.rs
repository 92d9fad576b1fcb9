//! Plays Slack: signs slash commands and posts them.

use bytes::Bytes;
use claude_admin::egress::{AddressRule, Client};
use claude_admin::frontend::slack::sign;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

/// Plays Slack towards one host.
pub(super) struct SlackClient {
    client: Client,
    address: SocketAddr,
    signing_secret: String,
}

/// What the host answered.
pub(super) struct SlackAnswer {
    pub(super) status: StatusCode,
    /// The message; null where there is none.
    pub(super) message: Value,
}

impl SlackClient {
    pub(super) fn new(address: SocketAddr, signing_secret: String) -> anyhow::Result<Self> {
        Ok(Self { client: Client::new(AddressRule::LoopbackOnly)?, address, signing_secret })
    }

    /// Posts a slash command as Slack does.
    pub(super) async fn command(&self, team: &str, user: &str, text: &str) -> anyhow::Result<SlackAnswer> {
        self.signed_with(&self.signing_secret, team, user, text).await
    }

    /// Posts a slash command that somebody signed without knowing the secret.
    pub(super) async fn forged(&self, team: &str, user: &str, text: &str) -> anyhow::Result<SlackAnswer> {
        self.signed_with("guessed", team, user, text).await
    }

    async fn signed_with(&self, secret: &str, team: &str, user: &str, text: &str) -> anyhow::Result<SlackAnswer> {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("command", "/claude-admin")
            .append_pair("text", text)
            .append_pair("team_id", team)
            .append_pair("user_id", user)
            .append_pair("channel_id", "C0DEMO")
            .append_pair("trigger_id", &format!("{:016x}", fastrand::u64(..)))
            .finish();
        let timestamp = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("http://{}/slack/commands", self.address))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-slack-request-timestamp", timestamp)
            .header("x-slack-signature", sign(secret.as_bytes(), timestamp, body.as_bytes()))
            .body(Full::new(Bytes::from(body)))?;
        let response = self.client.send(request).await?;
        let status = response.status();
        let bytes = response.into_body().collect().await?.to_bytes();
        Ok(SlackAnswer { status, message: serde_json::from_slice(&bytes).unwrap_or_default() })
    }
}

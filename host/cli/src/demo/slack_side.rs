//! Simulates Slack: signs slash commands and clicks, posts them, and receives later posts of the host.

use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use claude_admin::egress::{AddressRule, Client};
use claude_admin::frontend::slack::sign;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};

/// The maximum time until the host posts the result of a click.
const PATIENCE: Duration = Duration::from_secs(30);
/// The maximum time until the host posts the update of the card after the response.
const SECOND_MESSAGE: Duration = Duration::from_millis(400);
const CHANNEL: &str = "C0DEMO";

/// Simulates Slack for one host.
pub(super) struct SlackSide {
    client: Client,
    host: SocketAddr,
    signing_secret: String,
    receiver: SocketAddr,
    later: Mutex<mpsc::UnboundedReceiver<Value>>,
}

/// The response of the host.
pub(super) struct SlackAnswer {
    pub(super) status: StatusCode,
    /// The messages, in order: the response, and the update of the card.
    pub(super) messages: Vec<Value>,
}

impl SlackSide {
    /// Starts a receiver on loopback.
    pub(super) async fn start(host: SocketAddr, signing_secret: String) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let receiver = listener.local_addr()?;
        let (sender, later) = mpsc::unbounded_channel();
        let receive = |State(sender): State<mpsc::UnboundedSender<Value>>, body: String| async move {
            // The receiver might no longer exist.
            let _ = sender.send(serde_json::from_str(&body).unwrap_or_default());
        };
        let router = Router::new().route("/later", post(receive)).with_state(sender);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let client = Client::new(AddressRule::LoopbackOnly)?;
        Ok(Self { client, host, signing_secret, receiver, later: Mutex::new(later) })
    }

    /// The address to which the host can post later messages.
    pub(super) fn receives_at(&self) -> String {
        self.receiver.to_string()
    }

    /// Posts a slash command as Slack does.
    pub(super) async fn command(&self, team: &str, user: &str, text: &str) -> anyhow::Result<SlackAnswer> {
        self.post("/slack/commands", &self.signing_secret, &self.command_form(team, user, text)).await
    }

    /// Posts a slash command that was signed without the secret.
    pub(super) async fn forged(&self, team: &str, user: &str, text: &str) -> anyhow::Result<SlackAnswer> {
        self.post("/slack/commands", "guessed", &self.command_form(team, user, text)).await
    }

    /// Clicks a button, and waits for the post of the host about it.
    pub(super) async fn click(&self, team: &str, user: &str, button: &Value) -> anyhow::Result<SlackAnswer> {
        let payload = json!({
            "type": "block_actions",
            "user": {"id": user, "team_id": team},
            "team": {"id": team},
            "channel": {"id": CHANNEL},
            "response_url": self.later_url(),
            "container": {"message_ts": "1763745600.000100", "channel_id": CHANNEL},
            "actions": [{
                "type": "button", "action_id": button["action_id"], "value": button["value"],
                "action_ts": format!("{:016x}", fastrand::u64(..)),
            }],
        });
        let body =
            form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish();
        let answer = self.post("/slack/interactions", &self.signing_secret, &body).await?;
        let mut later = self.later.lock().await;
        let first =
            tokio::time::timeout(PATIENCE, later.recv()).await.context("the host posted no message after a click")?;
        let second = tokio::time::timeout(SECOND_MESSAGE, later.recv()).await.ok().flatten();
        Ok(SlackAnswer { status: answer.status, messages: first.into_iter().chain(second).collect() })
    }

    fn later_url(&self) -> String {
        format!("http://{}/later", self.receiver)
    }

    fn command_form(&self, team: &str, user: &str, text: &str) -> String {
        form_urlencoded::Serializer::new(String::new())
            .append_pair("command", "/claude-admin")
            .append_pair("text", text)
            .append_pair("team_id", team)
            .append_pair("user_id", user)
            .append_pair("channel_id", CHANNEL)
            .append_pair("response_url", &self.later_url())
            .append_pair("trigger_id", &format!("{:016x}", fastrand::u64(..)))
            .finish()
    }

    async fn post(&self, path: &str, secret: &str, body: &str) -> anyhow::Result<SlackAnswer> {
        let timestamp = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("http://{}{path}", self.host))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-slack-request-timestamp", timestamp)
            .header("x-slack-signature", sign(secret.as_bytes(), timestamp, body.as_bytes()))
            .body(Full::new(Bytes::from(body.to_owned())))?;
        let response = self.client.send(request).await?;
        let status = response.status();
        let bytes = response.into_body().collect().await?.to_bytes();
        Ok(SlackAnswer { status, messages: serde_json::from_slice(&bytes).into_iter().collect() })
    }
}

//! A host with playbooks that is used in Slack, and the messages that it posts later.

use super::fake_slack::{FakeSlack, receiver};
use super::playbooks::service_before;
use super::server::{Server, form, now};
use claude_admin_simulator::{Simulator, SimulatorConfig};
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;

/// A host in Slack.
pub(super) struct InSlack {
    pub(super) server: Server,
    pub(super) url: String,
    later: UnboundedReceiver<(Value, Instant)>,
}

impl InSlack {
    /// Starts a host in front of a simulator; with a bot token if there is a Web API, and with a channel for approvals.
    pub(super) async fn start(
        config: SimulatorConfig,
        policy: &str,
        chat: Option<&FakeSlack>,
        channel: Option<&str>,
    ) -> Self {
        let simulator = Simulator::start(config).await.expect("a loopback port is free");
        let service = Arc::new(service_before(&simulator, policy, &[]));
        let (host, later) = receiver(Vec::new()).await;
        let url = format!("http://{host}/later");
        let api = match chat {
            Some(chat) => Some(chat.start().await),
            None => None,
        };
        Self { server: Server::before(service, simulator, vec![host], api, channel).await, url, later }
    }

    /// The message with the result of a command.
    pub(super) async fn ask(&mut self, user: &str, text: &str) -> Value {
        let body = form(user, text, &[("response_url", &self.url)]);
        let reply = self.server.post_signed(&body, now()).await;
        if reply.body.contains("Working on it") { self.next().await } else { reply.json() }
    }

    /// The next message that the host posts.
    pub(super) async fn next(&mut self) -> Value {
        let next = tokio::time::timeout(Duration::from_secs(180), self.later.recv()).await;
        next.expect("in time").expect("a message").0
    }
}

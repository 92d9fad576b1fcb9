//! Whole results as files, in Slack.

use super::fake_slack::{FakeSlack, Trouble, receiver};
use super::playbooks::{organization, service_before};
use super::server::{Server, form, now};
use crate::support::until;
use claude_admin_simulator::Simulator;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;

const POLICY: &str = "@id(\"all\") permit(principal in Tenant::\"slack:T1\", action, resource);";

struct InSlack {
    server: Server,
    slack: FakeSlack,
    host: String,
    late: UnboundedReceiver<(Value, Instant)>,
}

impl InSlack {
    async fn start(with_token: bool) -> Self {
        let simulator = Simulator::start(organization()).await.expect("a loopback port is free");
        let service = Arc::new(service_before(&simulator, POLICY, &[]));
        let (host, late) = receiver(Vec::new()).await;
        let slack = FakeSlack::default();
        let api = if with_token { Some(slack.start().await) } else { None };
        let server = Server::before(service, simulator, vec![host.clone()], api, None).await;
        Self { server, slack, host, late }
    }

    async fn late(&mut self) -> Value {
        tokio::time::timeout(Duration::from_secs(60), self.late.recv()).await.expect("in time").expect("a message").0
    }

    /// The message with the result of a command.
    async fn ask(&mut self, text: &str) -> Value {
        let body = form("WRITER", text, &[("response_url", &format!("http://{}/later", self.host))]);
        let reply = self.server.post_signed(&body, now()).await;
        if reply.body.contains("Working on it") { self.late().await } else { reply.json() }
    }

    /// The only file that the user received.
    async fn file(&self) -> (String, String) {
        until("a file arrives", async || self.slack.files("WRITER").len() == 1).await;
        self.slack.files("WRITER").remove(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn result_that_does_not_fit_into_a_message_follows_as_a_file() {
    let mut slack = InSlack::start(true).await;
    let shortened = slack.ask("users list --all").await["blocks"].to_string();
    assert!(shortened.contains("repeated with -o csv: the full result follows as a file"), "{shortened}");
    let message = slack.ask("users list --all -o csv").await.to_string();
    assert!(message.contains("a file with the full text follows as a direct message"), "{message}");
    let (name, content) = slack.file().await;
    assert!(name.ends_with(".csv"), "{name}");
    assert_eq!(content.lines().count(), 501, "a header and each member");
    assert_eq!(slack.slack.messages("DM-WRITER").len(), 1, "the message that announces it");
    // A result that fits needs no file.
    let message = slack.ask("organization me -o csv").await.to_string();
    assert!(!message.contains("file"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn request_has_its_buttons_in_the_message_and_its_tables_in_a_file() {
    let mut slack = InSlack::start(true).await;
    let card = slack.ask("review access -o csv").await;
    let text = card.to_string();
    assert!(text.contains("\"checkboxes\"") && text.contains("The tables follow as a file"), "{text}");
    let (name, content) = slack.file().await;
    assert!(name.ends_with(".csv") && content.lines().count() > 500, "{name}: {content}");
}

#[tokio::test(flavor = "multi_thread")]
async fn file_that_cannot_be_sent_is_reported_and_without_a_token_none_is_promised() {
    let mut slack = InSlack::start(true).await;
    let missing = Trouble::error(r#"{"ok":false,"error":"missing_scope","needed":"files:write"}"#);
    slack.slack.break_down("files.getUploadURLExternal", Some(missing));
    slack.ask("users list --all -o csv").await;
    let problem = slack.late().await["text"].to_string();
    assert!(problem.contains("required scope: files:write") && problem.contains("command line"), "{problem}");
    assert_eq!(slack.slack.messages("DM-WRITER").len(), 0, "no message announces a file that does not exist");

    let mut slack = InSlack::start(false).await;
    let message = slack.ask("users list --all -o csv").await.to_string();
    assert!(message.contains("run the command on the command line for the full text"), "{message}");
}

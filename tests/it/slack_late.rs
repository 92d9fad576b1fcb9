//! Results that are sent later: to the response URL while Slack accepts messages for it, then as a direct message.

use super::fake_slack::{FakeSlack, Trouble, receiver};
use super::server::{Server, form, now};
use crate::support::{self, until};
use claude_admin::service::Service;
use claude_admin_simulator::{Fault, RunningSimulator};
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

const POLICY: &str = r#"permit(principal, action in Action::"read", resource);"#;

struct Late {
    server: Server,
    slack: FakeSlack,
    posted: mpsc::UnboundedReceiver<(Value, Instant)>,
}

impl Late {
    /// Sends a command that takes longer than Slack waits. `answers` are the first responses of the response URL.
    async fn start(answers: Vec<(u16, Option<&'static str>)>, with_token: bool) -> Self {
        let (host, posted) = receiver(answers).await;
        let simulator: RunningSimulator = support::simulator().await;
        let service: Service = support::service_with(support::plugin(&simulator).await, POLICY, &[]);
        let slack = FakeSlack::default();
        let api = if with_token { Some(slack.start().await) } else { None };
        let server = Server::before(Arc::new(service), simulator, vec![host.clone()], api, None).await;
        server.simulator.inject(Fault { delay_ms: 2_400, ..Fault::default() });
        let body = form("U1", "organization me", &[("response_url", &format!("http://{host}/later"))]);
        assert!(server.post_signed(&body, now()).await.body.contains("Working on it"));
        Self { server, slack, posted }
    }

    async fn next(&mut self) -> (Value, Instant) {
        let (message, time) =
            tokio::time::timeout(Duration::from_secs(15), self.posted.recv()).await.expect("in time").unwrap();
        assert!(message["blocks"].is_array(), "never as text only: {message}");
        (message, time)
    }

    fn direct_messages(&self) -> Vec<Value> {
        self.slack.messages("DM-U1")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn late_result_survives_rate_limits_and_failures_of_slack() {
    // The header is parsed as everywhere: seconds, with an optional fraction.
    let mut late = Late::start(vec![(429, Some("1.5")), (500, None), (200, None)], true).await;
    let ((first, at), (second, later)) = (late.next().await, late.next().await);
    assert!(later - at >= Duration::from_millis(1_450), "Slack said when: {:?}", later - at);
    let (third, _) = late.next().await;
    assert!(first == second && second == third, "the same message each time");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(late.posted.try_recv().is_err() && late.direct_messages().is_empty(), "it was taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn late_result_becomes_a_direct_message_after_five_attempts() {
    let mut late = Late::start(vec![(429, Some("0.1")); 9], true).await;
    late.slack.trouble("chat.postMessage", Trouble::later("1"));
    let (message, _) = late.next().await;
    for _ in 0..4 {
        late.next().await;
    }
    until("a direct message", async || late.direct_messages().len() == 1).await;
    assert!(late.posted.try_recv().is_err(), "Slack takes five messages for one URL");
    assert_eq!(late.direct_messages()[0]["blocks"], message["blocks"]);
    assert!(late.direct_messages()[0]["response_type"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn late_result_is_a_direct_message_if_the_url_is_used_up() {
    for status in [403, 404] {
        let mut late = Late::start(vec![(status, None); 9], true).await;
        late.next().await;
        until("a direct message", async || late.direct_messages().len() == 1).await;
        assert!(late.posted.try_recv().is_err(), "it would be denied again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn late_result_without_a_token_is_never_reduced_to_text() {
    let mut late = Late::start(vec![(404, None); 9], false).await;
    late.next().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(late.posted.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn host_that_stops_does_not_wait_for_a_rate_limit() {
    let mut late = Late::start(vec![(429, Some("600")); 9], true).await;
    late.next().await;
    let started = Instant::now();
    let Late { server, slack, .. } = late;
    server.stop().await;
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(slack.messages("DM-U1").len(), 1, "the result is not lost");
}

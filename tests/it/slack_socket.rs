//! Socket Mode: Slack without a public address.

use super::fake_slack::{FakeSlack, Posted, receiver_of_many};
use super::fake_socket::{FakeSocket, Order};
use crate::support::{self, until};
use claude_admin::frontend::slack::{Responder, Slack, SlackSettings, connect};
use claude_admin::frontend::{Frontends, LiveFrontends};
use claude_admin::render::SlackTables;
use claude_admin::service::Service;
use claude_admin_simulator::{Fault, RunningSimulator};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const DISCONNECTIONS: usize = 200;

/// A host that only opens connections, and receives none.
struct Socketed {
    socket: FakeSocket,
    simulator: RunningSimulator,
    service: Arc<Service>,
    live: LiveFrontends,
    /// The messages that arrived at response URLs, by the name at the end of the URL.
    posted: Posted,
    receiver: String,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Socketed {
    async fn start() -> Self {
        let socket = FakeSocket::default();
        let api = socket.start().await;
        let bot = FakeSlack::default().start().await;
        let simulator = support::simulator().await;
        let service = Arc::new(support::service_with(support::plugin(&simulator).await, support::EVERYBODY, &[]));
        let (receiver, posted) = receiver_of_many().await;
        let settings = SlackSettings {
            signing_secret: None,
            socket: Some(api),
            app_id: Some("A1".to_owned()),
            tables: SlackTables::default(),
            web_api: Some(bot),
            approvals_channel: None,
        };
        let mut frontends = Frontends::new(Arc::clone(&service));
        let responder = Responder::new(vec![receiver.clone()]).unwrap();
        frontends.slack =
            Some(Arc::new(Slack::new(Arc::clone(&service), settings, responder, frontends.background.clone())));
        let live = LiveFrontends::from(frontends);
        let (stop, stopped) = oneshot::channel::<()>();
        let connected = live.clone();
        let task = tokio::spawn(async move { connect(connected, async { stopped.await.unwrap_or_default() }).await });
        let started = Self { socket, simulator, service, live, posted, receiver, stop: Some(stop), task };
        started.is_connected().await;
        started
    }

    async fn is_connected(&self) {
        until("two connections", async || self.socket.connections().0 == 2).await;
    }

    /// Sends a command. Returns its acknowledgement.
    async fn command(&self, name: &str, text: &str) -> Value {
        self.socket.deliver("slash_commands", self.payload(name, text)).await.0
    }

    fn payload(&self, name: &str, text: &str) -> Value {
        json!({
            "command": "/claude-admin", "text": text, "team_id": "T1", "user_id": "U1", "channel_id": "C1",
            "api_app_id": "A1", "trigger_id": format!("trigger-{name}"), "is_enterprise_install": "false",
            "response_url": format!("http://{}/later/{name}", self.receiver),
        })
    }

    fn posted_to(&self, name: &str) -> Vec<Value> {
        self.posted.lock().unwrap().get(name).cloned().unwrap_or_default()
    }

    /// The result of a command.
    async fn result(&self, name: &str) -> Value {
        until(name, async || !self.posted_to(name).is_empty()).await;
        self.posted_to(name).remove(0)
    }

    async fn stop(mut self) -> RunningSimulator {
        self.stop.take().unwrap().send(()).unwrap();
        self.task.await.unwrap();
        assert_eq!(self.socket.problems(), [] as [String; 0]);
        self.simulator
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn command_through_a_connection_has_its_result_once_and_is_recorded() {
    let host = Socketed::start().await;
    let acknowledged = host.command("one", "users list --limit 1").await;
    assert_eq!(acknowledged.get("payload"), None, "the result is sent where its arrival is confirmed");
    let result = host.result("one").await;
    assert!(result.to_string().contains("List members"), "{result}");
    let log = support::recorded(&host.service);
    assert!(log.contains("slack:T1/U1") && log.contains("users list --limit 1"), "{log}");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn button_through_a_connection_decides() {
    let host = Socketed::start().await;
    host.command("card", "workspaces create made-in-a-chat").await;
    let card = host.result("card").await;
    let confirm = card["blocks"].as_array().unwrap().iter().find(|block| block["type"] == "actions").unwrap();
    let confirm =
        confirm["elements"].as_array().unwrap().iter().find(|element| element["action_id"] == "claude-admin:confirm");
    let click = json!({
        "type": "block_actions", "api_app_id": "A1", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"},
        "channel": {"id": "C1"}, "container": {"message_ts": "1.2", "channel_id": "C1", "is_ephemeral": true},
        "response_url": format!("http://{}/later/click", host.receiver),
        "actions": [{"action_id": "claude-admin:confirm", "value": confirm.unwrap()["value"], "action_ts": "3.4"}],
    });
    let (acknowledged, _) = host.socket.deliver("interactive", click.clone()).await;
    assert_eq!(acknowledged.get("payload"), None);
    let result = host.result("click").await;
    assert!(result.to_string().contains("made-in-a-chat"), "{result}");
    host.socket.deliver("interactive", click).await;
    let (service, background) = (Arc::clone(&host.service), host.live.get().background);
    let simulator = host.stop().await;
    background.finish().await;
    assert_eq!(support::writes(&simulator).len(), 1, "the same click is handled once");
    assert!(support::recorded(&service).contains("received-before"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_disconnections_lose_no_command_and_run_none_twice() {
    let host = Arc::new(Socketed::start().await);
    let sending = Arc::clone(&host);
    let commands = tokio::spawn(async move {
        let mut attempts = 0;
        let mut sent = 0;
        // Commands are sent as long as there are disconnections.
        while sending.socket.connections().1 < DISCONNECTIONS {
            let batch = (sent..sent + 4).map(|number| {
                let host = Arc::clone(&sending);
                tokio::spawn(async move {
                    let name = number.to_string();
                    let text = match number % 2 {
                        0 => "users list --limit 1".to_owned(),
                        _ => format!("workspaces create w{number} --yes"),
                    };
                    host.socket.deliver("slash_commands", host.payload(&name, &text)).await.1
                })
            });
            for command in batch.collect::<Vec<_>>() {
                attempts += command.await.unwrap();
            }
            sent += 4;
        }
        (sent, attempts)
    });
    let breaking = Arc::clone(&host);
    let breaks = tokio::spawn(async move {
        loop {
            let after = Duration::from_millis(fastrand::u64(0..30));
            tokio::time::sleep(after).await;
            let _ = match fastrand::u8(0..4) {
                0 => breaking.socket.announce_end("warning", Some(after)).is_some(),
                1 => breaking.socket.announce_end("refresh_requested", Some(after)).is_some(),
                2 => breaking.socket.order(Order::Close),
                _ => breaking.socket.order(Order::Drop),
            };
        }
    });
    let (sent, attempts) = commands.await.unwrap();
    breaks.abort();
    // The task has a part of the host until it has ended.
    assert!(breaks.await.unwrap_err().is_cancelled());
    for number in 0..sent {
        let name = number.to_string();
        let result = host.result(&name).await.to_string();
        let expected = if number % 2 == 0 { "List members".to_owned() } else { format!("w{number}") };
        assert!(result.contains(&expected), "{number}: {result}");
        assert_eq!(host.posted_to(&name).len(), 1, "{number}: one result");
    }
    let mut writes: Vec<String> = host
        .simulator
        .requests()
        .into_iter()
        .filter(|request| request.method == "POST")
        .map(|request| request.body.to_string())
        .collect();
    assert_eq!(writes.len(), sent / 2, "no write is lost and none is sent twice, in {attempts} attempts");
    writes.sort();
    writes.dedup();
    assert_eq!(writes.len(), sent / 2);
    assert!(attempts > u32::try_from(sent).unwrap(), "some envelopes were sent again");
    Arc::into_inner(host).expect("no other part").stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_command_is_acknowledged_in_time() {
    let host = Socketed::start().await;
    host.simulator.inject(Fault { delay_ms: 2_400, ..Fault::default() });
    let (acknowledged, attempts) = host.socket.deliver("slash_commands", host.payload("slow", "organization me")).await;
    assert_eq!(attempts, 1, "Slack would send it again after 3 seconds");
    assert!(acknowledged["payload"]["text"].as_str().unwrap().contains("Working on it"), "{acknowledged}");
    assert!(host.result("slow").await["blocks"].is_array());
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn envelope_that_cannot_be_read_is_acknowledged_and_nothing_runs() {
    let host = Socketed::start().await;
    let foreign = |field: &str, value: Value| {
        let mut payload = host.payload("bad", "users list");
        payload[field] = value;
        payload
    };
    for (kind, payload) in [
        ("slash_commands", json!("x")),
        ("slash_commands", json!({})),
        ("slash_commands", foreign("api_app_id", json!("A2"))),
        ("slash_commands", foreign("user_id", json!("../U1"))),
        ("slash_commands", foreign("team_id", json!(7))),
        ("interactive", json!({"type": "block_actions"})),
        ("interactive", json!({"type": "view_closed"})),
        ("interactive", json!([])),
        ("events_api", json!({})),
        ("something_new", json!(null)),
    ] {
        let (acknowledged, attempts) = host.socket.deliver(kind, payload.clone()).await;
        assert_eq!((acknowledged.get("payload"), attempts), (None, 1), "{kind} {payload}");
    }
    assert!(host.simulator.requests().is_empty() && host.posted_to("bad").is_empty());
    assert!(support::recorded(&host.service).contains("foreign-app"));
    // The connection still works.
    host.command("good", "users list --limit 1").await;
    host.result("good").await;
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn host_connects_again_after_errors_and_in_place_of_a_connection_that_ends() {
    let host = Socketed::start().await;
    let (_, before) = host.socket.connections();
    // The replacement is there before the old connection ends.
    let old = host.socket.announce_end("warning", None).expect("a connection");
    until("a third connection", async || host.socket.connections() == (3, before + 1)).await;
    old.send(Order::Close).unwrap();
    host.is_connected().await;
    for answer in [json!({"ok": false, "error": "internal_error"}), json!({"ok": true, "url": "ws://127.0.0.1:1/x"})] {
        host.socket.trouble(answer);
    }
    host.socket.order(Order::Drop);
    until("another connection", async || host.socket.connections() == (2, before + 2)).await;
    host.command("after", "users list --limit 1").await;
    host.result("after").await;
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_connection_is_replaced() {
    let host = Socketed::start().await;
    let (_, before) = host.socket.connections();
    host.socket.order(Order::Freeze);
    until("another connection", async || host.socket.connections() == (2, before + 1)).await;
    host.command("after", "users list --limit 1").await;
    host.result("after").await;
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn host_that_stops_acknowledges_what_it_received() {
    let host = Socketed::start().await;
    host.simulator.inject(Fault { delay_ms: 500, ..Fault::default() });
    let (socket, payload) = (host.socket.clone(), host.payload("last", "organization me"));
    let delivery = tokio::spawn(async move { socket.deliver("slash_commands", payload).await });
    until("the command runs", async || !host.simulator.requests().is_empty()).await;
    let (posted, background) = (Arc::clone(&host.posted), host.live.get().background);
    host.stop().await;
    assert_eq!(delivery.await.unwrap().1, 1);
    background.finish().await;
    assert_eq!(posted.lock().unwrap()["last"].len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn host_without_a_signing_secret_accepts_no_requests_over_http() {
    let host = Socketed::start().await;
    let slack = host.live.get().slack.unwrap();
    let response = slack.command(http::HeaderMap::new(), bytes::Bytes::from_static(b"text=users+list")).await;
    assert_eq!(response.status(), http::StatusCode::NOT_FOUND);
}

//! Clicks on the cards that ask for a decision, over real HTTP.

use super::server::{SECRET, Server, TOKEN, form, now};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use claude_admin::audit::{Filter, search};
use claude_admin::frontend::slack::{Seal, sign};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

const REMOVE: &str = "users remove user_01fTPAarejCcux4jybAuxoiu --reason leaver";

/// A host, and the receiver of its posts after clicks.
struct Slack {
    server: Server,
    receiver: String,
    later: mpsc::UnboundedReceiver<Value>,
}

impl Slack {
    async fn start() -> Self {
        let (sender, later) = mpsc::unbounded_channel();
        let receive = |State(sender): State<mpsc::UnboundedSender<Value>>, body: String| async move {
            sender.send(serde_json::from_str(&body).unwrap()).unwrap();
        };
        let app = Router::new().route("/later", post(receive)).with_state(sender);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { server: Server::with_response_hosts(vec![receiver.clone()]).await, receiver, later }
    }

    /// The payload of a click.
    fn payload(&self, team: &str, user: &str, button: &Value) -> Value {
        json!({
            "type": "block_actions", "api_app_id": "A1",
            "user": {"id": user, "team_id": team}, "team": {"id": "T1"}, "channel": {"id": "C1"},
            "response_url": format!("http://{}/later", self.receiver),
            "container": {"message_ts": "1.2", "channel_id": "C1"},
            "actions": [{
                "type": "button", "action_id": button["action_id"], "value": button["value"],
                "action_ts": fastrand::u64(..).to_string(),
            }],
        })
    }

    async fn post(&self, payload: &Value) -> StatusCode {
        self.server.post_signed_to("/slack/interactions", &encoded(payload), now()).await.status
    }

    /// Clicks, and returns the posts of the host about the click.
    async fn click(&mut self, user: &str, button: &Value) -> Value {
        let payload = self.payload("T1", user, button);
        assert_eq!(self.post(&payload).await, StatusCode::OK);
        self.next().await
    }

    /// The next message that the host posts.
    async fn next(&mut self) -> Value {
        tokio::time::timeout(Duration::from_secs(10), self.later.recv()).await.expect("in time").expect("a message")
    }

    async fn nothing_more(&mut self) {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(self.later.try_recv().is_err(), "nothing more is posted");
    }

    fn removals(&self) -> usize {
        self.server.simulator.requests().iter().filter(|request| request.method == "DELETE").count()
    }

    fn refusals(&self) -> usize {
        let filter = Filter { kind: Some("denied".to_owned()), ..Filter::default() };
        let found = search(self.server.service.ledger().log(), &filter, 1000).unwrap().found;
        found.len()
    }
}

fn encoded(payload: &Value) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish()
}

fn button(card: &Value, label: &str) -> Value {
    let blocks = card["blocks"].as_array().into_iter().flatten();
    let buttons = blocks.filter(|block| block["type"] == "actions").flat_map(|block| block["elements"].as_array());
    let found = buttons.flatten().find(|button| button["text"]["text"] == label);
    found.unwrap_or_else(|| panic!("no button `{label}`: {card}")).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn button_approval_replaces_the_card_with_the_result() {
    let mut slack = Slack::start().await;
    let card = slack.server.slack("WRITER", REMOVE).await.json();
    assert_eq!(card["response_type"], "in_channel", "it must be witnessed");
    let approve = button(&card, "Approve");
    assert_eq!(approve["style"], "danger");
    assert!(approve["confirm"].is_object());
    let value = approve["value"].as_str().unwrap();
    assert!(value.len() < 100 && !value.contains("user_"), "{value}");

    let refused = slack.click("WRITER", &approve).await;
    assert_eq!((&refused["response_type"], &refused["replace_original"]), (&json!("ephemeral"), &json!(false)));
    assert!(refused["text"].as_str().unwrap().contains("your own request"));

    let result = slack.click("USECOND", &approve).await;
    assert_eq!(result["response_type"], "ephemeral", "the answer of the API is for whoever decided");
    assert!(result["blocks"].to_string().contains("user_01fTPAarejCcux4jybAuxoiu"));
    let record = slack.next().await;
    assert_eq!(record["replace_original"], true);
    let text = record["blocks"].to_string();
    for words in ["Done.", "Approved by", "USECOND", "WRITER", "leaver"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("\"actions\""), "the buttons are gone");
    assert_eq!(slack.removals(), 1);
    slack.nothing_more().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_three_are_counted_on_the_card() {
    let mut slack = Slack::start().await;
    let archive = "workspaces archive wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ --reason done";
    let card = slack.server.slack("WRITER", archive).await.json();
    let approve = button(&card, "Approve");
    let first = slack.click("USECOND", &approve).await;
    assert!(first["replace_original"] == true && first["blocks"].to_string().contains("Approved by"), "{first}");
    let again = slack.click("USECOND", &button(&first, "Approve")).await;
    assert!(again["text"].as_str().unwrap().contains("counts once"), "{again}");
    let record = slack.click("UTHIRD", &button(&first, "Approve")).await;
    assert!(record["blocks"].to_string().contains("Done."), "{record}");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_approval_clicks_run_the_request_once() {
    let slack = Slack::start().await;
    let card = slack.server.slack("WRITER", REMOVE).await.json();
    let approve = button(&card, "Approve");
    let bodies: Vec<String> = (0..100)
        .map(|number| encoded(&slack.payload("T1", if number % 2 == 0 { "USECOND" } else { "UTHIRD" }, &approve)))
        .collect();
    let Slack { server, mut later, .. } = slack;
    let server = Arc::new(server);
    let clicks: Vec<_> = bodies
        .into_iter()
        .map(|body| {
            let server = Arc::clone(&server);
            tokio::spawn(async move { server.post_signed_to("/slack/interactions", &body, now()).await.status })
        })
        .collect();
    for click in clicks {
        assert_eq!(click.await.unwrap(), StatusCode::OK);
    }
    let server = Arc::into_inner(server).unwrap();
    let simulator = server.stop().await;
    let mut results = 0;
    while let Ok(message) = later.try_recv() {
        results +=
            usize::from(message["blocks"].to_string().contains("user_deleted") || message["replace_original"] == true);
    }
    assert!(results > 0, "the card becomes the record");
    assert_eq!(simulator.requests().iter().filter(|request| request.method == "DELETE").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_that_is_delivered_twice_counts_once() {
    let mut slack = Slack::start().await;
    let card = slack.server.slack("WRITER", "invites create a@example.com user").await.json();
    let payload = slack.payload("T1", "WRITER", &button(&card, "Confirm"));
    assert_eq!(slack.post(&payload).await, StatusCode::OK);
    // Slack signs its second delivery again.
    let again = slack.server.post_signed_to("/slack/interactions", &encoded(&payload), now() + 1).await;
    assert_eq!(again.status, StatusCode::OK);
    assert!(slack.next().await["blocks"].to_string().contains("Done."));
    assert_eq!(slack.next().await["replace_original"], true);
    slack.nothing_more().await;
    let invites = slack.server.simulator.requests();
    assert_eq!(invites.iter().filter(|request| request.method == "POST").count(), 1);
    assert!(slack.refusals() > 0, "the second delivery is on record");
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_stale_and_foreign_clicks_are_recorded_without_effect() {
    let mut slack = Slack::start().await;
    let card = slack.server.slack("WRITER", REMOVE).await.json();
    let approve = button(&card, "Approve");
    let value = approve["value"].as_str().unwrap().to_owned();
    let operation = value.split('.').next().unwrap().to_owned();

    // Not signed, signed with another secret, too old, from the future.
    let body = encoded(&slack.payload("T1", "USECOND", &approve));
    let mut recorded = slack.refusals();
    for (secret, time) in [("other", now()), (SECRET, now() - 400), (SECRET, now() + 400)] {
        let (timestamp, signature) = (time.to_string(), sign(secret.as_bytes(), time, body.as_bytes()));
        let headers = [("x-slack-request-timestamp", timestamp.as_str()), ("x-slack-signature", signature.as_str())];
        let answer = slack.server.post_slack_to("/slack/interactions", &body, &headers).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    // Two kinds of denials, the second of them twice.
    assert_eq!(slack.refusals(), recorded + 3);
    recorded += 3;
    // A value that was sealed with another secret or for another version, or that is made up.
    let other = Seal::new(b"other").seal(&operation, 1);
    let tampered = value.replace(".1.", ".2.");
    for forged in [other.as_str(), tampered.as_str(), operation.as_str(), "", "..", "x.1.00"] {
        let mut button = approve.clone();
        button["value"] = json!(forged);
        assert_eq!(slack.post(&slack.payload("T1", "USECOND", &button)).await, StatusCode::OK);
        assert_eq!(slack.refusals(), recorded + 1, "{forged}");
        recorded += 1;
    }
    slack.nothing_more().await;
    // An outdated version, with a valid seal.
    let mut stale = approve.clone();
    stale["value"] = json!(Seal::new(SECRET.as_bytes()).seal(&operation, 7));
    let answer = slack.click("USECOND", &stale).await;
    assert!(answer["text"].as_str().unwrap().contains("another version of the plan"), "{answer}");
    let card = slack.next().await;
    assert!(card["replace_original"] == true && card["blocks"].to_string().contains("Approval needed"), "{card}");
    // A user of another workspace, in a shared channel, with the ID of an admin.
    let payload = slack.payload("T2", "USECOND", &approve);
    assert_eq!(slack.post(&payload).await, StatusCode::OK);
    let answer = slack.next().await;
    assert!(answer["text"].as_str().unwrap().contains("another workspace"), "{answer}");
    // Another app.
    let mut payload = slack.payload("T1", "USECOND", &approve);
    payload["api_app_id"] = json!("A2");
    assert_eq!(slack.post(&payload).await, StatusCode::UNAUTHORIZED);
    assert!(slack.refusals() >= recorded + 3, "{} {recorded}", slack.refusals());
    assert_eq!(slack.removals(), 0);
    // The request is still pending for the approvers.
    assert!(slack.click("USECOND", &approve).await["blocks"].to_string().contains("Done."));
    assert_eq!(slack.removals(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn replayed_click_is_unauthorized_and_recorded() {
    let mut slack = Slack::start().await;
    let card = slack.server.slack("WRITER", REMOVE).await.json();
    let reject = encoded(&slack.payload("T1", "USECOND", &button(&card, "Reject")));
    let time = now();
    let first = slack.server.post_signed_to("/slack/interactions", &reject, time).await;
    assert_eq!(first.status, StatusCode::OK);
    assert!(slack.next().await["blocks"].to_string().contains("Rejected"));
    let recorded = slack.refusals();
    // The same body with the same signature, as an eavesdropper could send it.
    let again = slack.server.post_signed_to("/slack/interactions", &reject, time).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    assert_eq!(slack.refusals(), recorded + 1);
    slack.nothing_more().await;
    assert_eq!(slack.removals(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_interaction_is_ignored_and_malformed_one_is_invalid() {
    let slack = Slack::start().await;
    for payload in [json!({"type": "shortcut"}), json!({"type": "view_closed"}), json!({"type": "block_actions"})] {
        assert_eq!(slack.post(&payload).await, StatusCode::OK, "{payload}");
    }
    let garbage = slack.server.post_signed_to("/slack/interactions", "payload=%7B", now()).await;
    assert_eq!(garbage.status, StatusCode::BAD_REQUEST);
    let missing = slack.server.post_signed_to("/slack/interactions", "x=1", now()).await;
    assert_eq!(missing.status, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn http_request_is_decided_in_slack_and_slack_request_by_http() {
    let mut slack = Slack::start().await;
    let waiting = slack.server.http(Some(TOKEN), &json!({"command": REMOVE}).to_string()).await;
    assert_eq!(waiting.status, StatusCode::ACCEPTED);
    let id = waiting.json()["operation_id"].as_str().unwrap().to_owned();
    assert_eq!(waiting.json()["error"]["cause"]["waiting"]["operation_id"], json!(id));
    let own = slack.server.http(Some(TOKEN), &json!({"command": format!("approve {id}")}).to_string()).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN);
    let done = slack.server.slack("USECOND", &format!("approve {id}")).await;
    assert!(done.body.contains("Done."), "{}", done.body);

    let card = slack.server.slack("WRITER", "users remove user_01So5DA42d3EMeMGeDJSjUdB --reason leaver").await.json();
    let id = button(&card, "Approve")["value"].as_str().unwrap().split('.').next().unwrap().to_owned();
    let done = slack.server.http(Some(TOKEN), &json!({"command": format!("approve {id}")}).to_string()).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert_eq!(slack.removals(), 2);
    let late = slack.click("USECOND", &button(&card, "Approve")).await;
    assert!(late["text"].as_str().unwrap().contains("no longer pending"), "{late}");
    let record = slack.next().await;
    assert_eq!(record["replace_original"], true, "the card that is out of date becomes the record");
    assert!(record["blocks"].to_string().contains("http:ci"), "{record}");
}

#[tokio::test(flavor = "multi_thread")]
async fn slash_command_delivered_twice_runs_once_and_is_recorded() {
    let slack = Slack::start().await;
    let body = form("WRITER", "invites create twice@example.com user --yes", &[("trigger_id", "9.9")]);
    assert!(slack.server.post_signed(&body, now()).await.body.contains("Done."));
    assert_eq!(slack.server.post_signed(&body, now() + 1).await.body, "");
    assert_eq!(slack.refusals(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn card_shows_the_progress_of_a_long_run_and_then_its_result() {
    let mut slack = Slack::start().await;
    let line = "users update --where \"users list --role developer\" --role user";
    let card = slack.server.slack("WRITER", line).await.json();
    let slow = json!({ "times": 100, "method": "POST", "delay_ms": 700 });
    slack.server.simulator.inject(serde_json::from_value(slow).unwrap());
    let progress = slack.click("WRITER", &button(&card, "Confirm")).await;
    assert_eq!(progress["replace_original"], true, "{progress}");
    let shown = progress.to_string();
    assert!(shown.contains(" of 9 steps done") && shown.contains("waiting"), "{shown}");
    assert!(!shown.contains("\"actions\""), "a card that runs has no buttons: {shown}");
    let result = slack.next().await;
    assert_eq!(result["replace_original"], true, "{result}");
    assert!(result.to_string().contains("9 of 9 steps done"), "{result}");
    slack.nothing_more().await;
}

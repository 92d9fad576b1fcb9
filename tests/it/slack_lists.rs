//! The buttons below a list in Slack: the next page, and the whole list as a file.

use super::fake_slack::FakeSlack;
use super::in_slack::InSlack;
use super::server::now;
use crate::support;
use claude_admin_simulator::SimulatorConfig;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const POLICY: &str = r#"
permit(principal in Tenant::"slack:T1", action in Action::"read", resource);
forbid(principal == User::"slack:T1/UOTHER", action == Action::"users.list", resource);
"#;

/// The values of the buttons that run a command, by their label.
fn buttons(message: &Value) -> BTreeMap<String, (String, String)> {
    let blocks = message["blocks"].as_array().unwrap().iter().filter(|block| block["type"] == "actions");
    let elements = blocks.flat_map(|block| block["elements"].as_array().unwrap().clone());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    elements
        .map(|button| (text(&button["text"]["text"]), (text(&button["action_id"]), text(&button["value"]))))
        .collect()
}

async fn click(host: &InSlack, user: &str, (action, value): &(String, String)) {
    let payload = json!({
        "type": "block_actions", "api_app_id": "A1", "team": {"id": "T1"}, "user": {"id": user, "team_id": "T1"},
        "channel": {"id": "C1"}, "container": {"message_ts": "1.2", "channel_id": "C1"}, "response_url": host.url,
        "actions": [{"action_id": action, "value": value, "action_ts": fastrand::u64(..).to_string()}],
    });
    let mut body = form_urlencoded::Serializer::new(String::new());
    let body = body.append_pair("payload", &payload.to_string()).finish();
    assert_eq!(host.server.post_signed_to("/slack/interactions", &body, now()).await.status, http::StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn button_shows_the_next_page_until_the_list_ends() {
    let slack = FakeSlack::default();
    let mut host = InSlack::start(SimulatorConfig::default(), POLICY, Some(&slack), None).await;
    let mut message = host.ask("U1", "users list --limit 7").await;
    let whole = host.ask("U1", "users list --limit 1000 --columns email --output csv").await.to_string();
    let mut pages = 1;
    while let Some(next) = buttons(&message).get("Next Page") {
        click(&host, "U1", next).await;
        message = host.next().await;
        assert_eq!(message["replace_original"], json!(false), "the first page stays");
        pages += 1;
    }
    assert_eq!(pages, whole.matches('@').count().div_ceil(7), "{whole}");
    let log = support::recorded(&host.server.service);
    assert!(log.contains("users list --limit 7 --after-id"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn button_sends_the_whole_list_as_a_file() {
    let slack = FakeSlack::default();
    let config = SimulatorConfig { api_keys: 400, ..SimulatorConfig::default() };
    let mut host = InSlack::start(config, POLICY, Some(&slack), None).await;
    let message = host.ask("U1", "api-keys list --limit 3").await;
    click(&host, "U1", &buttons(&message)["Get CSV"]).await;
    host.next().await;
    support::until("a file", async || !slack.files("U1").is_empty()).await;
    let (name, content) = slack.files("U1").remove(0);
    assert!(name.ends_with(".csv") && content.lines().count() > 400, "{name}: {} lines", content.lines().count());
    // A list that is shown as a whole has no buttons.
    let message = host.ask("U1", "users list --role billing").await;
    assert!(buttons(&message).is_empty(), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn click_is_decided_as_the_command_of_the_user_who_clicks() {
    let slack = FakeSlack::default();
    let mut host = InSlack::start(SimulatorConfig::default(), POLICY, Some(&slack), None).await;
    let message = host.ask("U1", "users list --limit 7 --share").await;
    let next = buttons(&message)["Next Page"].clone();
    let before = host.server.simulator.requests().len();
    click(&host, "UOTHER", &next).await;
    assert!(host.next().await.to_string().contains("cannot"), "another user has other rights");
    for forged in ["users list", &next.1.replace("users list", "users lisu"), &format!("{}0", next.1), ""] {
        click(&host, "U1", &(next.0.clone(), forged.to_owned())).await;
    }
    support::until("all are recorded", async || {
        support::recorded(&host.server.service).matches("forged-button").count() == 4
    })
    .await;
    assert_eq!(host.server.simulator.requests().len(), before, "nothing was sent");
}

//! Check boxes for optional steps, on cards in Slack.

use super::organization;
use crate::it::fake_slack::{FakeSlack, Trouble};
use crate::it::in_slack::InSlack;
use crate::it::server::now;
use crate::support::{self, writes};
use claude_admin::audit::{Filter, search};
use claude_admin_simulator::SimulatorConfig;
use http::StatusCode;
use serde_json::{Value, json};

const CHANNEL: &str = "CAPPROVE";
const OPEN: &str = "@id(\"all\") permit(principal in Tenant::\"slack:T1\", action, resource);";
const TWO: &str = "@id(\"all\") permit(principal in Tenant::\"slack:T1\", action, resource);\n\
                   @id(\"two\") @approvals(\"1\") permit(principal, action == Action::\"spend-requests.approve\", resource);";

impl InSlack {
    async fn post(&self, user: &str, is_own: bool, action: Value) -> StatusCode {
        let payload = json!({
            "type": "block_actions", "api_app_id": "A1", "user": {"id": user, "team_id": "T1"}, "team": {"id": "T1"},
            "channel": {"id": "C1"}, "response_url": self.url,
            "container": {"message_ts": "1.2", "channel_id": "C1", "is_ephemeral": is_own},
            "actions": [action],
        });
        let body =
            form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish();
        self.server.post_signed_to("/slack/interactions", &body, now()).await.status
    }

    /// Ticks exactly these steps among those of one element.
    async fn tick(&self, user: &str, group: &Value, numbers: &[u32]) {
        assert_eq!(self.post(user, user == "WRITER", ticked(group, numbers)).await, StatusCode::OK);
    }

    async fn click(&self, user: &str, card: &Value, label: &str) {
        let elements = elements(card);
        let button = elements.into_iter().find(|element| element["text"]["text"] == label);
        let mut action = button.unwrap_or_else(|| panic!("no button `{label}`: {card}")).clone();
        action["action_ts"] = json!(fastrand::u64(..).to_string());
        assert_eq!(self.post(user, user == "WRITER", action).await, StatusCode::OK);
    }
}

fn elements(card: &Value) -> Vec<&Value> {
    let blocks = card["blocks"].as_array().unwrap_or_else(|| panic!("no blocks: {card}"));
    blocks.iter().filter(|block| block["type"] == "actions").flat_map(|b| b["elements"].as_array().unwrap()).collect()
}

/// The blocks with check boxes.
fn groups(card: &Value) -> Vec<&Value> {
    let blocks = card["blocks"].as_array().unwrap_or_else(|| panic!("no blocks: {card}"));
    blocks.iter().filter(|block| block["elements"][0]["type"] == "checkboxes").collect()
}

fn numbers(options: &Value) -> Vec<u32> {
    let options = options.as_array().into_iter().flatten();
    options.map(|option| option["value"].as_str().unwrap().parse().unwrap()).collect()
}

fn offered(card: &Value) -> Vec<u32> {
    groups(card).iter().flat_map(|group| numbers(&group["elements"][0]["options"])).collect()
}

fn selected(card: &Value) -> Vec<u32> {
    groups(card).iter().flat_map(|group| numbers(&group["elements"][0]["initial_options"])).collect()
}

fn ticked(group: &Value, numbers: &[u32]) -> Value {
    let options: Vec<Value> = numbers.iter().map(|number| json!({"value": number.to_string()})).collect();
    json!({
        "type": "checkboxes", "action_id": group["elements"][0]["action_id"], "block_id": group["block_id"],
        "selected_options": options, "action_ts": fastrand::u64(..).to_string(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn ticked_steps_run_and_the_card_shows_them() {
    let mut slack = InSlack::start(SimulatorConfig::default(), OPEN, None, None).await;
    let card = slack.ask("WRITER", "spend desk").await;
    assert_eq!((offered(&card), selected(&card)), (vec![1, 2, 3, 4], vec![]), "{card}");
    let label = groups(&card)[0]["elements"][0]["options"][0]["text"]["text"].as_str().unwrap();
    assert!(label.starts_with("1: Approve ") && label.chars().count() <= 75, "{label}");

    // Two clicks in quick succession: both count.
    slack.tick("WRITER", groups(&card)[0], &[1]).await;
    slack.tick("WRITER", groups(&card)[0], &[1, 4]).await;
    slack.next().await;
    let card = slack.next().await;
    assert_eq!((&card["replace_original"], selected(&card)), (&json!(true), vec![1, 4]), "{card}");
    assert!(card.to_string().contains("2 of 4 steps are selected"), "{card}");

    // Another user, and a block of another app, select nothing.
    slack.tick("USECOND", groups(&card)[0], &[2]).await;
    let refused = slack.next().await;
    assert_eq!(refused["replace_original"], false, "{refused}");
    assert!(refused["text"].as_str().unwrap().contains("changed nothing"), "{refused}");
    let card = slack.next().await;
    assert_eq!((&card["replace_original"], selected(&card)), (&json!(true), vec![1, 4]), "{card}");
    let mut forged = groups(&card)[0].clone();
    forged["block_id"] = json!("0:01ARZ3NDEKTSV4RRFFQ69G5FAV.1.00000000000000000000000000000000");
    slack.tick("WRITER", &forged, &[2]).await;
    let denied = Filter { kind: Some("denied".to_owned()), ..Filter::default() };
    let log = slack.server.service.ledger().log();
    support::until("the refusals are recorded", async || search(log, &denied, 10).unwrap().found.len() == 2).await;

    slack.tick("WRITER", groups(&card)[0], &[4]).await;
    let card = slack.next().await;
    assert_eq!(selected(&card), [4], "{card}");
    slack.click("WRITER", &card, "Confirm").await;
    let record = slack.next().await;
    assert!(record.to_string().contains("1 of 1 steps done"), "{record}");
    assert_eq!(writes(&slack.server.simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn requester_can_go_on_selecting_when_approvers_must_decide() {
    let chat = FakeSlack::default();
    let mut slack = InSlack::start(SimulatorConfig::default(), TWO, Some(&chat), Some(CHANNEL)).await;
    let own = slack.ask("WRITER", "spend desk").await;
    slack.tick("WRITER", groups(&own)[0], &[1]).await;
    let own = slack.next().await;
    assert_eq!((&own["replace_original"], selected(&own)), (&json!(true), vec![1]), "{own}");
    assert_eq!(elements(&own).len(), 1, "the requester does not decide: {own}");
    let card = || chat.messages(CHANNEL).pop().expect("a card");
    assert_eq!(selected(&card()), [1], "{}", card());

    slack.tick("WRITER", groups(&own)[0], &[1, 3]).await;
    let own = slack.next().await;
    assert_eq!((selected(&own), selected(&card())), (vec![1, 3], vec![1, 3]), "{own}");
    assert_eq!(chat.messages(CHANNEL).len(), 1, "one card");
    assert!(writes(&slack.server.simulator).is_empty());
    slack.click("USECOND", &card(), "Approve").await;
    slack.next().await;
    assert_eq!(writes(&slack.server.simulator).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn check_boxes_of_one_element_leave_those_of_the_others() {
    let mut slack = InSlack::start(organization(), OPEN, None, None).await;
    let card = slack.ask("WRITER", "review access").await;
    let offered = offered(&card);
    assert!(groups(&card).len() > 1, "{card}");
    slack.tick("WRITER", groups(&card)[0], &offered[1..2]).await;
    let card = slack.next().await;
    slack.tick("WRITER", groups(&card)[1], &offered[10..12]).await;
    let card = slack.next().await;
    assert_eq!(selected(&card), [offered[1], offered[10], offered[11]], "{card}");
    slack.tick("WRITER", groups(&card)[0], &[]).await;
    let card = slack.next().await;
    assert_eq!(selected(&card), offered[10..12], "{card}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_a_playbook_are_not_posted_to_a_channel() {
    let rules = "@id(\"all\") permit(principal in Tenant::\"slack:T1\", action, resource);\n\
                 @id(\"two\") @approvals(\"1\") permit(principal, action == Action::\"users.remove\", resource);";
    let mut slack = InSlack::start(SimulatorConfig::default(), rules, None, None).await;
    let card = slack.ask("WRITER", "offboard xiuying.li@example.com --reason x").await;
    let text = card["blocks"].to_string();
    assert_eq!(card["response_type"], "in_channel", "{card}");
    assert!(text.contains("are not shown here") && !text.contains("Objects of"), "{text}");
    let own = slack.ask("WRITER", "offboard xiuying.li@example.com --reason x --dry-run").await;
    assert_eq!(own["response_type"], "ephemeral", "{own}");
    assert!(own["blocks"].to_string().contains("Objects of"), "{own}");
}

#[tokio::test(flavor = "multi_thread")]
async fn channel_sees_a_card_for_approvers_if_the_bot_cannot_post_one() {
    let away = FakeSlack::default();
    away.break_down("chat.postMessage", Some(Trouble::error(r#"{"ok":false,"error":"not_in_channel"}"#)));
    for chat in [None, Some(&away)] {
        let mut slack = InSlack::start(SimulatorConfig::default(), TWO, chat, None).await;
        let own = slack.ask("WRITER", "spend desk").await;
        slack.tick("WRITER", groups(&own)[0], &[1]).await;
        let card = slack.next().await;
        assert_eq!(
            (&card["response_type"], &card["replace_original"]),
            (&json!("in_channel"), &json!(false)),
            "{card}"
        );
        assert!(elements(&card).iter().any(|element| element["text"]["text"] == "Approve"), "{card}");
        let own = slack.next().await;
        assert_eq!((&own["replace_original"], selected(&own)), (&json!(true), vec![1]), "{own}");
        assert_eq!(elements(&own).len(), 1, "the requester does not decide: {own}");
        // The card in the channel is not posted a second time.
        slack.tick("WRITER", groups(&own)[0], &[1, 3]).await;
        let own = slack.next().await;
        assert_eq!((&own["replace_original"], selected(&own)), (&json!(true), vec![1, 3]), "{own}");
        // An approver sees the current card before they can decide.
        slack.click("USECOND", &card, "Approve").await;
        let conflict = slack.next().await;
        assert!(conflict["text"].as_str().unwrap().contains("another version"), "{conflict}");
        let card = slack.next().await;
        assert_eq!((&card["replace_original"], selected(&card)), (&json!(true), vec![1, 3]), "{card}");
        slack.tick("USECOND", groups(&card)[0], &[3]).await;
        let card = slack.next().await;
        assert_eq!(selected(&card), [3], "an approver takes a step out: {card}");
        slack.click("USECOND", &card, "Approve").await;
        slack.next().await;
        assert_eq!(writes(&slack.server.simulator).len(), 1);
    }
}

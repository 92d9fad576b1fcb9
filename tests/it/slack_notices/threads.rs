//! Messages in the thread of a card: to the requester, if the card is in the channel of the request, and the reminder of
//! the approvers.

use super::house::{House, Way, button};
use crate::it::fake_slack::{FakeSlack, Trouble};
use crate::support::{self, REMOVE, until};
use claude_admin::Choice;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A host without a channel for approvals: cards are in the channel of the request.
async fn house() -> House {
    House::on(support::simulator().await, None, FakeSlack::default(), None).await
}

fn replies(house: &House) -> Vec<Value> {
    let mut posted = house.slack.calls_of("chat.postMessage");
    posted.retain(|message| message["thread_ts"].is_string());
    posted
}

#[tokio::test(flavor = "multi_thread")]
async fn requester_is_mentioned_in_the_thread_of_a_card_in_their_channel() {
    let house = house().await;
    house.type_in(Way::Slash, false, REMOVE).await;
    until("the card is posted", async || house.slack.messages("C1").len() == 1).await;
    let operation = house.operation().await;
    house.type_in(Way::Http, true, &format!("approve {}.1", operation.id)).await;
    until("the requester is told", async || !replies(&house).is_empty()).await;
    let told = replies(&house).remove(0);
    assert_eq!((&told["thread_ts"], &told["channel"]), (&house.slack.messages("C1")[0]["ts"], &json!("C1")));
    assert_eq!(told["reply_broadcast"], false);
    let mention = json!({"type": "user", "user_id": "WRITER"}).to_string();
    assert!(told["blocks"].to_string().contains(&mention), "{told}");
    assert_eq!(house.direct_messages(), [] as [Value; 0]);
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(replies(&house).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn requester_gets_a_direct_message_if_the_thread_is_gone() {
    let house = house().await;
    house.type_in(Way::Slash, false, REMOVE).await;
    until("the card is posted", async || house.slack.messages("C1").len() == 1).await;
    let operation = house.operation().await;
    house.slack.trouble("chat.postMessage", Trouble::error(r#"{"ok":false,"error":"thread_not_found"}"#));
    house.type_in(Way::Http, true, &format!("deny {}.1 --reason no", operation.id)).await;
    until("the requester is told", async || house.direct_messages().len() == 1).await;
    assert!(house.direct_messages()[0].to_string().contains("Rejected"));
}

#[tokio::test(flavor = "multi_thread")]
async fn approvers_are_reminded_once_while_they_are_needed() {
    for (approved, reminded) in [(false, true), (true, false)] {
        let house = house().await;
        house.type_in(Way::Slash, false, REMOVE).await;
        until("the card is posted", async || house.slack.messages("C1").len() == 1).await;
        let operation = house.operation().await;
        let life = operation.expires_ms - operation.requested_ms;
        house.clock.fetch_add(life / 2, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        assert_eq!(replies(&house).len(), 0, "half of the time is left");
        if approved {
            house.type_in(Way::Http, true, &format!("deny {}.1 --reason no", operation.id)).await;
            until("the requester is told", async || replies(&house).len() == 1).await;
        }
        house.clock.fetch_add(life / 4 + 1, Ordering::SeqCst);
        until("one message", async || replies(&house).len() == 1).await;
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        assert_eq!(replies(&house).len(), 1);
        let told = replies(&house).remove(0);
        assert_eq!(told["text"].as_str().unwrap().contains("expires soon"), reminded, "{told}");
        assert_eq!(told["reply_broadcast"], reminded, "the channel sees a reminder");
        assert_eq!(button(&told, Choice::Approve).is_some(), reminded, "{told}");
    }
}

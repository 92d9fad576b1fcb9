//! Cards that Slack delays or rejects, and requests without an approvals channel.

use super::super::fake_slack::{FakeSlack, Trouble};
use super::super::server::{form, now};
use super::house::{House, Way, button};
use crate::support::{self, REMOVE, until};
use claude_admin::Choice;

#[tokio::test(flavor = "multi_thread")]
async fn card_that_slack_delays_is_posted_later_and_once() {
    for trouble in
        [Trouble::later("1"), Trouble::status(503), Trouble::error(r#"{"ok":false,"error":"internal_error"}"#)]
    {
        let house = House::start().await;
        house.slack.trouble("chat.postMessage", trouble);
        let shown = house.server.slack("WRITER", REMOVE).await.json();
        assert_eq!(shown["response_type"], "ephemeral");
        let text = shown["text"].as_str().unwrap();
        assert!(text.contains("No other user has been notified of this request yet"), "{text}");
        assert!(text.contains("The host tries again"), "{text}");
        until("the card is posted", async || house.card().is_some()).await;
        assert!(house.card().unwrap()["blocks"].is_array(), "never as text only");
        // An update that fails is sent again later.
        house.slack.trouble("chat.update", Trouble::later("1"));
        house.type_in(Way::Slash, true, &format!("approve {}", house.operation().await.plan_id())).await;
        until("the card shows the end", async || house.card_is_current().await).await;
        assert_eq!(house.slack.calls_of("chat.postMessage").len(), 3, "two attempts, and the requester");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn card_that_cannot_be_posted_is_reported_to_the_requester() {
    let house = House::start().await;
    house.slack.break_down("chat.postMessage", Some(Trouble::error(r#"{"ok":false,"error":"channel_not_found"}"#)));
    let shown = house.server.slack("WRITER", REMOVE).await.json();
    assert_eq!(shown["response_type"], "ephemeral", "it is shown nowhere else instead");
    let text = shown["text"].as_str().unwrap();
    assert!(text.contains("Posting to the approvals channel failed") && text.contains("channel_not_found"), "{text}");
    assert!(text.contains("No other user has been notified of this request yet"), "{text}");
    let entries = support::kinds(&house.server.service, &house.operation().await.id);
    assert_eq!(entries.iter().filter(|kind| *kind == "notified").count(), 1, "{entries:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn card_without_approvals_channel_is_where_the_request_was_made() {
    let slack = FakeSlack::default();
    let house = House::on(support::simulator().await, None, slack, None).await;
    let shown = house.server.slack("WRITER", REMOVE).await.json();
    assert_eq!(shown["response_type"], "ephemeral");
    let card = house.slack.messages("C1").pop().expect("a card in the channel of the request");
    assert!(button(&card, Choice::Approve).is_some() && button(&shown, Choice::Approve).is_none());
    house.type_in(Way::Http, true, &format!("approve {}", house.operation().await.plan_id())).await;
    until("the card shows the end", async || {
        house.slack.messages("C1").pop().is_some_and(|card| button(&card, Choice::Approve).is_none())
    })
    .await;
    // The app is not in that channel, so the reply to the command is shown to the channel.
    house.slack.break_down("chat.postMessage", Some(Trouble::error(r#"{"ok":false,"error":"not_in_channel"}"#)));
    let remove = "users remove user_01So5DA42d3EMeMGeDJSjUdB --reason leaver";
    let shown = house.server.slack("WRITER", remove).await.json();
    assert_eq!(shown["response_type"], "in_channel");
    assert!(button(&shown, Choice::Approve).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn request_in_a_direct_message_says_no_user_was_notified() {
    let house = House::on(support::simulator().await, None, FakeSlack::default(), None).await;
    let body = form("WRITER", REMOVE, &[]).replace("channel_id=C1", "channel_id=D1");
    let shown = house.server.post_signed(&body, now()).await.json();
    let text = shown["text"].as_str().unwrap();
    assert!(text.contains("No other user has been notified of this request yet"), "{text}");
    assert_eq!(house.slack.calls_of("chat.postMessage").len(), 0);
    // The requester is also notified of a request that is decided in another frontend.
    house.type_in(Way::Http, true, &format!("approve {}", house.operation().await.plan_id())).await;
    until("the requester is told", async || house.direct_messages().len() == 1).await;
}

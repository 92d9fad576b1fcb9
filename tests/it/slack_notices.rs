//! Cards and messages about requests: with every frontend, approvers see one card that follows the request, and the
//! requester gets one message.

mod house;
mod threads;
mod undelivered;

use super::fake_slack::FakeSlack;
use crate::support::{self, MEMBER, REMOVE, until};
use claude_admin::Choice;
use claude_admin::command::Markup;
use claude_admin::decision::operation::Clock;
use claude_admin::document;
use claude_admin::identity::Place;
use claude_admin::service::{Input, Request};
use house::{CHANNEL, House, Way, blocks, button, local, service};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Duration;

const KEY: &str = "api-keys get apikey_01Rj2N8SVvo6BePZj99NhmiT";

/// The end of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Done,
    Rejected,
    Cancelled,
    Expired,
    Superseded,
    Failed,
    Unknown,
}

/// One request, from its beginning to its end.
async fn run_case(request: Way, ending: Ending, decision: Way) {
    let case = format!("{request:?} {ending:?} {decision:?}");
    let house = House::start().await;
    house.type_in(request, false, REMOVE).await;
    until(&format!("{case}: the card is posted"), async || house.card().is_some()).await;
    let operation = house.operation().await;
    assert!(house.card_is_current().await, "{case}");
    assert_eq!(house.direct_messages(), [] as [Value; 0], "{case}");
    let fault = |status: u16| json!({"method": "DELETE", "effect": {"status": {"code": status}}});
    let inject = |fault: Value| house.server.simulator.inject(serde_json::from_value(fault).unwrap());
    match ending {
        Ending::Superseded => {
            let update = format!("users update {MEMBER} billing --yes");
            local(&house.server.service, "local:bob", &update).await;
        }
        Ending::Failed => inject(fault(403)),
        Ending::Unknown => inject(fault(500)),
        _ => {}
    }
    match ending {
        Ending::Expired => {
            house.clock.fetch_add(24 * 3_600_000 - 1, Ordering::SeqCst);
            assert_eq!(house.server.service.tick().await.len(), 1, "{case}");
        }
        Ending::Cancelled => house.type_in(request, false, &format!("cancel {}", operation.id)).await,
        Ending::Rejected if decision == Way::Button => {
            house.click("USECOND", &house.card().unwrap(), Choice::Reject).await;
        }
        _ if decision == Way::Button => house.click("USECOND", &house.card().unwrap(), Choice::Approve).await,
        Ending::Rejected => house.type_in(decision, true, &format!("deny {}.1 --reason no", operation.id)).await,
        _ => house.type_in(decision, true, &format!("approve {}.1", operation.id)).await,
    }
    let state = match ending {
        Ending::Done => "done",
        Ending::Rejected => "rejected",
        Ending::Cancelled => "cancelled",
        Ending::Expired => "expired",
        Ending::Superseded => "waiting",
        Ending::Failed => "",
        Ending::Unknown => "unknown",
    };
    let version = if ending == Ending::Superseded { 2 } else { 1 };
    until(&format!("{case}: the card shows the end"), async || {
        let operation = house.operation().await;
        let is_at_end = match ending {
            Ending::Failed => operation.state.is_settled() && operation.state.as_str() != "unknown",
            _ => operation.state.as_str() == state && operation.pending.version == version,
        };
        is_at_end && house.card_is_current().await
    })
    .await;
    // A requester in Slack is notified, except of a decision that they made. A requester in another frontend must run
    // `status`.
    let expected = usize::from(request == Way::Slash && ending != Ending::Cancelled);
    until(&format!("{case}: the requester is told"), async || house.direct_messages().len() == expected).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(house.slack.calls_of("chat.postMessage").len(), 1 + expected, "{case}: nothing is posted twice");
    assert!(house.card_is_current().await, "{case}");
    if expected == 1 {
        let operation = house.operation().await;
        let told = document::for_requester(house.server.service.catalog(), &operation, false);
        assert_eq!(house.direct_messages()[0]["blocks"], blocks(&told), "{case}");
    }
    let card = house.card().unwrap();
    assert_eq!(button(&card, Choice::Approve).is_some(), ending == Ending::Superseded, "{case}: {card}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_decision_by_every_way_ends_on_the_card() {
    let ways = [Way::Slash, Way::Button, Way::Http, Way::Terminal];
    let decided = [Ending::Done, Ending::Rejected, Ending::Superseded, Ending::Failed, Ending::Unknown];
    for request in [Way::Slash, Way::Http, Way::Terminal] {
        let mut cases: Vec<_> = decided.iter().flat_map(|ending| ways.map(|way| (*ending, way))).collect();
        // Only the requester can cancel a request, and only time lets it expire.
        cases.extend([(Ending::Cancelled, request), (Ending::Expired, request)]);
        let together = tokio::task::LocalSet::new();
        let running: Vec<_> =
            cases.into_iter().map(|(ending, way)| together.spawn_local(run_case(request, ending, way))).collect();
        together.await;
        for case in running {
            case.await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn approved_read_is_announced_and_its_output_is_in_no_message() {
    let house = House::start().await;
    house.type_in(Way::Slash, false, KEY).await;
    until("the card is posted", async || house.card().is_some()).await;
    house.type_in(Way::Http, true, &format!("approve {}", house.operation().await.plan_id())).await;
    until("the requester is told", async || house.direct_messages().len() == 1).await;
    let told = house.direct_messages().pop().unwrap();
    assert!(
        told["text"].as_str().unwrap().contains(&format!("confirm {}", house.operation().await.plan_id())),
        "{told}"
    );
    house.click("WRITER", &told, Choice::Confirm).await;
    until("the card shows the end", async || {
        house.operation().await.state.as_str() == "done" && house.card_is_current().await
    })
    .await;
    // The requester saw the output of this command, so no second message is sent.
    assert_eq!(house.direct_messages().len(), 1);
    let key = house.server.service.handle(Request {
        principal: "local:ada".parse().unwrap(),
        place: Place::terminal(),
        input: Input::Text { line: "api-keys list --limit 100".to_owned(), markup: Markup::None },
        delivery: None,
        format: None,
    });
    let keys = key.await.data.unwrap();
    let key = keys["data"].as_array().unwrap().iter().find(|key| KEY.contains(key["id"].as_str().unwrap())).unwrap();
    let (everything, hint) = (house.slack.everything(), key["partial_key_hint"].as_str().unwrap());
    assert!(!everything.contains(hint) && !everything.contains(key["name"].as_str().unwrap()), "{everything}");
}

#[tokio::test(flavor = "multi_thread")]
async fn card_is_changed_by_the_next_host_on_the_store() {
    let (simulator, folder) = (support::simulator().await, tempfile::tempdir().unwrap());
    let (store, slack) = (folder.path().join("claude-admin.db"), FakeSlack::default());
    let house = House::on(simulator, Some(&store), slack.clone(), Some(CHANNEL)).await;
    house.type_in(Way::Slash, false, REMOVE).await;
    until("the card is posted", async || house.card().is_some()).await;
    let (operation, first) = (house.operation().await, house.card().unwrap());
    let House { server, .. } = house;
    let simulator = server.stop().await;
    // A program without Slack decides, while no host serves.
    let alone = service(support::plugin(&simulator).await, Some(&store), Clock::system());
    local(&alone, "local:bob", &format!("deny {}.1 --reason no", operation.id)).await;
    for _ in 0..5 {
        local(&alone, "local:bob", "whoami").await;
    }
    drop(alone);
    let house = House::on(simulator, Some(&store), slack, Some(CHANNEL)).await;
    until("the requester is told", async || house.direct_messages().len() == 1).await;
    until("the card is changed", async || house.card_is_current().await).await;
    assert_eq!(house.card().unwrap()["ts"], first["ts"]);
    assert_eq!(house.operation().await.state.as_str(), "rejected");
    assert_eq!(house.slack.calls_of("chat.postMessage").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hosts_on_a_store_post_every_message_once() {
    let (simulator, other) = (support::simulator().await, support::simulator().await);
    let (folder, slack) = (tempfile::tempdir().unwrap(), FakeSlack::default());
    let store = folder.path().join("claude-admin.db");
    let plugin = support::plugin(&simulator).await;
    let first = House::on(simulator, Some(&store), slack.clone(), Some(CHANNEL)).await;
    let _second = House::on(other, Some(&store), slack.clone(), Some(CHANNEL)).await;
    // A third process, such as `claude-admin run`, makes the request and decides it.
    let third = service(plugin, Some(&store), Clock::system());
    local(&third, "local:ada", REMOVE).await;
    until("the card is posted", async || first.card().is_some()).await;
    local(&third, "local:bob", &format!("approve {}.1", first.operation().await.id)).await;
    until("the card shows the end", async || {
        first.operation().await.state.as_str() == "done" && first.card_is_current().await
    })
    .await;
    first.type_in(Way::Slash, false, "users remove user_01So5DA42d3EMeMGeDJSjUdB --reason leaver").await;
    until("a second card is posted", async || slack.messages(CHANNEL).len() == 2).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(slack.calls_of("chat.postMessage").len(), 2);
}

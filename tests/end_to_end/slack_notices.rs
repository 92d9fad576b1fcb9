//! Cards and messages about requests: whatever the way in, approvers see one card that follows the request, and the
//! requester gets one message.

use super::fake_slack::{FakeSlack, Trouble, receiver};
use super::server::{SECOND_TOKEN, SECRET, Server, TOKEN, form, now};
use super::support::{self, MEMBER, REMOVE, until};
use claude_admin::Choice;
use claude_admin::command::Markup;
use claude_admin::decision::approval::NoObserver;
use claude_admin::decision::operation::{Clock, Ledger, Operation};
use claude_admin::document;
use claude_admin::frontend::slack::ButtonSeal;
use claude_admin::identity::{Place, Principal};
use claude_admin::render::{self, SlackTables, action_id};
use claude_admin::sandbox::Plugin;
use claude_admin::service::{Input, Request, Service};
use claude_admin::store::{Hosts, Settings, SqliteLog};
use claude_admin_simulator::RunningSimulator;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const CHANNEL: &str = "CAPPROVE";
const ADMINS: [&str; 6] = ["slack:T1/WRITER", "slack:T1/USECOND", "http:ci", "http:second", "local:ada", "local:bob"];
const POLICY: &str = r#"
@id("admins") permit(principal in Group::"admins", action, resource);
@id("two") @approvals("1") permit(principal in Group::"admins", action == Action::"api-keys.get", resource);
"#;
const KEY: &str = "api-keys get apikey_01Rj2N8SVvo6BePZj99NhmiT";

/// A way to make a request, or to decide one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Slash,
    Button,
    Http,
    Terminal,
}

/// What happens to a request.
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

/// A host with a channel for approvals, whose clock the test moves.
struct House {
    server: Server,
    slack: FakeSlack,
    clock: Arc<AtomicI64>,
    /// Where results of clicks go.
    response_url: String,
}

fn service(plugin: Arc<Plugin>, store: Option<&Path>, clock: Clock) -> Service {
    let decider = support::decider(plugin.catalog(), POLICY, &[("admins", &ADMINS)], clock.clone());
    let ledger = match store {
        None => support::ledger(clock),
        Some(path) => {
            let log = SqliteLog::open(path, Settings::default()).unwrap();
            Ledger::open(Box::new(log), Hosts::of(path), clock).unwrap()
        }
    };
    Service::new(plugin, decider, ledger, Arc::new(NoObserver))
}

impl House {
    async fn start() -> Self {
        let simulator = support::simulator().await;
        Self::on(simulator, None, FakeSlack::default(), Some(CHANNEL)).await
    }

    async fn on(simulator: RunningSimulator, store: Option<&Path>, slack: FakeSlack, channel: Option<&str>) -> Self {
        let clock = Arc::new(AtomicI64::new(Clock::system().now_ms()));
        let shared = Arc::clone(&clock);
        let plugin = support::plugin(&simulator).await;
        let service = service(plugin, store, Clock::new(move || shared.load(Ordering::SeqCst)));
        let api = slack.start().await;
        let (host, _) = receiver(Vec::new()).await;
        let response_url = format!("http://{host}/later");
        let server = Server::before(Arc::new(service), simulator, vec![host], Some(api), channel).await;
        Self { server, slack, clock, response_url }
    }

    /// Types a command, or clicks on the button that does the same; by the requester or by a second admin.
    async fn type_in(&self, way: Way, second: bool, line: &str) {
        match way {
            Way::Slash => {
                self.server.slack(if second { "USECOND" } else { "WRITER" }, line).await;
            }
            Way::Http => {
                let token = if second { SECOND_TOKEN } else { TOKEN };
                self.server.http(Some(token), &json!({"command": line}).to_string()).await;
            }
            Way::Terminal => {
                local(&self.server.service, if second { "local:bob" } else { "local:ada" }, line).await;
            }
            Way::Button => panic!("a button is clicked, not typed"),
        }
    }

    async fn click(&self, user: &str, message: &Value, choice: Choice) {
        let mut payload = click(user, message, choice);
        payload["response_url"] = json!(self.response_url);
        let body =
            form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish();
        let answer = self.server.post_signed_to("/slack/interactions", &body, now()).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
    }

    /// The one request that was made.
    async fn operation(&self) -> Operation {
        let all = self.server.service.ledger().look(|projection| projection.operations().cloned().collect::<Vec<_>>());
        let mut all = all.await.unwrap();
        all.retain(|operation| !operation.pending.requirements.approvals.is_empty());
        assert_eq!(all.len(), 1);
        Arc::unwrap_or_clone(all.pop().unwrap())
    }

    fn card(&self) -> Option<Value> {
        let mut cards = self.slack.messages(CHANNEL);
        assert!(cards.len() <= 1, "one card for one request: {cards:?}");
        cards.pop()
    }

    /// Whether the card shows the request as it is now.
    async fn card_is_current(&self) -> bool {
        let operation = self.operation().await;
        let shown = blocks(&document::operation(self.server.service.catalog(), &operation));
        self.card().is_some_and(|card| card["blocks"] == shown)
    }

    fn direct_messages(&self) -> Vec<Value> {
        self.slack.messages("DM-WRITER")
    }
}

async fn local(service: &Service, who: &str, line: &str) {
    let principal: Principal = who.parse().unwrap();
    let input = Input::Text { line: line.to_owned(), markup: Markup::None };
    let request = Request { principal, place: Place::terminal(), input, delivery: None, format: None };
    service.handle(request).await;
}

/// A document as this app posts it.
fn blocks(document: &document::Document) -> Value {
    let seal = ButtonSeal::new(SECRET.as_bytes());
    let button = |choices: &document::Choices| seal.seal(&choices.operation, choices.version);
    render::slack(document, SlackTables::default(), false, Some(&button))["blocks"].clone()
}

fn button(message: &Value, choice: Choice) -> Option<Value> {
    let blocks = message["blocks"].as_array().into_iter().flatten();
    let buttons = blocks.filter(|block| block["type"] == "actions").flat_map(|block| block["elements"].as_array());
    buttons.flatten().find(|button| button["action_id"] == action_id(choice)).cloned()
}

fn click(user: &str, message: &Value, choice: Choice) -> Value {
    let button = button(message, choice).unwrap_or_else(|| panic!("no button for {choice:?}: {message}"));
    json!({
        "type": "block_actions", "api_app_id": "A1", "user": {"id": user, "team_id": "T1"}, "team": {"id": "T1"},
        "channel": {"id": message["channel"]}, "container": {"message_ts": message["ts"], "channel_id": message["channel"]},
        "actions": [{
            "type": "button", "action_id": button["action_id"], "value": button["value"],
            "action_ts": fastrand::u64(..).to_string(),
        }],
    })
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
    // The requester in Slack is told, unless they did it themselves; requesters elsewhere ask for the status.
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
        // Nobody else cancels a request, and time lets it expire.
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
    // Its requester saw the output of their own command, which is not told twice.
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
        // An update that is delayed is made later too.
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
    // The app is not in that channel: everybody there sees the answer to the command instead.
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
    // The requester of a request that another frontend decides is told all the same.
    house.type_in(Way::Http, true, &format!("approve {}", house.operation().await.plan_id())).await;
    until("the requester is told", async || house.direct_messages().len() == 1).await;
}

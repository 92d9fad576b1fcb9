//! A host with a channel for approvals, and the ways to make a request or to decide it.

use super::super::fake_slack::{FakeSlack, receiver};
use super::super::server::{SECOND_TOKEN, SECRET, Server, TOKEN, now};
use crate::support;
use claude_admin::Choice;
use claude_admin::command::Markup;
use claude_admin::decision::approval::NoObserver;
use claude_admin::decision::operation::{Clock, Ledger, Operation};
use claude_admin::document;
use claude_admin::frontend::slack::Seal;
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

pub(super) const CHANNEL: &str = "CAPPROVE";
const ADMINS: [&str; 6] = ["slack:T1/WRITER", "slack:T1/USECOND", "http:ci", "http:second", "local:ada", "local:bob"];
const POLICY: &str = r#"
@id("admins") permit(principal in Group::"admins", action, resource);
@id("two") @approvals("1") permit(principal in Group::"admins", action == Action::"api-keys.get", resource);
"#;

/// A way to make a request, or to decide one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Slash,
    Button,
    Http,
    Terminal,
}

/// A host with a channel for approvals, whose clock the test moves.
pub(super) struct House {
    pub(super) server: Server,
    pub(super) slack: FakeSlack,
    pub(super) clock: Arc<AtomicI64>,
    /// The URL for results of clicks.
    response_url: String,
}

pub(super) fn service(plugin: Arc<Plugin>, store: Option<&Path>, clock: Clock) -> Service {
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
    pub(super) async fn start() -> Self {
        let simulator = support::simulator().await;
        Self::on(simulator, None, FakeSlack::default(), Some(CHANNEL)).await
    }

    pub(super) async fn on(
        simulator: RunningSimulator,
        store: Option<&Path>,
        slack: FakeSlack,
        channel: Option<&str>,
    ) -> Self {
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

    /// Types a command, or clicks the button that is equivalent to it, as the requester or as a second admin.
    pub(super) async fn type_in(&self, way: Way, second: bool, line: &str) {
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

    pub(super) async fn click(&self, user: &str, message: &Value, choice: Choice) {
        let mut payload = click(user, message, choice);
        payload["response_url"] = json!(self.response_url);
        let body =
            form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish();
        let answer = self.server.post_signed_to("/slack/interactions", &body, now()).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
    }

    /// The one request that was made.
    pub(super) async fn operation(&self) -> Operation {
        let all = self.server.service.ledger().look(|projection| projection.operations().cloned().collect::<Vec<_>>());
        let mut all = all.await.unwrap();
        all.retain(|operation| !operation.pending.requirements.approvals.is_empty());
        assert_eq!(all.len(), 1);
        Arc::unwrap_or_clone(all.pop().unwrap())
    }

    pub(super) fn card(&self) -> Option<Value> {
        let mut cards = self.slack.messages(CHANNEL);
        assert!(cards.len() <= 1, "one card for one request: {cards:?}");
        cards.pop()
    }

    /// Whether the card shows the request as it is now.
    pub(super) async fn card_is_current(&self) -> bool {
        let operation = self.operation().await;
        let shown = blocks(&document::operation(self.server.service.catalog(), &operation));
        self.card().is_some_and(|card| card["blocks"] == shown)
    }

    pub(super) fn direct_messages(&self) -> Vec<Value> {
        self.slack.messages("DM-WRITER")
    }
}

pub(super) async fn local(service: &Service, who: &str, line: &str) {
    let principal: Principal = who.parse().unwrap();
    let input = Input::Text { line: line.to_owned(), markup: Markup::None };
    let request = Request { principal, place: Place::terminal(), input, delivery: None, format: None };
    service.handle(request).await;
}

/// A document as this app posts it.
pub(super) fn blocks(document: &document::Document) -> Value {
    let seal = Seal::new(SECRET.as_bytes());
    let button = |choices: &document::Choices| seal.seal(&choices.operation, choices.version);
    render::slack(
        document,
        SlackTables::default(),
        false,
        Some(render::SlackApp { button: &button, files: true, run: &|command| command.to_owned(), whole_list: None }),
    )["blocks"]
        .clone()
}

pub(super) fn button(message: &Value, choice: Choice) -> Option<Value> {
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

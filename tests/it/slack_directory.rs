//! The data that a host requests from Slack: user groups, addresses of mentioned people, the channel for approvals.

use super::fake_slack::{FakeSlack, Trouble};
use super::server::{SECRET, form, now};
use crate::support;
use bytes::Bytes;
use claude_admin::decision::LivePolicy;
use claude_admin::decision::approval::NoObserver;
use claude_admin::decision::directory::Directory;
use claude_admin::decision::groups::Groups;
use claude_admin::decision::operation::Clock;
use claude_admin::decision::policy::Policies;
use claude_admin::decision::{Decider, Person};
use claude_admin::frontend::Background;
use claude_admin::frontend::slack::{Responder, Slack, SlackDirectory, SlackSettings, WebApi, sign};
use claude_admin::identity::{Place, Principal};
use claude_admin::service::{Input, Request, Service};
use claude_admin_simulator::RunningSimulator;
use http::{HeaderMap, HeaderValue};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const POLICY: &str = r#"
    permit(principal in Group::"admins", action, resource);
    permit(principal in Group::"slack:T1/SREADERS", action in Action::"read", resource);"#;

/// Slack with two user groups, a member and a stranger.
fn slack() -> FakeSlack {
    let slack = FakeSlack::default();
    slack.user_group("SADMINS", &["U1", "U2"]);
    slack.user_group("SREADERS", &["U3"]);
    let account = |team: &str| json!({"team_id": team, "profile": {"email": "xiuying.li@example.com"}});
    slack.account("UADA", account("T1"));
    slack.account("USTRANGER", account("T9"));
    slack
}

/// All calls of Slack fail.
fn break_down(slack: &FakeSlack, broken: bool) {
    for method in ["usergroups.users.list", "users.info", "chat.postMessage", "chat.update"] {
        let trouble = Trouble::error(r#"{"ok":false,"error":"not_allowed"}"#);
        slack.break_down(method, broken.then_some(trouble));
    }
}

async fn host(slack: &FakeSlack) -> (RunningSimulator, Arc<Service>, Arc<WebApi>) {
    let simulator = support::simulator().await;
    let plugin = support::plugin(&simulator).await;
    let api = slack.start().await;
    let directory: Arc<dyn Directory> = Arc::new(SlackDirectory::new(Arc::clone(&api)));
    let members = vec!["slack:T1/SADMINS".parse().unwrap()];
    let groups = Groups::new(BTreeMap::from([("admins".to_owned(), members)]), Some(directory));
    let policies = Policies::parse(plugin.catalog(), &groups.names(), "test.cedar", POLICY).unwrap();
    let decider = Decider::new(Arc::new(LivePolicy::fixed(policies)), groups, Clock::system());
    let service = Service::new(plugin, decider, support::ledger(Clock::system()), Arc::new(NoObserver));
    (simulator, Arc::new(service), api)
}

async fn type_as(service: &Service, user: &str, line: &str) -> (String, String) {
    let request = Request {
        principal: Principal::slack("T1", user).unwrap(),
        place: Place::slack("T1", Some("C1")).unwrap(),
        input: Input::Text { line: line.to_owned(), markup: claude_admin::command::Markup::Slack },
        delivery: None,
        format: None,
    };
    let reply = service.handle(request).await;
    (reply.outcome.as_str().to_owned(), support::text(&reply))
}

#[tokio::test(flavor = "multi_thread")]
async fn slack_user_groups_are_read_at_most_once_a_minute() {
    let slack = slack();
    let (_simulator, service, _) = host(&slack).await;
    for _ in 0..3 {
        assert_eq!(type_as(&service, "U1", "users list --limit 1").await.0, "done");
        assert_eq!(type_as(&service, "U3", "users list --limit 1").await.0, "done");
        assert_eq!(type_as(&service, "U9", "users list --limit 1").await.0, "denied");
    }
    assert_eq!(type_as(&service, "U3", "invites create a@example.com user --yes").await.0, "denied");
    assert_eq!(type_as(&service, "U2", "invites create a@example.com user --yes").await.0, "done");
    assert_eq!(slack.calls_of("usergroups.users.list").len(), 2, "one for each group");
    let (_, whoami) = type_as(&service, "U3", "whoami").await;
    assert!(whoami.contains("slack:T1/SREADERS"), "{whoami}");
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_read_of_slack_groups_denies_commands() {
    let slack = slack();
    break_down(&slack, true);
    let (simulator, service, _) = host(&slack).await;
    for user in ["U1", "U3"] {
        let (outcome, text) = type_as(&service, user, "users list").await;
        assert_eq!(outcome, "denied");
        assert!(text.contains("does not report") && text.contains("not_allowed"), "{text}");
    }
    assert_eq!(type_as(&service, "U1", "status").await.0, "done");
    assert_eq!(simulator.requests(), []);
    break_down(&slack, false);
    assert_eq!(type_as(&service, "U1", "users list --limit 1").await.0, "done", "a failure is not remembered");
}

#[tokio::test(flavor = "multi_thread")]
async fn mention_is_resolved_to_the_address_known_to_slack() {
    let slack = slack();
    let (simulator, service, _) = host(&slack).await;
    let (outcome, text) = type_as(&service, "U1", "users update <@UADA|ada> billing").await;
    assert_eq!(outcome, "waiting", "{text}");
    assert!(text.contains("xiuying.li@example.com") && text.contains("user_01fTPAarejCcux4jybAuxoiu"), "{text}");
    // The address of a stranger is set by their own workspace and is not verified.
    let (outcome, text) = type_as(&service, "U1", "users remove <@USTRANGER> --reason leaver").await;
    assert_eq!(outcome, "usage", "{text}");
    assert!(text.contains("another workspace"), "{text}");
    let (_, text) = type_as(&service, "U1", "users get <@UNOBODY>").await;
    assert!(text.contains("user_not_found"), "{text}");
    assert!(simulator.requests().iter().all(|request| request.method == "GET"));
}

/// A Slack frontend with a channel for approvals.
fn frontend(service: &Arc<Service>, api: Arc<WebApi>) -> Arc<Slack> {
    let settings = SlackSettings {
        signing_secret: Some(SecretString::from(SECRET)),
        socket: None,
        app_id: Some("A1".to_owned()),
        tables: Default::default(),
        web_api: Some(api),
        approvals_channel: Some("CAPPROVE".to_owned()),
    };
    let responder = Responder::new(vec!["hooks.slack.com".to_owned()]).unwrap();
    Arc::new(Slack::new(Arc::clone(service), settings, responder, Background::default()))
}

async fn slash(frontend: &Arc<Slack>, user: &str, text: &str) -> Value {
    let body = form(user, text, &[]);
    let mut headers = HeaderMap::new();
    headers.insert("x-slack-request-timestamp", HeaderValue::from(now()));
    let signature = sign(SECRET.as_bytes(), now(), body.as_bytes());
    headers.insert("x-slack-signature", HeaderValue::from_str(&signature).unwrap());
    let response = Arc::clone(frontend).command(headers.clone(), Bytes::from(body)).await;
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn approval_request_is_posted_only_in_the_approvals_channel() {
    let slack = slack();
    let (_simulator, service, api) = host(&slack).await;
    let frontend = frontend(&service, api);
    let remove = "users remove user_01fTPAarejCcux4jybAuxoiu --reason leaver";
    let shown = slash(&frontend, "U1", remove).await;
    assert_eq!(shown["response_type"], "ephemeral");
    assert!(!shown["blocks"].to_string().contains("\"actions\""), "{shown}");
    let posted: Value = slack.calls_of("chat.postMessage")[0].clone();
    assert_eq!(posted["channel"], "CAPPROVE");
    assert!(
        posted["blocks"].to_string().contains("\"actions\"") && posted["text"].as_str().unwrap().contains("approve ")
    );
    // If Slack fails, no other user sees the request, and the requester is notified of this.
    break_down(&slack, true);
    let shown = slash(&frontend, "U1", "users remove user_01So5DA42d3EMeMGeDJSjUdB --reason leaver").await;
    assert_eq!(shown["response_type"], "ephemeral");
    assert!(shown["text"].as_str().unwrap().contains("No other user has been notified of this request yet"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn host_without_slack_resolves_no_slack_groups() {
    let members = vec!["slack:T1/SADMINS".parse().unwrap()];
    let groups = Groups::new(BTreeMap::from([("admins".to_owned(), members)]), None);
    assert!(groups.needs_directory());
    let simulator = support::simulator().await;
    let plugin = support::plugin(&simulator).await;
    let policies = Policies::parse(plugin.catalog(), &groups.names(), "test.cedar", POLICY).unwrap();
    let decider = Decider::new(Arc::new(LivePolicy::fixed(policies)), groups, Clock::system());
    let person: Person =
        decider.person(&Principal::slack("T1", "U1").unwrap(), &Place::slack("T1", None).unwrap()).await;
    assert_eq!(person.groups().count(), 0);
    for action in &plugin.catalog().actions {
        let decision = decider.decide(&person, action, &Default::default(), None);
        assert!(decision.requirements().is_none(), "{}", action.id);
    }
}

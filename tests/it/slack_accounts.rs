//! One principal for each kind of account: a user acts in the workspace where the request is made, whatever their home
//! workspace is, if they belong to it.

use super::fake_slack::{FakeSlack, Trouble, receiver};
use super::server::{SECRET, Server, form, now};
use crate::support::{self, REMOVE, until};
use claude_admin::Choice;
use claude_admin::decision::Decider;
use claude_admin::decision::LivePolicy;
use claude_admin::decision::approval::NoObserver;
use claude_admin::decision::directory::Directory;
use claude_admin::decision::groups::Groups;
use claude_admin::decision::operation::{Clock, Operation};
use claude_admin::decision::policy::Policies;
use claude_admin::frontend::slack::{Seal, SlackDirectory};
use claude_admin::render::action_id;
use claude_admin::service::Service;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// The members of the user group can run everything, and a second member approves.
const POLICY: &str = r#"permit(principal in Group::"slack:T1/SADMINS", action, resource);"#;
const ADDRESS: &str = "xiuying.li@example.com";

/// A kind of account: user, home workspace, the response of `users.info`, and whether the account belongs to the
/// workspace `T1`.
struct Account {
    user: &'static str,
    home: &'static str,
    info: Value,
    belongs: bool,
}

fn accounts() -> Vec<Account> {
    let profile = json!({"email": ADDRESS});
    let account = |user, home, info: Value, belongs| {
        let mut info = info;
        info["profile"] = profile.clone();
        Account { user, home, info, belongs }
    };
    let grid = json!({"id": "W1", "enterprise_id": "E1", "teams": ["T1", "THOME"]});
    vec![
        account("ULOCAL", "T1", json!({"team_id": "T1"}), true),
        account("UGUEST", "T1", json!({"team_id": "T1", "is_restricted": true}), true),
        account("UGRID", "THOME", json!({"team_id": "THOME", "enterprise_user": grid}), true),
        account("WGRID", "THOME", json!({"teams": ["THOME", "T1"], "enterprise_user": grid}), true),
        account("UELSEWHERE", "T2", json!({"team_id": "T2", "enterprise_user": {"teams": ["T2", "THOME"]}}), false),
        account("USTRANGER", "T9", json!({"team_id": "T9", "is_stranger": true}), false),
        account("UPRETENDS", "T9", json!({"team_id": "T9", "is_stranger": true, "enterprise_user": grid}), false),
    ]
}

struct House {
    server: Server,
    slack: FakeSlack,
    receiver: String,
    later: mpsc::UnboundedReceiver<(Value, Instant)>,
}

impl House {
    async fn start(with_token: bool, policy: &str) -> Self {
        let simulator = support::simulator().await;
        let plugin = support::plugin(&simulator).await;
        let slack = FakeSlack::default();
        for Account { user, info, .. } in accounts() {
            slack.account(user, info);
        }
        // Slack lists all members of the group, from any workspace.
        let members: Vec<&str> = accounts().iter().map(|account| account.user).chain(["UASKS"]).collect();
        slack.user_group("SADMINS", &members);
        let api = slack.start().await;
        let directory: Arc<dyn Directory> = Arc::new(SlackDirectory::new(Arc::clone(&api)));
        let groups = Groups::new(BTreeMap::new(), Some(directory));
        let policies = Policies::parse(plugin.catalog(), &groups.names(), "test.cedar", policy).unwrap();
        let decider = Decider::new(Arc::new(LivePolicy::fixed(policies)), groups, Clock::system());
        let service = Service::new(plugin, decider, support::ledger(Clock::system()), Arc::new(NoObserver));
        let (receiver, later) = receiver(Vec::new()).await;
        let api = Some(api).filter(|_| with_token);
        let channel = with_token.then_some("CAPPROVE");
        let server = Server::before(Arc::new(service), simulator, vec![receiver.clone()], api, channel).await;
        Self { server, slack, receiver, later }
    }

    async fn slash(&self, team: &str, user: &str, text: &str) -> String {
        let body = form(user, text, &[]).replace("team_id=T1", &format!("team_id={team}"));
        self.server.post_signed(&body, now()).await.body
    }

    async fn operation(&self) -> Operation {
        let all = self.server.service.ledger().look(|projection| projection.operations().last().cloned());
        Arc::unwrap_or_clone(all.await.unwrap().expect("a request"))
    }

    async fn click(&mut self, user: Value, team: Value, choice: Choice) -> Value {
        let operation = self.operation().await;
        let seal = Seal::new(SECRET.as_bytes());
        let payload = json!({
            "type": "block_actions", "api_app_id": "A1", "user": user, "team": team, "enterprise": {"id": "E1"},
            "channel": {"id": "CAPPROVE"}, "response_url": format!("http://{}/later", self.receiver),
            "container": {"message_ts": "1.2", "channel_id": "CAPPROVE"},
            "actions": [{
                "type": "button", "action_id": action_id(choice), "action_ts": fastrand::u64(..).to_string(),
                "value": seal.seal(&operation.id, operation.pending.version),
            }],
        });
        let body =
            form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish();
        assert_eq!(self.server.post_signed_to("/slack/interactions", &body, now()).await.status, 200);
        tokio::time::timeout(Duration::from_secs(10), self.later.recv()).await.expect("in time").unwrap().0
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn command_click_mention_and_group_give_one_principal() {
    for Account { user, home, belongs, .. } in accounts() {
        for team in [json!({"id": "T1"}), json!(null)] {
            let mut house = House::start(true, POLICY).await;
            let case = format!("{user} {team}");
            // Slack sends a command with the workspace in which it was typed.
            let whoami = house.slash(if belongs { "T1" } else { home }, user, "whoami").await;
            let principal = format!("slack:{}/{user}", if belongs { "T1" } else { home });
            assert!(whoami.contains(&principal), "{case}: {whoami}");
            assert_eq!(whoami.contains("slack:T1/SADMINS"), belongs, "{case}: {whoami}");
            let mentioned = house.slash("T1", "UASKS", &format!("users get <@{user}|x>")).await;
            assert_eq!(mentioned.contains("user_01fTPAarejCcux4jybAuxoiu"), belongs, "{case}: {mentioned}");
            assert_eq!(mentioned.contains("another workspace"), !belongs, "{case}: {mentioned}");
            house.slash("T1", "UASKS", REMOVE).await;
            let answer = house.click(json!({"id": user, "team_id": home}), team, Choice::Reject).await;
            let operation = house.operation().await;
            let decided: Vec<String> =
                operation.decisions.iter().map(|decided| decided.principal.to_string()).collect();
            if belongs {
                assert_eq!((operation.state.as_str(), decided), ("rejected", vec![principal]), "{case}: {answer}");
            } else {
                assert_eq!((operation.state.as_str(), decided), ("waiting", vec![]), "{case}: {answer}");
                assert!(answer["text"].as_str().unwrap().contains("another workspace"), "{case}: {answer}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requester_from_another_home_workspace_can_confirm_request() {
    // With a bot token and without: Slack sent the command of the requester with the workspace of the request.
    for with_token in [true, false] {
        for team in [json!({"id": "T1"}), json!(null)] {
            let mut house = House::start(with_token, r#"permit(principal, action, resource);"#).await;
            house.slash("T1", "UGRID", "invites create a@example.com user").await;
            let user = json!({"id": "UGRID", "team_id": "THOME"});
            let answer = house.click(user, team, Choice::Confirm).await;
            let mut operation = house.operation().await;
            assert_eq!(operation.state.as_str(), "done", "{with_token}: {answer}");
            let decided = operation.decisions.pop().unwrap();
            assert_eq!(decided.principal.to_string(), "slack:T1/UGRID");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn approver_with_an_unverified_workspace_is_denied_with_cause() {
    for (with_token, words) in [(false, "no bot token"), (true, "rate limit for `users.info`")] {
        let mut house = House::start(with_token, r#"permit(principal, action, resource);"#).await;
        house.slack.break_down("users.info", Some(Trouble::later("30")));
        house.slash("T1", "UASKS", REMOVE).await;
        let user = json!({"id": "UGRID", "team_id": "THOME"});
        let answer = house.click(user, json!({"id": "T1"}), Choice::Approve).await;
        let shown = answer["blocks"].to_string();
        assert!(shown.contains("another workspace") && shown.contains(words), "{shown}");
        assert_eq!(house.operation().await.state.as_str(), "waiting");
        house.slack.break_down("users.info", None);
        // The same decision, typed there, needs no check.
        let line = format!("approve {}", house.operation().await.plan_id());
        house.slash("T1", "UGRID", &line).await;
        assert_eq!(house.operation().await.state.as_str(), "done");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn click_without_any_workspace_is_acknowledged_and_explained() {
    let mut house = House::start(false, r#"permit(principal, action, resource);"#).await;
    house.slash("T1", "UASKS", REMOVE).await;
    let answer = house.click(json!({"id": "ULOCAL"}), json!(null), Choice::Approve).await;
    let text = answer["text"].as_str().unwrap();
    assert!(text.contains("did not name your workspace") && text.contains("changed nothing"), "{text}");
    assert!(text.contains(&format!("approve {}", house.operation().await.plan_id())), "{text}");
    assert_eq!(house.operation().await.state.as_str(), "waiting");
    assert_eq!(house.server.simulator.requests().iter().filter(|request| request.method == "DELETE").count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_lookup_names_who_responded_and_what_is_missing() {
    let house = House::start(true, POLICY).await;
    house.slack.account("UNOMAIL", json!({"team_id": "T1", "profile": {"real_name": "x"}}));
    let mentioned = house.slash("T1", "UASKS", "users get <@UNOMAIL>").await;
    assert!(mentioned.contains("no e-mail address") && mentioned.contains("users:read.email"), "{mentioned}");
    let html = |status| Trouble { content: "text/html", body: "<html>blocked</html>", ..Trouble::status(status) };
    for (trouble, words) in [
        (Trouble::later("30"), "rate limit for `users.info` is reached; try again in 30 s"),
        (html(403), "A proxy between this host and Slack"),
        (html(200), "A proxy between this host and Slack"),
        (Trouble::error(r#"{"ok":false,"error":"missing_scope","needed":"users:read"}"#), "users:read"),
        (Trouble::error(r#"{"ok":true}"#), "has no `user`"),
    ] {
        house.slack.trouble("users.info", trouble.clone());
        let mentioned = house.slash("T1", "UASKS", "users get <@ULOCAL>").await;
        assert!(mentioned.contains(words), "{trouble:?}: {mentioned}");
        assert!(!mentioned.contains("blocked"), "{mentioned}");
    }
    // A short rate limit is waited for.
    house.slack.trouble("users.info", Trouble::later("0.2"));
    assert!(house.slash("T1", "UASKS", "users get <@ULOCAL>").await.contains(ADDRESS));
    until("nothing is left over", async || house.slack.calls_of("chat.postMessage").is_empty()).await;
}
